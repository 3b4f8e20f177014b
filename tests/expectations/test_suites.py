"""Each rule with one case that passes and one that fails."""

from __future__ import annotations

import pytest

from expectations import base, events, file, records, rows
from expectations.judge import Judge, JudgeError
from expectations.rules import Rule
from expectations.verdicts import Verdict

FILE_OPTIONS = {"max_bytes": 100, "max_columns": 9}
GOOD_FILE: dict[str, int | str] = {
    "kind": "xlsx",
    "unreadable": 0,
    "size": 100,
    "encoding": "utf-8",
    "nul_bytes": 0,
    "quotes": 0,
    "unclosed_quote": 0,
    "rows": 1,
    "columns": 9,
    "headers": 0,
    "trailing_separators": 0,
    "extra_cells": 0,
    "missing_columns": 0,
    "stray_separators": 0,
    "short_lines": 0,
    "blank_lines": 0,
    "repeated_headers": 0,
    "mojibake": 0,
    "error_cells": 0,
    "one_column": 0,
    "file_name": 0,
}
WARNINGS = {
    "stray_separators",
    "short_lines",
    "blank_lines",
    "repeated_headers",
    "mojibake",
    "error_cells",
    "one_column",
    "file_name",
}


ALL_ASKED = FILE_OPTIONS | {"max_rejected": 0.05, "on_error": "refuse_file"}
RULES = [
    *file.rules_of_many(ALL_ASKED),
    *rows.rules(ALL_ASKED),
    *rows.rejection_rules(ALL_ASKED),
    *base.rules(ALL_ASKED),
    *events.rules(ALL_ASKED),
]
OF_RECORDS = {rule.name: rule for rule in records.rules({})}
"""Some are what the rules of a file of text are, of another kind of file."""


@pytest.mark.parametrize("rule", [*RULES, OF_RECORDS["unreadable"]], ids=lambda rule: rule.name)
def test_each_rule_says_in_a_sentence_of_its_own_what_holds(rule: Rule) -> None:
    assert rule.description[0].isupper()
    assert rule.description.endswith(".")
    assert [other.name for other in (*RULES, OF_RECORDS["unreadable"]) if other.description == rule.description] == [
        rule.name
    ]


def failed(verdicts: tuple[Verdict, ...]) -> list[tuple[str, str]]:
    return [(verdict.rule, verdict.severity) for verdict in verdicts if not verdict.passed]


def test_a_good_file_passes_every_rule(judge: Judge) -> None:
    verdicts = judge.judge("file", {name: [value] for name, value in GOOD_FILE.items()}, FILE_OPTIONS)
    assert [verdict.rule for verdict in verdicts] == list(GOOD_FILE)
    assert failed(verdicts) == []


@pytest.mark.parametrize(
    ("rule", "value"),
    [("kind", "pdf"), ("size", 101), ("encoding", "cp1252"), ("rows", 0), ("columns", 10)]
    + [(rule, 1) for rule, value in GOOD_FILE.items() if value == 0],
)
def test_each_file_rule_fails_by_itself(judge: Judge, rule: str, value: int | str) -> None:
    columns = {name: [found] for name, found in (GOOD_FILE | {rule: value}).items()}
    severity = "warning" if rule in WARNINGS else "critical"
    assert failed(judge.judge("file", columns, FILE_OPTIONS)) == [(rule, severity)]


@pytest.mark.parametrize(
    ("option", "rule", "severity"),
    [
        ({"stray_separators": "reject_row"}, "stray_separators", "error"),
        ({"short_lines": "reject_row"}, "short_lines", "error"),
        ({"missing_columns": "warn"}, "missing_columns", "warning"),
    ],
)
def test_options_of_the_model_set_severities(judge: Judge, option: dict[str, str], rule: str, severity: str) -> None:
    assert failed(judge.judge("file", {rule: [2]}, FILE_OPTIONS | option)) == [(rule, severity)]


def test_what_was_not_measured_is_not_judged(judge: Judge) -> None:
    verdicts = judge.judge("file", {"size": [5], "rows": [None]}, FILE_OPTIONS)
    assert [verdict.rule for verdict in verdicts] == ["size"]
    assert judge.judge("file", {"rows": [None]}, FILE_OPTIONS) == ()


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("kind", "zip"),
        ("title_lines", 2),
        ("no_header", 1),
        ("size", 101),
        ("encoding", "cp1252"),
        ("rows", 0),
        ("columns", 10),
        *((rule, 1) for rule, value in GOOD_FILE.items() if value == 0),
    ],
)
def test_rules_of_many_files_name_the_files_that_fail(judge: Judge, rule: str, value: int | str) -> None:
    good = {"kind": "text", "title_lines": 0, "no_header": 0} | GOOD_FILE
    columns = {name: [found, found, found, None] for name, found in good.items()} | {
        rule: [good[rule], value, good[rule], None]
    }
    verdicts = judge.judge("files", columns, FILE_OPTIONS)
    assert [verdict.rule for verdict in verdicts] == list(good)
    severity = "warning" if rule in WARNINGS else "critical"
    assert [(each.rule, each.severity, each.rows) for each in verdicts if not each.passed] == [(rule, severity, (1,))]


