"""A segment that takes longer than it may is stopped, named and left out; all others are counted (SEG-6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.base.stopping import TookTooLongError
from pipelines.declarations.model import DEFAULT_TIMEOUT, Group, Segment, SegmentCriterion
from pipelines.declared import load
from pipelines.errors import UsageError
from pipelines.raw_segments.failing import failures, naming_what_fails, within_limits
from pipelines.raw_segments.sql_files import label_of
from pipelines.segments.counting import refresh
from pipelines.segments.views import create_views
from tests.raw_segments.test_views import CONTACTS, PARIS, raw
from tests.segments.world import declarations, fill

MONDAY = datetime(2026, 6, 15, 8, tzinfo=UTC)
TEXT = (
    "WITH RECURSIVE t(contact_id) AS (SELECT 1 UNION ALL SELECT contact_id % 9 + 1 FROM t)\nSELECT contact_id FROM t\n"
)
ENDLESS = replace(raw("endless", TEXT), timeout_seconds=0.3)
BEHIND = Segment("behind", "", Group("not", (SegmentCriterion("endless"),)))
DECLARED = declarations(PARIS, ENDLESS, BEHIND)


@pytest.fixture
def base(empty_base: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    fill(empty_base, CONTACTS)
    create_views(empty_base, DECLARED)
    return empty_base


def test_the_others_are_counted(base: duckdb.DuckDBPyConnection) -> None:
    found = refresh(base, base.cursor, DECLARED, instant=MONDAY)
    assert found.counts == {"paris": 2}
    assert list(found.failures) == ["endless", "behind"]
    assert "endless.sql:1: " in found.failures["endless"].message
    assert "longer than 0.3 seconds" in found.failures["endless"].message
    assert found.failures["behind"].through == "endless"


def test_whoever_asks_for_it_is_told_which_and_how_to_mend_it(base: duckdb.DuckDBPyConnection) -> None:
    with (
        pytest.raises(UsageError, match=r"endless\.sql:1: .*'endless' took longer") as caught,
        naming_what_fails(base, DECLARED, ["endless"]),
        within_limits(base, DECLARED, ["endless"]),
    ):
        base.execute("FROM segments.endless").fetchall()
    assert "timeout_seconds" in caught.value.hint
    assert "TRY_CAST" not in caught.value.hint


def test_one_known_to_be_late_is_not_waited_for_again(base: duckdb.DuckDBPyConnection) -> None:
    slow = declarations(PARIS, replace(ENDLESS, timeout_seconds=3600), BEHIND)
    found = failures(base, slow, error=TookTooLongError(3600, "endless"))
    assert list(found) == ["endless", "behind"]
    assert failures(base, slow, known=found.values()) == found


def test_what_takes_too_long_where_no_segment_does_stays_what_it_is(base: duckdb.DuckDBPyConnection) -> None:
    with (
        pytest.raises(TookTooLongError),
        naming_what_fails(base, declarations(PARIS), ["paris"]),
        within_limits(base, declarations(replace(PARIS, timeout_seconds=0.2)), ["paris"]),
    ):
        base.execute(TEXT).fetchall()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("SELECT contact_id FROM contacts", DEFAULT_TIMEOUT),
        ("-- label: x\n-- timeout_seconds: 5\nSELECT contact_id FROM contacts", 5),
        ("/* Timeout_Seconds : 2.5 */ SELECT contact_id FROM contacts", 2.5),
        ("SELECT contact_id FROM contacts -- timeout_seconds: 5", DEFAULT_TIMEOUT),
    ],
)
def test_a_comment_declares_the_limit(tmp_path: Path, text: str, seconds: float) -> None:
    (tmp_path / "defs.yaml").write_text("type: pipelines.components.ContactBase\nattributes: {}\n")
    (tmp_path / "mine.sql").write_text(text)
    loaded = load(tmp_path)
    assert loaded.declarations is not None, loaded.problems
    assert loaded.declarations.segment("mine").timeout_seconds == seconds


def test_the_limit_is_no_label() -> None:
    assert label_of("-- timeout_seconds: 5\n-- Fidèles\nSELECT 1") == "Fidèles"


@pytest.mark.parametrize("written", ["0", "-5", "5 min", "99999", "soon"])
def test_what_is_no_limit_is_refused_with_its_line(tmp_path: Path, written: str) -> None:
    (tmp_path / "defs.yaml").write_text("type: pipelines.components.ContactBase\nattributes: {}\n")
    (tmp_path / "mine.sql").write_text(f"-- label: x\n-- timeout_seconds: {written}\nSELECT contact_id FROM contacts")
    [problem] = load(tmp_path).problems
    assert (problem.line, problem.severity) == (2, "error")
    assert "timeout_seconds" in problem.message
