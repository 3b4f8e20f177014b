"""No person's value stands in Dagster's storage, whatever was imported, refused, exported or counted (SEC-4)."""

from __future__ import annotations

import gzip
import json
import pickle
import sqlite3
import zlib
from pathlib import Path
from typing import get_args

import dagster as dg
import pytest

from pipelines.declarations.model import Action
from pipelines.imports.intake import ImportRequest
from pipelines.imports.masking import masked
from pipelines.imports.notices import refusal
from pipelines.orchestration.metadata import checks_of
from tests.examples import some
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


OTHERS = {
    "added value": "Zwetschgenkuchen-ajouté",
    "added cross": "Opale-Zqx",
    "changed value": "Kouglof-Zqx",
    "first name": "Jehanne-Zqx",
    "last name": "Tartempion-Zqx",
    "town": "Brive-sur-Zqx",
    "mail": "radegonde.zqx",
    "event mail": "clodomir.zqx",
    "event link": "https://zqx.example/jeton-de-clodomir",
    "event type": "ouvert-zqx",
    "event message": "boîte pleine de Zqx",
    "lost value": "pas-un-nombre-zqx",
    "number": "06 98 41 57 24",
}
NAMELESS = ";".join(OTHERS[name] for name in ("first name", "last name", "town")) + "\nA;B;C\n"
WITH_MORE = """
---
type: pipelines.components.ImportModel
attributes: {name: growing, file: "growing*.csv", mapping: {Rubis: stones}, missing_columns: warn}
""" + "".join(
    f"---\ntype: pipelines.components.ImportModel\nattributes: {{name: {action}, file: '{action}*.csv', action: {action}}}\n"
    for action in get_args(Action)
)


def with_more(assets: Path) -> None:
    """Two selects that grow, a text, and a model for each action."""
    base, models = assets / "base" / "defs.yaml", assets / "imports" / "defs.yaml"
    more = (
        "    - {name: step, label: Étape, format: single_select, values: [Un, Deux], unknown_values: add}\n"
        "    - {name: stones, label: Pierres, format: multi_select, values: [Jade], unknown_values: add}\n"
        "    - {name: remark, label: Remarque, format: text}\n"
    )
    base.write_text(base.read_text().rstrip("\n") + "\n" + more)
    models.write_text(models.read_text().rstrip("\n") + WITH_MORE)


def nothing_told(house: House) -> bool:
    return places_of({*OTHERS.values(), "+33698415724"}, house.layout.dagster) == {}


def test_a_value_that_an_import_adds_is_a_persons_value(house: House) -> None:
    """FLD-3 `add`: what a cell holds is not declared by being there; declared values are shown."""
    house.redeclare(with_more)
    head = f"Email;Étape;Rubis;Pierres : {OTHERS['added cross']};Jade"
    for name, step in (("growing-1", "added value"), ("growing-2", "changed value")):
        lines = f"{head}\na@ex.fr;{OTHERS[step]};X;X;X\nb@ex.fr;Deux;;;\n"
        assert house.imported(write(house, f"{name}.csv", lines), "growing").success
    assert house.results[-1].changed_fields == {"step": 1}
    assert house.results[-1].problems["cell"].to_list() == [OTHERS["changed value"]]
    assert house.run("refresh_segments").success
    to = house.layout.data / "x.csv"
    config = {"audience": "all_contacts", "fields": "email,step,stones", "format": "csv", "to": str(to)}
    assert house.run("export_on_demand", run_config={"ops": {"write_export": {"config": config}}}).success
    assert OTHERS["changed value"] in to.read_text()
    assert nothing_told(house)
    [before, after] = (result.stored for result in house.results)
    assert before is not None
    assert after is not None
    shown = [masked(frame, house.workspace.declarations.base).row(0) for frame in (before, after)]
    assert [[cell for cell in row if cell and "•••" in cell][1:] for row in shown] == [["•••", "Jade, •••, •••"]] * 2


@pytest.mark.parametrize("action", some(["upsert", "suppress", *get_args(Action)], 2))
def test_whatever_is_wrong_with_the_key_of_a_file_is_told_without_it(house: House, action: str) -> None:
    """IMP-6, IMP-10: rows that lack the key or repeat it; no column for it, by path and from the inbox; no header at all."""
    house.redeclare(with_more)
    known = f"{OTHERS['mail']}@ex.fr"
    assert house.imported(write(house, "growing-1.csv", f"Email;Prénom;Remarque\n{known};Anne;X\n"), "growing").success
    rows = "".join(f"{key};{OTHERS['first name']}\n" for key in (known, "", known, OTHERS["number"], f"x.{known}"))
    assert house.imported(write(house, f"{action}-1.csv", f"Email;Prénom\n{rows}"), action).success
    for number, content in enumerate((f"Prénom\n{OTHERS['first name']}\n", NAMELESS), start=2):
        assert not house.imported(write(house, f"{action}-{number}.csv", content), action).success
        folder = house.layout.inbox / action
        folder.mkdir(parents=True, exist_ok=True)
        write(house, f"{action}-{number}-dropped.csv", content + "\n").rename(folder / f"{action}-{number}.csv")
    assert house.run("import_inbox").success
    assert list((house.layout.inbox / action).iterdir()) == [], "refused, not left to be tried for ever"
    assert [result.status for result in house.results[2:]] == ["refused"] * 4
    assert nothing_told(house)