@pytest.mark.parametrize("column", rows.COLUMNS)
def test_row_rules_name_the_rows_that_fail(judge: Judge, column: str) -> None:
    options = {"short_lines": "reject_row", "stray_separators": "reject_row"}
    columns = {name: [0, 0, 0, 0] for name in rows.COLUMNS} | {column: [0, 1, 0, 3]}
    (verdict,) = (each for each in judge.judge("rows", columns, options) if not each.passed)
    assert (verdict.rule, verdict.severity, verdict.unexpected, verdict.rows) == (column, "error", 2, (1, 3))


def test_short_lines_and_strays_only_warn_unless_told(judge: Judge) -> None:
    verdicts = judge.judge("rows", {"short_line": [1], "stray_separator": [1]}, {})
    assert failed(verdicts) == [("short_line", "warning"), ("stray_separator", "warning")]


@pytest.mark.parametrize(
    ("rejected", "share", "options", "rules"),
    [
        (5, 0.05, {"max_rejected": 0.05}, []),
        (6, 0.06, {"max_rejected": 0.05}, ["max_rejected"]),
        (1, 0.01, {"max_rejected": 0.0}, ["max_rejected"]),
        (0, 0.0, {"on_error": "refuse_file"}, []),
        (1, 0.01, {"on_error": "refuse_file", "max_rejected": None}, ["refuse_file"]),
        (9, 1.0, {"on_error": "reject_rows", "max_rejected": None}, []),
    ],
)
def test_all_or_nothing(
    judge: Judge, rejected: int, share: float, options: dict[str, object], rules: list[str]
) -> None:
    verdicts = judge.judge("rejections", {"rejected": [rejected], "rejected_share": [share]}, options)
    assert failed(verdicts) == [(rule, "critical") for rule in rules]


@pytest.mark.parametrize("column", base.COLUMNS)
def test_base_rules(judge: Judge, column: str) -> None:
    columns = {name: [0] for name in base.COLUMNS}
    assert failed(judge.judge("base", columns, {})) == []
    assert failed(judge.judge("base", columns | {column: [1]}, {})) == [(column, "critical")]


def test_a_suite_runs_in_process_too() -> None:
    # Great Expectations and what it imports warn of their own deprecations when they load.
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from expectations.running import run_suite

        verdicts = run_suite("rows", {"invalid_key": [0, 2]}, {})
    assert [(verdict.rule, verdict.rows) for verdict in verdicts] == [("invalid_key", (1,))]


@pytest.mark.parametrize(
    ("measure", "value", "option", "severity"),
    [
        ("unreadable", 1, "refuse", "critical"),
        ("encoding", "unknown", "refuse", "critical"),
        ("rows", 0, "refuse", "critical"),
        ("missing_columns", 2, "refuse", "critical"),
        ("missing_columns", 2, "warn", "warning"),
    ],
)
def test_a_file_of_records_fails_the_one_rule_that_it_breaks(
    judge: Judge, measure: str, value: object, option: str, severity: str
) -> None:
    good = {"unreadable": 0, "encoding": "utf-8", "rows": 3, "missing_columns": 0}
    columns = {name: [value] for name, value in (good | {measure: value}).items()}
    assert failed(judge.judge("records", columns, {"missing_columns": option})) == [(measure, severity)]


def test_the_same_question_has_the_same_answer_at_once(judge: Judge) -> None:
    """A judge that serves many files is asked the same again and again; an error is never kept for an answer."""
    asked = {"rejected": [0], "rejected_share": [0.0]}
    first = judge.judge("rejections", asked, {"on_error": "refuse_file"})
    assert judge.judge("rejections", asked, {"on_error": "refuse_file"}) == first
    assert failed(judge.judge("rejections", {**asked, "rejected": [1]}, {"on_error": "refuse_file"})) != failed(first)
    for _ in range(2):
        with pytest.raises(JudgeError):
            judge.judge("rejections", {"rejected": ["x"]}, {"on_error": "refuse_file"})
