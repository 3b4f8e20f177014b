"""`carnet search`, `searches` and exports of what they found, as the contract says (SEG-8, SEG-9)."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from pipelines.base.locking import exclusive
from tests.cli.conftest import Terminal

PARIS = 'match: all\ncriteria:\n- {field: postcode, op: starts_with, value: "75"}\n'
EVERYBODY = "match: all\ncriteria:\n- {field: email, op: is_not_empty}\n"
KEPT = "match: all\ncriteria:\n- {field: postcode, op: starts_with, value: '75'}\n"


@pytest.fixture
def paris(filled: Terminal) -> Path:
    return filled.write(PARIS, "paris.yaml")


def test_a_search_is_kept_with_what_it_found(filled: Terminal, paris: Path) -> None:
    found = filled.json("search", paris)
    assert list(found) == ["count", "left_out", "contacts"]
    assert found["count"] == len(found["contacts"]) > 0
    [kept] = filled.json("searches")
    assert list(kept) == ["search_id", "name", "condition", "count", "searched_at", "who"]
    assert (kept["search_id"], kept["name"], kept["condition"], kept["count"]) == (1, None, KEPT, found["count"])


def test_a_saved_search_is_called_by_its_name(filled: Terminal, paris: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = filled.json("search", paris, "--save", "mine")
    assert filled.json("search", "mine") == first
    typed(monkeypatch, EVERYBODY.encode())
    everybody = filled.json("search", "-", "--count", "--save", "mine")
    assert everybody["contacts"] == []
    assert filled.json("search", "mine", "--limit", "0")["count"] == everybody["count"] > first["count"]
    assert [made["name"] for made in filled.json("searches")] == [None, "mine", None, "mine"]


def typed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """What stands on standard input."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii", errors="surrogateescape"))


def test_standard_input_is_utf_8_or_an_error(filled: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    accented = PARIS.replace('"75"', '"é"').encode()
    for content in (accented, b"\xef\xbb\xbf" + accented):
        typed(monkeypatch, content)
        assert filled.json("search", "-")["count"] == 0
    typed(monkeypatch, b"\xff\xfe")
    assert "Standard input is not in UTF-8." in filled.carnet("search", "-", code=2)


def test_a_fault_of_a_search_is_the_searchs(filled: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = PARIS.replace("postcode", "postcod")
    told = filled.json("search", filled.write(wrong, "wrong.yaml"), code=2)["error"]["message"]
    assert told.startswith("The search has 1 error:")
    assert "wrong.yaml:3:11" in told
    typed(monkeypatch, wrong.encode())
    assert "The search has 1 error:\n<standard input>:3:11" in filled.carnet("search", "-", code=2)


@pytest.mark.parametrize(
    "command", [["search", "mine"], ["segments", "all_contacts"], ["operations", "a", "--figure", "sent"]]
)
def test_a_limit_is_a_number_of_contacts(filled: Terminal, command: list[str]) -> None:
    assert "is not in the range x>=0" in filled.carnet(*command, "--limit", "-1", code=2)


def test_saving_under_a_taken_name_says_so(filled: Terminal, paris: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled.carnet("search", paris, "--save", "mine")
    other = filled.write(EVERYBODY, "all.yaml")
    capsys.readouterr()
    from pipelines.cli.main import run

    assert run(["search", str(other), "--count", "--save", "mine"]) == 0
    assert "stays in the history as number 1" in capsys.readouterr().err


def test_nothing_is_written_among_the_declarations(filled: Terminal, paris: Path) -> None:
    before = {path: path.read_bytes() for path in (filled.folder / "assets").rglob("*") if path.is_file()}
    filled.carnet("search", paris, "--save", "mine")
    assert {path: path.read_bytes() for path in (filled.folder / "assets").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("mien", "Did you mean 'mine'?"),
        ("mine.yaml", "There is no file 'mine.yaml'"),
        ("./mine", "There is no file 'mine'"),
    ],
)
def test_a_source_that_is_not_there(filled: Terminal, paris: Path, source: str, said: str) -> None:
    filled.carnet("search", paris, "--save", "mine")
    assert said in filled.carnet("search", source, code=2)


@pytest.mark.parametrize(
    ("name", "said"), [("all_contacts", "A segment is called"), ("Mes clients", "write mes_clients")]
)
def test_a_name_that_cannot_be_given(filled: Terminal, paris: Path, name: str, said: str) -> None:
    assert said in filled.carnet("search", paris, "--save", name, code=2)
    assert filled.json("searches") == []


def test_a_plain_word_is_a_search_first_and_a_file_else(
    filled: Terminal, paris: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(filled.folder)
    filled.write(EVERYBODY, "mine")
    everybody = filled.json("search", "mine", "--count")["count"]
    assert filled.json("search", paris, "--save", "mine")["count"] < everybody
    assert filled.json("search", "mine", "--count")["count"] < everybody


def test_while_a_run_writes_a_search_answers_and_is_not_in_the_history(
    filled: Terminal, paris: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipelines.cli.main import run

    expected = filled.json("search", paris)
    monkeypatch.setenv("CARNET_LOCK_SECONDS", "0.2")
    with exclusive(filled.folder / "data" / "base" / "writer.lock", "an import", 1):
        assert run(["search", str(paris), "--json"]) == 0
        printed = capsys.readouterr()
        assert json.loads(printed.out) == expected
        assert "not in the history: The base is being written by an import" in printed.err
        assert filled.json("search", paris, "--save", "mine", code=3)["error"]["type"] == "LockHeldError"
    assert len(filled.json("searches")) == 1


def test_an_export_of_a_saved_search_by_hand_and_declared(filled: Terminal, paris: Path) -> None:
    count = filled.json("search", paris, "--count", "--save", "mine")["count"]
    by_hand = filled.json("export", "--audience", "mine", "--fields", "email", "--to", filled.folder / "mine.csv")
    assert by_hand["rows"] == count
    said = json.loads(Path(by_hand["manifest"]).read_text("utf-8"))["definition"]["audience"]
    assert said["search"] == "mine"
    assert said["condition"] == {"all": [{"field": "postcode", "op": "starts_with", "value": "75"}]}
    declare(filled, "mine", "{search: mine}")
    assert filled.json("export", "mine")["rows"] == count


def test_an_export_of_what_the_base_does_not_have(filled: Terminal, paris: Path) -> None:
    filled.carnet("search", paris, "--save", "mine")
    assert "Did you mean 'mine'?" in filled.carnet(
        "export", "--audience", "mien", "--to", filled.folder / "x.csv", code=2
    )
    declare(filled, "wrong", "{search: mien}")
    declare(filled, "figure", "{operation: Soldes, figure: clicked}")
    assert "no saved search 'mien'" in filled.json("export", "wrong", code=2)["error"]["message"]
    assert "no operation 'Soldes'" in filled.json("export", "figure", code=2)["error"]["message"]
    assert not (filled.folder / "data" / "exports" / "wrong.csv").exists()


def declare(terminal: Terminal, name: str, audience: str) -> None:
    text = f"type: pipelines.components.Export\nattributes: {{name: {name}, audience: {audience}, fields: [email]}}\n"
    (terminal.folder / "assets" / "exports" / f"{name}.yaml").write_text(text, encoding="utf-8")
