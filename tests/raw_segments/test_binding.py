"""What a raw segment's columns are is judged before anything runs, against the base that the declarations make (SEG-10)."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.declarations.problems import DeclarationError
from pipelines.declared import check, declared
from pipelines.raw_segments.confining import TABLES

BASE = """\
type: pipelines.components.ContactBase
attributes:
  fields:
    - {name: postcode, label: Code postal, format: text}
    - {name: interests, label: Centre d'intérêt, format: multi_select, values: [Perle, Agathe]}
"""
FAULTS = {
    "a column that is not there": ("SELECT c.contact_id\nFROM contacts AS c\nWHERE c.postcod = '75'", 3, 7, "postcode"),
    "a column behind an accent": ("SELECT contact_id, 'é', postcod FROM contacts", 1, 25, "postcode"),
    "a field of another base": ("SELECT contact_id FROM contacts WHERE basket > 1", 1, 39, None),
    "another column alone": ("SELECT email FROM contacts", 1, 1, None),
    "a number that is text": ("SELECT contact_id::VARCHAR AS contact_id FROM contacts", 1, 1, None),
    "a format that does not fit": ("SELECT contact_id FROM contacts\nWHERE interests > 3", 2, 7, None),
    "a name that is two tables'": ("SELECT contact_id FROM contacts, events", 1, 8, None),
}


def write(folder: Path, **texts: str) -> Path:
    (folder / "defs.yaml").write_text(BASE, encoding="utf-8")
    for name, text in texts.items():
        (folder / f"{name}.sql").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("text", "line", "column", "suggestion"), FAULTS.values(), ids=FAULTS)
def test_a_fault_has_its_place(tmp_path: Path, text: str, line: int, column: int, suggestion: str | None) -> None:
    [problem] = check(write(tmp_path, wrong=text, right="SELECT contact_id FROM contacts WHERE postcode = '75'"))
    assert (problem.file.name, problem.line, problem.column, problem.severity) == ("wrong.sql", line, column, "error")
    assert problem.suggestion == suggestion
    with pytest.raises(DeclarationError, match=rf"wrong\.sql:{line}:{column}"):
        declared(tmp_path)


def test_columns_of_other_segments_are_those_of_contacts(tmp_path: Path) -> None:
    texts = {
        "paris": "SELECT contact_id FROM contacts",
        "perle": "SELECT contact_id FROM segments.paris WHERE 'Perle' IN interests",
    }
    assert check(write(tmp_path, **texts)) == ()
    assert declared(tmp_path).segment("perle").sql is not None


def test_every_table_of_the_contract_is_there(tmp_path: Path) -> None:
    texts = {f"from_{table}": f"SELECT count(t) AS contact_id FROM {table} AS t" for table in TABLES}
    assert check(write(tmp_path, **texts)) == ()
