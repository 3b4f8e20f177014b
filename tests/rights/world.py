"""An account that two people came into by every road: one is erased, the other must be found by the same search."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.cli.main import run
from pipelines.cli.running import run_job, watched_workspace
from pipelines.delivery.memory import Memory
from pipelines.imports.intake import ImportRequest
from pipelines.layout import Layout
from tests.orchestration.stored import folded, holdings, readings
from tests.workbooks import xlsx, zipped

DECLARATIONS = """\
type: pipelines.components.ContactBase
attributes:
  fields:
    - {name: birth_date, label: Date de naissance, format: date}
    - {name: customer_id, label: N° client, format: text, unique: true}
---
type: pipelines.components.ImportModel
attributes: {name: clients, file: "clients*", mapping: {Note: null}}
---
type: pipelines.components.EventImport
attributes:
  name: mails
  file: "mails*.ndjson"
  channel: email
  mapping: {id: event_id, campaign: operation, email: email, event: type, ts: occurred_at}
---
type: pipelines.components.Export
attributes: {name: everybody, fields: [contact_id, email, mobile, last_name, customer_id]}
---
type: pipelines.components.Export
attributes: {name: tabbed, format: txt, excel: true}
---
type: pipelines.components.Export
attributes: {name: packed, format: parquet, fields: [email, mobile, last_name]}
---
type: pipelines.components.Export
attributes: {name: names, fields: [last_name]}
"""
PERSON, OTHER = "zoe.quillfeather@exemple.fr", "bob.keepermann@exemple.fr"
FORMER = "z.quill@exemple.fr"
STRANGER = "pending.someone@exemple.fr"
OF_PERSON = [PERSON, FORMER, "98 76 54 32", "Quillfeather", "ZQ-77481"]
OF_OTHER = [OTHER, "11 22 33 44", "Keepermann", "BK-10015"]
_HEADER = "Email;Nom;Mobile;N° client;Date de naissance;Note\n"
_ZOE = "{mail};Quillfeather;06 98 76 54 32;ZQ-77481;{born};\n"
_BOB = "Bob.Keepermann@Exemple.fr;Keepermann;06 11 22 33 44;BK-10015;{born};\n"


def both(mail: str = FORMER, born: str = "1985-02-03", header: str = _HEADER) -> str:
    return header + _ZOE.format(mail=mail, born=born) + _BOB.format(born=born)


def carnet(*arguments: object, code: int = 0) -> None:
    assert run([str(argument) for argument in arguments]) == code


def inbox(layout: Layout, model: str, name: str, content: str | bytes) -> Path:
    path = layout.inbox / model / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def event(name: str, mail: str, kind: str = "opened") -> str:
    return f'{{"id": "{name}", "campaign": "Soldes", "email": "{mail}", "event": "{kind}", "ts": "2026-03-04T10:00:00Z"}}\n'


def fill(layout: Layout) -> None:
    """Every road that a person may take into an account."""
    layout.assets.mkdir(parents=True)
    (layout.assets / "defs.yaml").write_text(DECLARATIONS)
    carnet("import", "--model", "clients", inbox(layout, "clients", "clients-1.csv", both()))
    sheet = [["Email", "Nom"], [FORMER.upper(), "Quillfeather"], [OTHER, "Keepermann"]]
    files: dict[str, str | bytes] = {
        "clients-2.csv": both(born="31/02/1985"),
        "clients-3.csv": both().replace("Nom;", "Nom très;").encode("cp1252"),
        "clients-4.xlsx": xlsx(Feuil1=sheet),
        "clients-5.zip": zipped({"list.csv": both(born="1986-01-01")}),
    }
    outside = layout.data.parent / "clients-6.csv"
    outside.write_text(both(born="1987-01-01"))
    with watched_workspace() as (workspace, _):
        for name, content in files.items():
            workspace.take(ImportRequest(str(inbox(layout, "clients", name, content)), "clients"))
        workspace.take(ImportRequest(str(outside), "clients"))
        workspace.take(ImportRequest(str(outside), "clients", preview=True, force=True))
        workspace.undo(5)
        workspace.edit_contact(FORMER, {"email": PERSON})
        workspace.edit_contact(OTHER, {"company": f"chez {PERSON}"})
        mails = [event("e1", FORMER), event("e2", OTHER), event("e3", PERSON, "clicked"), event("e4", STRANGER)]
        mails += [event("e5", PERSON, "danced"), event("e6", OTHER, "danced")]
        workspace.take(ImportRequest(str(inbox(layout, "mails", "mails-1.ndjson", "".join(mails))), "mails"))
        for name in ("tabbed", "packed", "names"):
            workspace.export(workspace.declarations.export(name))
        for key, name in ((PERSON, "Zoé"), (OTHER, "Robert")):
            config = {"ops": {"edit": {"config": {"key": key, "fields": {"first_name": name}}}}}
            run_job(workspace, "edit_contact", config=config)
    search = layout.data.parent / "search.yaml"
    search.write_text("criteria: [{field: last_name, op: is_not_empty}]\n")
    carnet("search", search)
    carnet("export", "everybody")
    _leave_by_hand(layout)


def _leave_by_hand(layout: Layout) -> None:
    """What other rooms keep: deltas of exports, notices, a judge's log, a base that was set aside."""
    kept = layout.exports / ".kept" / "everybody" / "1.parquet"
    kept.parent.mkdir(parents=True)
    with closing(duckdb.connect(str(layout.published), read_only=True)) as connection:
        connection.sql("SELECT contact_id, last_name AS cells FROM contacts").pl().write_parquet(kept)
        aside = layout.base.with_name("carnet.2026-01-01T000000.duckdb")
        aside.write_bytes(layout.published.read_bytes())
    with Memory.open(layout) as memory:
        memory.tell("INSERT INTO notices VALUES (?, '[]', ?, ?, 0, NULL)", [("n", PERSON, f"{PERSON} {OTHER}")])
    (layout.data / "cache" / "judge").mkdir(parents=True, exist_ok=True)
    (layout.data / "cache" / "judge" / "judge.log").write_text(f"{PERSON} and {OTHER}\n")


