"""What goes to standard output: JSON that any parser reads, and exit codes where nothing can be written."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.conftest import CARNET
from tests.cli.conftest import SAMPLES, Terminal


def test_sql_gives_numbers_texts_and_nulls_that_json_has(filled: Terminal) -> None:
    query = (
        "SELECT 'nan'::DOUBLE AS n, 'inf'::DOUBLE AS i, 1.50::DECIMAL(9, 2) AS d, 2::DECIMAL(9, 2) AS w, 'ab'::BLOB AS b, "
        "TIME '08:30:00' AS t, ['x', NULL] AS l, {'a': 'nan'::DOUBLE} AS s"
    )
    [row] = filled.json("sql", query)
    assert row == {
        "n": None, "i": None, "d": 1.5, "w": 2, "b": "6162", "t": "08:30:00", "l": ["x", None], "s": {"a": None}
    }  # fmt: skip


def test_sql_keeps_every_column(filled: Terminal) -> None:
    assert filled.json("sql", "SELECT 1 AS a, 2 AS a, 3 AS a_1") == [{"a": 1, "a_1": 2, "a_1_1": 3}]


@pytest.mark.parametrize("query", ["", ";", "/* nothing */", "SELECT 1; SELECT 2"])
def test_sql_takes_one_statement(filled: Terminal, query: str) -> None:
    error = filled.json("sql", query, code=2)["error"]
    assert "not one statement" in error["message"]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM contacts",
        "COPY contacts TO '{folder}/out.csv'",
        "ATTACH '{folder}/x.duckdb' AS x",
        "SELECT * FROM read_text('{folder}/assets/base/defs.yaml')",
        "SET enable_external_access = true",
    ],
    ids=lambda query: query.split()[0],
)
def test_sql_reads_the_copy_alone(filled: Terminal, query: str) -> None:
    filled.json("sql", query.format(folder=filled.folder), code=2)
    assert not {"out.csv", "x.duckdb"} & set(os.listdir(filled.folder))


@pytest.mark.parametrize("option", [("--to", "here.csv"), ("--fields", "email"), ("--format", "csv")], ids=str)
def test_a_declared_export_takes_no_other_form(filled: Terminal, option: tuple[str, str]) -> None:
    error = filled.json("export", "base_totale", *option, code=2)["error"]
    assert "--audience" in error["hint"]
    assert filled.json("exports") == []


def ended(*arguments: str, shell: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", shell, "bash", str(CARNET), *arguments], capture_output=True, text=True, check=False
    )


def test_a_reader_that_has_seen_enough_is_no_fault(filled: Terminal) -> None:
    done = ended("sql", "SELECT range FROM range(200000)", "--json", shell='"$@" | head -1; exit "${PIPESTATUS[0]}"')
    assert (done.returncode, done.stdout, done.stderr) == (0, "[\n", "")


@pytest.mark.parametrize("form", ["--json", "-v"], ids=["json", "table"])
def test_a_full_disk_is_the_machines_fault(filled: Terminal, form: str) -> None:
    more = ["--json"] if form == "--json" else []
    done = ended("segments", *more, shell='"$@" >/dev/full')
    assert done.returncode == 3
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_that_is_a_file_is_the_machines_fault(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARNET_DATA", str(terminal.write("x", "a-file")))
    error = terminal.json("import", SAMPLES / "newsletter-2026-11.csv", code=3)["error"]
    assert error["message"]


def test_a_damaged_copy_says_how_to_make_another(filled: Terminal) -> None:
    copy = filled.folder / "data" / "contacts.duckdb"
    copy.unlink()
    copy.write_bytes(b"not a base" * 1000)
    error = filled.json("imports", code=3)["error"]
    assert "segments --refresh" in error["hint"]
    filled.carnet("segments", "--refresh")
    assert [row["import_id"] for row in filled.json("imports")] == [1]


def test_a_name_that_is_no_text_is_refused(filled: Terminal) -> None:
    path = Path(os.fsdecode(os.fsencode(filled.folder) + b"/newsletter\xff.csv"))
    path.write_text("Email\na@exemple.fr\n")
    assert "not UTF-8" in filled.json("import", path, "--model", "newsletter", code=2)["error"]["message"]
