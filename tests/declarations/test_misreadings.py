"""What YAML reads otherwise than the operator meant (contract: "YAML reads bare yes…")."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.declared import load

MODEL = "type: pipelines.components.ImportModel\nattributes:\n  name: m\n  file: m.csv\n  {line}\n"
SEGMENT = (
    "type: pipelines.components.Segment\nattributes:\n  name: {name}\n  label: {label}\n  criteria: [{criterion}]\n"
)
POSTCODE = "{field: postcode, op: equals, value: %s}"


@pytest.mark.parametrize(
    ("document", "line", "quoted"),
    [
        pytest.param(SEGMENT.format(name="no", label="x", criterion="{}"), 3, '"no"', id="name"),
        pytest.param(SEGMENT.format(name="s", label="2024", criterion="{}"), 4, '"2024"', id="label"),
        pytest.param(SEGMENT.format(name="s", label="x", criterion=POSTCODE % "75"), 5, '"75"', id="number"),
        pytest.param(
            SEGMENT.format(name="s", label="x", criterion=POSTCODE % "01000"), 5, '"01000"', id="leading-zero"
        ),
        pytest.param(
            SEGMENT.format(name="s", label="x", criterion=POSTCODE % "[a, 0x1F]"), 5, '"0x1F"', id="in-a-list"
        ),
        pytest.param(
            SEGMENT.format(name="s", label="x", criterion=POSTCODE % "2024-01-05"), 5, '"2024-01-05"', id="date"
        ),
        pytest.param(SEGMENT.format(name="s", label="x", criterion=POSTCODE % "12:30"), 5, '"12:30"', id="base-60"),
        pytest.param(SEGMENT.format(name="s", label="x", criterion=POSTCODE % "~"), 5, None, id="null"),
        pytest.param(
            SEGMENT.format(name="s", label="x", criterion="{field: opt_in_email, op: equals, value: yes}"),
            5,
            '"yes"',
            id="select",
        ),
        pytest.param(MODEL.format(line="mapping: {yes: email}"), 5, '"yes"', id="mapping-key"),
        pytest.param(MODEL.format(line="mapping: {01: email}"), 5, '"01"', id="mapping-number-key"),
        pytest.param(MODEL.format(line="mapping: {null: email}"), 5, '"null"', id="mapping-null-key"),
        pytest.param(MODEL.format(line="mapping: {a: on}"), 5, '"on"', id="mapping-value"),
        pytest.param(MODEL.format(line="constants: {postcode: 01000}"), 5, '"01000"', id="text-constant"),
        pytest.param(MODEL.format(line="constants: {company: yes}"), 5, '"yes"', id="yes-for-a-text"),
    ],
)
def test_text_must_be_text(declare, document: str, line: int, quoted: str | None) -> None:
    problems = [problem for problem in declare(document).problems if problem.line == line and problem.file.parent.name]
    assert quoted in [problem.suggestion for problem in problems]
    assert quoted is None or any(f"write {quoted}" in problem.message for problem in problems)


@pytest.mark.parametrize(
    ("constant", "expected"),
    [
        ("opt_in_email: yes", "yes"),
        ("opt_in_email: no", "no"),
        ("opt_in_email: Oui", "yes"),
        ("opt_in_email: orange_list", "orange_list"),
        ("vip: yes", "yes"),
        ("vip: false", "no"),
        ("vip: oui", "oui"),
        ("basket: 12.5", "12.5"),
        ('basket: "12,5"', "12.5"),
        ("birth_date: 1980-02-29", "1980-02-29"),
        ("postcode: '01000'", "01000"),
        ("interests: perle", ("Perle",)),
        ("interests: [Perle, AGATHE]", ("Perle", "Agathe")),
    ],
)
def test_constants_are_understood(declare, constant: str, expected: object) -> None:
    loaded = declare(MODEL.format(line=f"constants: {{{constant}}}"))
    assert loaded.problems == ()
    assert list(loaded.declarations.model("m").constants.values()) == [expected]


@pytest.mark.parametrize(
    ("constant", "message"),
    [
        ("member: yes", 'YAML reads yes as true, text is meant; write "yes"'),
        ("member: maybe", "'maybe' is not a value of 'member'"),
        ("opt_in_email: on", 'write "on"'),
        ("opt_in_sms: True", 'write "True"'),
        ("basket: many", "a number is needed"),
        ("basket: 0100", "write 100"),
        ("birth_date: 30/02/1980", "as YYYY-MM-DD"),
        ("birth_date: 1981-02-29", "there is no day 1981-02-29"),
        ("vip: perhaps", "write true or false"),
        ("email: a@ex.fr", "it takes no constant"),
        ("created_at: 2024-01-01", "read-only"),
        ("postcod: x", "did you mean 'postcode'?"),
        ("interests: []", "empty list"),
    ],
)
def test_constants_that_cannot_be_read(declare, constant: str, message: str) -> None:
    (problem,) = declare(MODEL.format(line=f"constants: {{{constant}}}")).problems
    assert message in problem.message
    assert problem.line == 5


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        pytest.param("type: x\n\tattributes: {}\n", (2, 1), "not with tabs", id="tab"),
        pytest.param("type: x\nattributes: {a: 1\n", (3, 1), "this is not YAML", id="open-brace"),
        pytest.param("type: x\nattributes: {a: b: c}\n", (2, 18), "this is not YAML", id="two-colons"),
        pytest.param("type: a: b\n", (1, 8), "put text that holds a colon in quotes", id="colon"),
        pytest.param("type: @x\n", (1, 7), "put text that begins with this character in quotes", id="at-sign"),
        pytest.param("type: x\nname: \x07\n", (2, 7), "U+0007", id="control-character"),
        pytest.param("type: x\ntype: y\n", (2, 1), "'type' stands here twice: first on line 1", id="key-twice"),
        pytest.param("a: &a [*a]\n", (1, 4), "contains itself", id="circle-of-aliases"),
        pytest.param("a: " + "[" * 70 + "]" * 70, (1, 64), "nested deeper than 60 levels", id="deep"),
        pytest.param("a: " + "[" * 5000, (1, 1), "nested too deeply", id="bottomless"),
        pytest.param("- a\n", (1, 1), "a document is a list", id="not-a-mapping"),
        pytest.param("type: x\n---\n", (3, 1), "a document is nothing", id="empty-document"),
        pytest.param("? [a]\n: b\n", (1, 3), "a key must be text, not a list", id="list-as-key"),
        pytest.param("<<: {a: 1}\n", (1, 1), "write the keys out", id="merge-key"),
    ],
)
def test_yaml_that_cannot_be_read(tmp_path: Path, text: str, place: tuple[int, int], message: str) -> None:
    (tmp_path / "defs.yaml").write_text(text, encoding="utf-8")
    problems = load(tmp_path).problems
    assert [(p.line, p.column) for p in problems if message in p.message] == [place]


def test_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "defs.yaml").write_bytes("type: x\nlabel: Prénom\n".encode("cp1252"))
    (problem,) = load(tmp_path).problems
    assert (problem.line, "UTF-8" in problem.message) == (2, True)


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "defs.yaml").write_bytes(
        b"\xef\xbb\xbftype: pipelines.components.ContactBase\r\nattributes: {key: mobile}\r\n"
    )
    loaded = load(tmp_path)
    assert loaded.problems == ()
    assert loaded.declarations.base.key == "mobile"


def test_what_stands_before_a_syntax_error_is_judged_too(declare) -> None:
    loaded = declare("type: pipelines.components.Exprt\nattributes: {}\n", "type: [\n")
    assert [problem.line for problem in loaded.problems] == [1, 5]
