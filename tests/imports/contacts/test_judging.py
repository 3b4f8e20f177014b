from __future__ import annotations

import csv
import io
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.judge import Judge
from pipelines.declarations.model import ImportModel
from pipelines.files.problems import Problem, problems_frame
from pipelines.files.reading import TextFrame
from pipelines.imports.contacts.cleaning import Cleaned
from pipelines.imports.contacts.judging import RULES, Judged, judge_rows, rejects_csv, signatures

FOUND = st.tuples(st.sampled_from([*RULES, "value_skipped"]), st.integers(2, 9))


def text(*rows: tuple[str | None, ...], headers: tuple[str, ...] = ("Email", "Nom")) -> TextFrame:
    frame = pl.DataFrame(
        [(line, len(headers), *row) for line, row in enumerate(rows, 2)],
        schema={"line": pl.UInt32, "cells": pl.UInt32} | {f"c{n}": pl.String for n in range(len(headers))},
        orient="row",
    )
    return TextFrame(headers, frame)


def judged(judge: Judge, rows: int, *problems: Problem, **options: Any) -> Judged:
    frame = text(*[(f"a{n}@ex.fr", None) for n in range(rows)])
    clean = frame.frame.select(carnet_line="line", email="c0")
    return judge_rows(Cleaned(clean, problems_frame(problems), {}), frame, judge, ImportModel("m", "m.csv", **options))


@given(st.lists(FOUND, max_size=20))
def test_each_row_has_the_signature_of_its_problems(found: list[tuple[str, int]]) -> None:
    lines = pl.Series(range(2, 10), dtype=pl.UInt32)
    problems = problems_frame([Problem(rule, "error", "", line) for rule, line in found])
    columns, signature = signatures(problems, lines)
    for line, position in zip(lines, signature, strict=True):
        expected = {rule: found.count((rule, line)) for rule in RULES}
        assert {rule: columns[rule][position] for rule in RULES} == expected
    assert len(set(zip(*columns.values(), strict=True))) == len(columns["invalid_key"])


def test_rows_with_errors_are_rejected_with_every_reason(judge: Judge) -> None:
    result = judged(
        judge,
        4,
        Problem("invalid_key", "error", "No @.", 3, "Email"),
        Problem("value_skipped", "warning", "No such value.", 3, "Nom"),
        Problem("unreadable_cells", "error", "No date.", 3, "Nom"),
        Problem("not_a_cross", "error", "No cross.", 5, "Nom"),
        Problem("value_skipped", "warning", "No such value.", 4, "Nom"),
    )
    assert result.good["carnet_line"].to_list() == [2, 4]
    assert result.rejected.rows() == [
        (3, ["invalid_key: No @. [Email]", "unreadable_cells: No date. [Nom]"]),
        (5, ["not_a_cross: No cross. [Nom]"]),
    ]
    assert {each.rule: each.unexpected for each in result.verdicts if not each.passed} == {
        "invalid_key": 1,
        "unreadable_cells": 1,
        "not_a_cross": 1,
    }
    assert all(each.passed for each in result.rejections)


def test_a_file_of_good_rows_stays_whole(judge: Judge) -> None:
    result = judged(judge, 3)
    assert (result.good.height, result.rejected.height, result.problems.height) == (3, 0, 0)
    assert all(each.passed for each in result.verdicts)


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        pytest.param({"max_rejected": 0.5}, set[str](), id="as many as allowed"),
        pytest.param({"max_rejected": 0.4}, {"max_rejected"}, id="more than allowed"),
        pytest.param({"on_error": "refuse_file"}, {"refuse_file"}, id="none allowed"),
    ],
)
def test_too_many_rejected_rows_refuse_the_file(judge: Judge, options: dict[str, Any], refused: set[str]) -> None:
    result = judged(judge, 2, Problem("invalid_key", "error", "No @.", 3, "Email"), **options)
    assert {each.rule for each in result.rejections if not each.passed} == refused
    assert set(result.problems["rule"]) == refused
    assert set(result.problems["severity"]) == ({"critical"} if refused else set())


def read_back(content: bytes, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), delimiter=separator))


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_rejects_keep_their_cells_in_the_separator_of_their_file(separator: str) -> None:
    cells = ('a"b', " c;d,e|f\tg\nh ")
    frame = text(("x", "y"), cells, (None, "z"), headers=("E;,|\tmail", 'Nom "usuel"'))
    rejected = pl.DataFrame(
        {"line": [3, 4], "reasons": [["one: 1", "two: 2"], ["one: 1"]]},
        schema={"line": pl.UInt32, "reasons": pl.List(pl.String)},
    )
    assert read_back(rejects_csv(frame, rejected, separator), separator) == [
        [*frame.headers, "carnet_line", "carnet_reasons"],
        [*cells, "3", "one: 1 | two: 2"],
        ["", "z", "4", "one: 1"],
    ]


def test_rejects_of_a_rejects_file_are_numbered_anew() -> None:
    frame = text(("7", "x", "old"), headers=("carnet_line", "Email", "Carnet_Reasons"))
    rejected = pl.DataFrame(
        {"line": [2], "reasons": [["new"]]}, schema={"line": pl.UInt32, "reasons": pl.List(pl.String)}
    )
    assert read_back(rejects_csv(frame, rejected, ";"), ";") == [
        ["Email", "carnet_line", "carnet_reasons"],
        ["x", "2", "new"],
    ]
