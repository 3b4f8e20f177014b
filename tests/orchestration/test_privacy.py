"""No person's value stands in Dagster's storage, whatever was imported, refused, exported or counted (SEC-4)."""

from __future__ import annotations

import gzip
import json
import pickle
import sqlite3
import zlib
from pathlib import Path

import dagster as dg
import pytest

from pipelines.imports.intake import ImportRequest
from pipelines.orchestration.reporting import checks_of
from tests.orchestration.conftest import House
from tests.orchestration.stored import holdings, places_of

# Values that nothing else could hold. The domain is not among them: a masked address keeps it (`a•••@ex.fr`).
PERSONS = {
    "mail": "quirinus.zwetschgenkuchen",
    "first name": "Ermelindegarde",
    "last name": "Ðjurhuus-Křižíková",
    "number as typed": "06 98 41 57 23",
    "number as stored": "+33698415723",
    "postcode": "97-ZQX-413",
    "unreadable date": "le jour de la Saint-Glinglin",
    "unreadable number": "mille-et-une-broutilles",
    "undeclared value": "Adhérente-Zibeline",
    "no cross": "oui-tourmaline",
    "key that is none": "sans-arobase-du-tout.zqx",
    "second mail": "melusine.ostrogothe",
    "refused mail": "wenceslas.trailing-zqx",
    "refused name": "Théophraste-Refusé",
    "damaged name": "Hégésippe-Abîmé",
}
_COLUMNS = {
    "Email": "mail",
    "Prénom": "first name",
    "Nom": "last name",
    "Portable": "number as typed",
    "Perle": "no cross",
    "Diamant": "no cross",
    "Code postal": "postcode",
    "Date de naissance": "unreadable date",
    "Panier moyen": "unreadable number",
    "Adhérent": "undeclared value",
}


def row(mail: str, *columns: str, **cells: str) -> str:
    """A line: an address, the recognisable value in the columns named, other cells as given."""
    told = {**{name: PERSONS[_COLUMNS[name]] for name in columns}, **cells, "Email": mail}
    return ";".join(told.get(name, "") for name in _COLUMNS) + "\n"


MAIL = f"{PERSONS['mail']}@exemple.fr"
GOOD = (
    ";".join(_COLUMNS)
    + "\n"
    + "".join(
        [
            row(MAIL, "Prénom", "Nom", "Portable", "Code postal", Perle="X"),
            row(f"{PERSONS['second mail']}@exemple.fr", "Prénom"),
            # The same key again, a duplicate; its first name ends in a stray quote.
            row(MAIL.upper(), Prénom=f'{PERSONS["first name"]}"'),
            row("a1@exemple.fr", "Date de naissance"),
            row("a2@exemple.fr", "Panier moyen"),
            row("a3@exemple.fr", "Adhérent"),
            row("a4@exemple.fr", "Perle"),
            row(PERSONS["key that is none"]),
            *(row(f"b{n}@exemple.fr") for n in range(8)),
        ]
    )
)
TRAILING = (
    f"Email;Prénom;Portable;Perle;Diamant\n{PERSONS['refused mail']}@exemple.fr;{PERSONS['refused name']};;;;;;\n"
)
DAMAGED = f"Email;Prénom;Portable;Perle;Diamant\nc@exemple.fr;{PERSONS['damaged name']};;;\n".encode("cp1252")
# An address in the place of a header, as in a file without one.
HEADLESS = f"{PERSONS['refused mail']}@exemple.fr;{PERSONS['refused name']};;;\n"


def write(house: House, name: str, content: str | bytes) -> Path:
    path = house.layout.data.parent / "files" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def drop(house: House, name: str, content: str | bytes) -> None:
    folder = house.layout.inbox / "newsletter"
    folder.mkdir(parents=True, exist_ok=True)
    write(house, name, content).rename(folder / name)