def test_the_names_of_a_file_without_a_header_stay_with_the_operator(house: House) -> None:
    """Nothing in the first row looks like an address or a number, but no header is one that anybody knows."""
    ended = house.imported(write(house, "newsletter-nameless.csv", NAMELESS))
    assert not ended.success
    [result] = house.results
    assert f"Found: '{OTHERS['first name']}', '{OTHERS['last name']}'" in result.listed_problems()[0]["message"]
    assert result.report is not None
    assert OTHERS["first name"] in result.report.read_text()
    told = refusal(result, ("crm@example.org",)).body
    assert "Found: 'J•••', 'T•••', 'B•••'" in told
    assert not [value for value in OTHERS.values() if value in told]
    assert nothing_told(house)


def test_a_refused_change_of_a_format_or_of_the_key_names_no_value(house: House) -> None:
    """FLD-5, IMP-6: each refusal has the values for whoever asked, and ids for the storage."""
    house.redeclare(with_more)
    content = f"Email;Prénom;Portable;Remarque\n{OTHERS['mail']}@ex.fr;{OTHERS['first name']};;{OTHERS['lost value']}\n"
    assert house.imported(write(house, "growing-1.csv", content), "growing").success
    house.redeclare(lambda assets: replaced(assets, "Remarque, format: text", "Remarque, format: number"))
    assert not house.imported(write(house, "growing-2.csv", content), "growing").success
    house.redeclare(lambda assets: replaced(assets, "Remarque, format: number", "Remarque, format: text"))
    house.redeclare(lambda assets: replaced(assets, "key: email", "key: mobile"))
    assert not house.imported(write(house, "growing-3.csv", content), "growing").success
    said = places_of(["would lose the values of 1 contact", "uniqueness key cannot change"], house.layout.dagster)
    assert len(said) == 2
    assert nothing_told(house)


def replaced(assets: Path, old: str, new: str) -> None:
    base = assets / "base" / "defs.yaml"
    text = base.read_text()
    assert old in text
    base.write_text(text.replace(old, new))


def test_no_value_of_a_person_stands_in_a_run_over_events(house: House) -> None:
    """BHV-1: good events, refused ones, a file without a header, one that is no Parquet at all."""
    mail, link, message = (OTHERS[name] for name in ("event mail", "event link", "event message"))
    head = "id;campaign;email;event;ts;url;message"
    rows = (
        f"1;Soldes;{mail}@ex.fr;open;2026-01-01T10:00:00Z;{link};{message}",
        f"2;Soldes;{mail}@ex.fr;{OTHERS['event type']};2026-01-01T10:00:00Z;{link};{message}",
        f"3;Soldes;{mail};open;{OTHERS['town']};{link};{message}",
    )
    files = {
        "events-1.csv": "\n".join((head, *rows)) + "\n",
        "events-2.csv": "\n".join((*rows, "")),
        "events-3.csv": NAMELESS,
        "events-4.csv": f"{OTHERS['first name']};{OTHERS['first name']}\nA;B\n",
        "events-5.parquet": "\n".join(rows),
        "events-6.ndjson": "\n".join(rows),
        "events-7.ndjson": f'{{"{OTHERS["first name"]}": {{"a": 1}}, "event": "open", "ts": "2026-01-01"}}\n',
    }
    for name, content in files.items():
        house.imported(write(house, name, content), "esp_events")
    statuses = [result.status for result in house.results if result.model == "esp_events"]
    assert statuses == ["imported", "refused", "refused", "refused", "refused", "refused", "refused"]
    assert nothing_told(house)


def test_the_names_of_columns_of_events_are_shown_where_the_file_has_a_header(house: House) -> None:
    """A file with known columns says what it has instead of a missing one; without a header, that stays with the operator."""
    contents = ("id;campaign;email;event;horodatage;url;message\n1;a;b;c;d;e;f\n", NAMELESS)
    told = [
        evaluation.description
        for number, content in enumerate(contents)
        for evaluation in house.imported(
            write(house, f"events-{number}.csv", content), "esp_events"
        ).get_asset_check_evaluations()
        if not evaluation.passed
    ]
    assert "'horodatage'" in told[0]
    assert "Found: 'J•••', 'T•••', 'B•••'" in told[1]
    named, nameless = house.results
    assert (named.hidden, nameless.hidden) == ((), tuple(NAMELESS.splitlines()[0].split(";")))
    assert f"Found: '{OTHERS['first name']}', '{OTHERS['last name']}'" in nameless.as_json()["problems"][0]["message"]
    assert nothing_told(house)


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
