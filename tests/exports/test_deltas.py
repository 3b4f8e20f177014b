"""Movements since the last export: who entered, left and changed, so that another system follows (EXP-11)."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.declarations.model import Audience, Export, FieldCriterion, Group
from pipelines.errors import UsageError
from pipelines.exports import kept
from pipelines.exports.kept import Keeping
from pipelines.exports.snapshots import Snapshot
from tests.conftest import DECLARATIONS, Account

PARIS = Audience(condition=Group("all", (FieldCriterion("postcode", "starts_with", ("75",)),)))
EXPORT = Export("paris", PARIS, ("email", "first_name", "interests"), delta=True)
WIDER = Export("paris", PARIS, ("email", "last_name", "first_name"), delta=True)
LEAVING = 'type: pipelines.components.ImportModel\nattributes: {name: gone, file: "gone*.csv", action: delete}\n'


@pytest.fixture
def paris(account: Account) -> Account:
    account.declare(f"{DECLARATIONS}---\n{LEAVING}")
    account.load("Email;Prénom;Code postal;Perle\na@ex.fr;Ada;75001;X\nb@ex.fr;=Bob;75002;\nc@ex.fr;Cid;69001;\n")
    return account


def taken(account: Account, export: Export = EXPORT, **options: Any) -> Snapshot:
    return account.workspace.export(export, **options)


def moved(snapshot: Snapshot) -> list[list[str]]:
    assert snapshot.delta is not None
    with snapshot.delta.path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def test_who_entered_left_and_changed(paris: Account) -> None:
    first = taken(paris)
    header = ["Mouvement", "Adresse Email", "Prénom", "Perle", "Diamant", "Agathe"]
    assert moved(first) == [header, ["entré", "a@ex.fr", "Ada", "X", "", ""], ["entré", "b@ex.fr", "'=Bob", "", "", ""]]
    assert moved(taken(paris)) == [header], "nobody moved"

    paris.load("Email;Prénom;Code postal;Nom\na@ex.fr;Ada B;;\nc@ex.fr;;75003;\nb@ex.fr;;;Never exported\n")
    third = taken(paris)
    assert moved(third)[1:] == [["modifié", "a@ex.fr", "Ada B", "X", "", ""], ["entré", "c@ex.fr", "Cid", "", "", ""]]
    manifest = json.loads(third.manifest.read_text())
    assert manifest["delta"] == third.delta.as_json()
    assert {name: manifest["delta"][name] for name in ("file", "rows", "since", "entered", "left", "changed")} == {
        "file": "paris.delta.csv",
        "rows": 2,
        "since": second_of(paris),
        "entered": 1,
        "left": 0,
        "changed": 1,
    }

    paris.take(paris.write("Email\na@ex.fr\n", "gone.csv"), "gone")
    paris.workspace.edit_contact("b@ex.fr", {"postcode": "13001", "first_name": "Moved"})
    assert moved(taken(paris))[1:] == [
        ["sorti", "a@ex.fr", "Ada B", "X", "", ""],
        ["sorti", "b@ex.fr", "'=Bob", "", "", ""],
    ], "as they were last exported"


def second_of(account: Account) -> int:
    return sorted(kept.export_id for kept in Keeping.of(account.layout, "paris").all())[1]


def test_a_lost_one_is_asked_again(paris: Account) -> None:
    first, _ = taken(paris), paris.workspace.edit_contact("a@ex.fr", {"first_name": "Lost"})
    taken(paris)
    paris.workspace.edit_contact("b@ex.fr", {"first_name": "Last"})
    again = taken(paris, since=first.export_id)
    assert [row[:3] for row in moved(again)[1:]] == [["modifié", "a@ex.fr", "Lost"], ["modifié", "b@ex.fr", "Last"]]
    assert again.delta.since == first.export_id
    assert moved(taken(paris))[1:] == []
    with pytest.raises(UsageError, match="number 4711 is not kept") as refused:
        taken(paris, since=4711)
    assert str(first.export_id) in refused.value.hint
    with pytest.raises(UsageError, match="tells no movements"):
        taken(paris, Export("plain"), since=1)


def test_other_columns_or_words_change_every_row(paris: Account) -> None:
    taken(paris)
    paris.workspace.edit_contact("b@ex.fr", {"postcode": "13001"})
    assert moved(taken(paris, WIDER)) == [
        ["Mouvement", "Adresse Email", "Nom", "Prénom"],
        ["modifié", "a@ex.fr", "", "Ada"],
        ["sorti", "b@ex.fr", "", "'=Bob"],
    ]
    paris.declare(
        f"{DECLARATIONS}---\n{LEAVING}".replace("attributes:\n  fields", "attributes:\n  locale: en\n  fields")
    )
    assert [row[:2] for row in moved(taken(paris, WIDER))] == [["Movement", "Email address"], ["changed", "a@ex.fr"]]


@pytest.mark.parametrize("form", ["xlsx", "parquet", "txt"])
def test_movements_are_told_in_csv_whatever_the_format(paris: Account, form: Any) -> None:
    snapshot = taken(paris, Export("paris", PARIS, ("email",), format=form, delta=True))
    assert snapshot.path.name == f"paris.{form}"
    assert moved(snapshot) == [["Mouvement", "Adresse Email"], ["entré", "a@ex.fr"], ["entré", "b@ex.fr"]]


def test_who_follows_has_what_the_file_holds_though_older_ones_go(
    paris: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST_KEPT", 2)
    keeping, follower = Keeping.of(paris.layout, "paris"), {}
    for turn in range(7):
        who, new = "abc"[turn % 3], f"{'75' if turn % 2 else '69'}00{turn}"
        paris.workspace.edit_contact(f"{who}@ex.fr", {"postcode": new, "first_name": f"Turn {turn}"})
        snapshot = taken(paris)
        for movement, *cells in moved(snapshot)[1:]:
            if movement == "sorti":
                assert follower.pop(cells[0]) == cells, "those who leave are told as they were"
            else:
                assert (cells[0] in follower) == (movement == "modifié")
                follower[cells[0]] = cells
        with snapshot.path.open(encoding="utf-8", newline="") as file:
            assert sorted(follower.values()) == sorted(list(csv.reader(file, delimiter=";"))[1:])
        assert sum(keeping.ids(each).exists() for each in keeping.all()) <= 2
    assert len(list(keeping.folder.iterdir())) <= 2 * 3 + 2 * 2
    assert not [path for path in (paris.layout.data / "tmp").iterdir() if path.name != ".sweep"]


def test_a_crash_before_it_is_kept_repeats_movements_and_loses_none(
    paris: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken(paris)
    paris.workspace.edit_contact("a@ex.fr", {"first_name": "Told twice"})
    with monkeypatch.context() as patched:
        patched.setattr(Keeping, "place", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            taken(paris)
    stray: Path = Keeping.of(paris.layout, "paris").folder / "000000000999.ids.parquet"
    stray.write_bytes(b"what a kill leaves between two renames")
    assert [row[2] for row in moved(taken(paris))[1:]] == ["Told twice"]
    assert not stray.exists()
