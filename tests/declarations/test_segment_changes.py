"""`warn_change`: by how much a segment may move before the UI warns of it (SEG-6)."""

from __future__ import annotations

import pytest

SEGMENT = """\
type: pipelines.components.Segment
attributes:
  name: s
  criteria: [{{field: postcode, op: starts_with, value: "75"}}]
  warn_change: {share}
"""


@pytest.mark.parametrize(("share", "read"), [("0.2", 0.2), ("1", 1.0), ("10", 10.0)])
def test_a_share_is_read(declare, share: str, read: float) -> None:
    loaded = declare(SEGMENT.format(share=share))
    assert loaded.problems == ()
    assert loaded.declarations is not None
    assert loaded.declarations.segment("s").warn_change == read


@pytest.mark.parametrize(
    ("share", "message", "suggestion"),
    [
        ("0", "is a share of the segment's count, such as 0.2, not 0", None),
        ("-0.2", "not -0.2", None),
        ("20", "for 20 % write 0.2", "0.2"),
        ('"0.2"', "without quotes", None),
        ("20%", "a number is needed", None),
    ],
)
def test_what_is_no_share_is_an_error(declare, share: str, message: str, suggestion: str | None) -> None:
    (problem,) = declare(SEGMENT.format(share=share)).problems
    assert message in problem.message
    assert (problem.line, problem.severity, problem.suggestion) == (5, "error", suggestion)


def test_segments_warn_of_nothing_by_default(declare) -> None:
    loaded = declare(SEGMENT.replace("  warn_change: {share}\n", "").format())
    assert loaded.declarations is not None
    assert {segment.warn_change for segment in loaded.declarations.segments} == {None}


@pytest.mark.parametrize(("written", "read"), [("5", 5.0), ("0.5", 0.5), ("3600", 3600.0)])
def test_a_limit_of_time_is_read(declare, written: str, read: float) -> None:
    loaded = declare(SEGMENT.replace("warn_change: {share}", f"timeout_seconds: {written}").format())
    assert loaded.problems == ()
    assert loaded.declarations.segment("s").timeout_seconds == read
    assert loaded.declarations.segment("all_contacts").timeout_seconds == 60


@pytest.mark.parametrize("written", ["0", "-1", "3601", '"5"', "5s"])
def test_what_is_no_limit_of_time_is_an_error(declare, written: str) -> None:
    (problem,) = declare(SEGMENT.replace("warn_change: {share}", f"timeout_seconds: {written}").format()).problems
    assert "timeout_seconds" in problem.message
    assert (problem.line, problem.severity) == (5, "error")