def everything(house: House) -> None:
    """Each thing that handles a person's values: imports of every kind, exports, segments."""
    good = write(house, "newsletter-privacy.csv", GOOD)
    house.workspace.take(ImportRequest(str(good), "newsletter", preview=True))
    assert house.imported(good).success
    assert house.imported(good).success, "skipped"
    assert house.imported(good, force=True).success
    for name, content in (("trailing", TRAILING), ("damaged", DAMAGED), ("headless", HEADLESS)):
        assert not house.imported(write(house, f"newsletter-{name}.csv", content)).success
        drop(house, f"newsletter-{name}-dropped.csv", content + (b"\n" if isinstance(content, bytes) else "\n"))
    drop(house, "newsletter-again.csv", GOOD + "z@exemple.fr;;;;;;;;\n")
    assert house.run("import_inbox").success
    counts = [(result.status, result.counts.rejected) for result in house.results if result.status != "refused"]
    assert counts == [("preview", 5), ("imported", 5), ("skipped", 0), ("imported", 5), ("imported", 5)]
    assert sum(result.status == "refused" for result in house.results) == 6
    assert house.run("refresh_segments").success
    for export in ("base_totale", "paris_perle", "bons_clients"):
        assert house.run(f"export_{export}").success
    config = {"audience": "all_contacts", "fields": "main", "format": "txt", "to": str(house.layout.data / "x.txt")}
    assert house.run("export_on_demand", run_config={"ops": {"write_export": {"config": config}}}).success


def test_no_value_of_a_person_stands_in_dagsters_storage(house: House) -> None:
    everything(house)
    assert PERSONS["mail"] in (house.layout.exports / "base_totale.csv").read_text(), "the values went all the way"
    assert places_of(PERSONS.values(), house.layout.dagster) == {}
    # What was searched is what Dagster keeps: the counts and names that it does show are found by the same search.
    shown = places_of(["newsletter-privacy.csv", "all_contacts", "seconds_merge"], house.layout.dagster)
    assert set(shown) == {"newsletter-privacy.csv", "all_contacts", "seconds_merge"}


def test_a_failing_run_keeps_its_values_to_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the middle of an import: Dagster stores the error and its causes, which must not carry the row."""
    broken = house.layout.base
    house.imported(write(house, "newsletter-first.csv", GOOD))
    broken.chmod(0o600)
    broken.write_bytes(b"not a base: " + b"x" * 100)
    ended = house.imported(write(house, "newsletter-second.csv", GOOD + "\n"), force=True)
    assert not ended.success
    assert places_of(PERSONS.values(), house.layout.dagster) == {}


def test_the_names_of_columns_are_told_but_of_a_file_without_a_header(house: House) -> None:
    def told(name: str, content: str) -> str:
        house.imported(write(house, name, content))
        (check,) = [check for check in checks_of(house.results[-1]) if check.name == "missing_columns"]
        return check.description

    known = told("newsletter-other.csv", "Email;Prénom;Numéro d'appel\na@exemple.fr;;\n")
    assert "Found: 'Email', 'Prénom', \"Numéro d'appel\"" in known
    numbers = told("newsletter-numbers.csv", "+33 6 98 41 57 23;O'Brien-Ermelinde;\n0611223344;B;\n")
    assert "Expected: 'Email'" in numbers
    assert "Found: '+•••', 'O•••', ''" in numbers


def plant_event(home: Path, value: str) -> None:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization("planted", metadata={"seen": {"deep": [value]}}))


def plant_nested_json(home: Path, value: str) -> None:
    (home / "nested.json").write_text(json.dumps({"event": json.dumps({"cell": json.dumps([value])})}))


def plant_compressed_cell(home: Path, value: str) -> None:
    connection = sqlite3.connect(home / "planted.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE snapshots (body BLOB)")
    connection.execute("INSERT INTO snapshots VALUES (?)", [zlib.compress(json.dumps({"value": value}).encode())])
    connection.commit()
    connection.close()


def plant_pickle(home: Path, value: str) -> None:
    (home / "storage").mkdir(exist_ok=True)
    (home / "storage" / "result").write_bytes(gzip.compress(pickle.dumps({"row": [value]})))


def plant_log(home: Path, value: str) -> None:
    (home / "compute.err").write_text(f"2026-11-24 - WARNING - {value.upper()} was seen\n")


@pytest.mark.parametrize(
    "plant",
    [plant_event, plant_nested_json, plant_compressed_cell, plant_pickle, plant_log],
    ids=lambda plant: plant.__name__,
)
@pytest.mark.parametrize("value", [PERSONS["last name"], PERSONS["number as typed"]], ids=["name", "number"])
def test_the_search_finds_what_is_planted(house: House, plant, value: str) -> None:
    """Else the test above would prove nothing."""
    assert places_of([value], house.layout.dagster) == {}
    plant(house.layout.dagster, value)
    assert set(places_of([value], house.layout.dagster)) == {value}
    assert any(place for place, _ in holdings(house.layout.dagster))