def places(values: list[str], data: Path) -> dict[str, set[str]]:
    """Where each value stands under `data`, however it is written and packed."""
    wanted = {value: folded(value) for value in values}
    found: dict[str, set[str]] = {}
    for place, bare in (*_raw(data), *((place, folded(text)) for place, text in _decoded(data))):
        for value, form in wanted.items():
            if form in bare:
                found.setdefault(value, set()).add(place)
    return found


def _raw(data: Path) -> Iterator[tuple[str, str]]:
    """The bytes of each file, capitals, blanks and the zeros of UTF-16 aside."""
    for path in sorted(found for found in data.rglob("*") if found.is_file()):
        yield str(path.relative_to(data)), path.read_bytes().lower().translate(None, b" \t\r\n\0").decode("latin-1")


def _decoded(data: Path) -> Iterator[tuple[str, str]]:
    for room in ("dagster", "automation"):
        yield from ((f"{room}/{place}", text) for place, text in holdings(data / room))
    for path in sorted(found for found in data.rglob("*") if found.is_file()):
        place, content = str(path.relative_to(data)), path.read_bytes()
        if content[8:12] == b"DUCK":
            yield from ((f"{place}: {table}", text) for table, text in _tables(path))
        elif content[:4] == b"PAR1":
            yield place, str(pl.read_parquet(path).to_dicts())
        elif content[:2] == b"PK":
            yield from ((place, text) for text in _parts(content))


def _tables(path: Path) -> Iterator[tuple[str, str]]:
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        names = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        for schema, name in names:
            yield name, str(connection.execute(f'FROM "{schema}"."{name}"').fetchall())


def _parts(content: bytes) -> Iterator[str]:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            yield from readings(archive.read(name))


def rows(layout: Layout, query: str) -> list[Any]:
    with closing(duckdb.connect(str(layout.published), read_only=True)) as connection:
        return connection.execute(query).fetchall()


def whole(layout: Layout) -> None:
    """Every database of the account can be read."""
    for path in layout.data.rglob("*.db"):
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
