"""Everything held about one person, as tables (EXP-12): from the published copy, the files that are kept, Dagster's runs.

Belongs here: what is held. Does not: how it is handed over (`dossier`, `page`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.base.hash_key import HashKey
from pipelines.base.statements import identifier, literal, records, statement
from pipelines.contacts.finding import unknown_contact
from pipelines.declarations.model import ContactBase, Declarations
from pipelines.layout import Layout
from pipelines.raw_segments.failing import FAILING
from pipelines.rights.people import Person, find_person, traces_of
from pipelines.rights.sqlite_stores import Dagster
from pipelines.traces.finding import mentions
from pipelines.traces.person import Traces

Rows = list[dict[str, Any]]
_ROOMS = ("inbox", "archive", "refused", "rejects")


@dataclass(frozen=True)
class Held:
    """What is held about a person: `tables` by name, each a list of rows of one shape, in the order of the page."""

    contact_id: int | None
    at: datetime
    tables: Mapping[str, Rows]


def gather(
    connection: duckdb.DuckDBPyConnection, layout: Layout, declarations: Declarations, key: str, at: datetime
) -> Held:
    """Everything about the person whom `key` names; UsageError where nothing is held. `connection`: of the published copy."""
    person = find_person(connection, declarations.base, key)
    traces = traces_of(connection, person, declarations, ours=False)
    ours = traces_of(connection, person, declarations, ours=True)
    bound = {"ids": list(person.contact_ids)}
    tables: dict[str, Rows] = {
        "fields": _fields(connection, person, declarations.base),
        "former_addresses": _ask(connection, "former_addresses", bound),
        "consents": _ask(connection, "consents", bound),
        "suppression": _ask(connection, "suppression", {"hashes": _hashes(layout, person)}),
        "segments": _segments(connection, person, declarations),
        "history": _ask(connection, "history", bound),
        "events": _ask(connection, "events", {**bound, "addresses": sorted(a for _, a in person.addresses)}),
        "imports": _ask(connection, "imports", bound),
        "rejected_rows": _rejected(connection, traces),
        "files": list(_files(layout, traces)),
        "exports": list(_exports(connection, layout, ours)),
        "runs": [{"run": run} for run in Dagster(layout.dagster, traces, person.contact_ids).named_runs()],
    }
    if not any(tables.values()):
        raise unknown_contact(key)
    _with_lines(tables)
    return Held(person.contact_id, at, tables)


def _ask(connection: duckdb.DuckDBPyConnection, name: str, bound: Mapping[str, object]) -> Rows:
    return records(connection.execute(statement(f"rights/{name}"), dict(bound)))


def _fields(connection: duckdb.DuckDBPyConnection, person: Person, base: ContactBase) -> Rows:
    """The contact as it is: a row a field, with its label and, of a state, the label of its value."""
    columns = ", ".join(identifier(field.name) for field in base.fields)
    query = f"SELECT {columns} FROM main.contacts WHERE list_contains(?::BIGINT[], contact_id)"  # noqa: S608
    found: Rows = []
    for contact in records(connection.execute(query, [list(person.contact_ids)])):
        for field in base.fields:
            value = contact[field.name]
            labels = {each.code: each.labels.of(base.locale) for each in field.values}
            shown = ", ".join(value) if isinstance(value, list) else labels.get(value, value)
            found.append({"field": field.name, "label": field.labels.of(base.locale), "value": shown})
    return found


def _hashes(layout: Layout, person: Person) -> list[str]:
    secret = HashKey(layout.base.with_name("hash.key"))
    return [digest for digests in person.hashes(secret).values() for digest in digests]


def _segments(connection: duckdb.DuckDBPyConnection, person: Person, declarations: Declarations) -> Rows:
    """The segments in which the contact is now; of one that fails on the base's values nobody can tell."""
    made = {row[0] for row in connection.execute("SELECT segment FROM main.segment_definitions").fetchall()}
    found: Rows = []
    for segment in declarations.segments:
        if segment.name in made:
            query = (
                f"SELECT {literal(segment.name)} AS segment, {literal(segment.label)} AS label "  # noqa: S608
                f"FROM segments.{identifier(segment.name)} WHERE list_contains(?::BIGINT[], contact_id)"
            )
            try:
                found += records(connection.execute(query, [list(person.contact_ids)]))
            except FAILING:
                continue
    return found


def _rejected(connection: duckdb.DuckDBPyConnection, traces: Traces) -> Rows:
    return [] if traces.portable is None else _ask(connection, "rejected_rows", {"pattern": traces.portable})


def _files(layout: Layout, traces: Traces) -> Iterator[dict[str, Any]]:
    """The files that were taken in and are kept, with the lines that name the person."""
    for room in _ROOMS:
        for path in _kept(layout.data / room):
            if found := mentions(path, traces):
                lines = ", ".join(map(str, found.lines))
                yield {"file": str(path.relative_to(layout.data)), "rows": found.rows, "lines": lines}


def _exports(connection: duckdb.DuckDBPyConnection, layout: Layout, ours: Traces) -> Iterator[dict[str, Any]]:
    """The exports that hold the person, as far as their files are still there."""
    query = "SELECT DISTINCT ON (path) path, name, taken_at, export_id FROM main.exports ORDER BY path, export_id DESC"
    known = {each["path"]: each for each in records(connection.execute(query))}
    places = [*(Path(path) for path in known), *_kept(layout.exports)]
    for path in dict.fromkeys(places):
        if path.is_file() and not path.name.endswith(".manifest.json") and (found := mentions(path, ours)):
            export = known.get(str(path), {})
            told = {name: export.get(name) for name in ("export_id", "name", "taken_at")}
            yield {**told, "file": str(path), "rows": found.rows}


def _kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _with_lines(tables: Mapping[str, Rows]) -> None:
    """The proof of consents, and imports, with the kept file and the lines of it that name the person, where it is kept."""
    partitions = {each["import_id"]: (each["model"], each.pop("partition")) for each in tables["imports"]}
    by_folder = {tuple(Path(each["file"]).parts[:3]): each for each in tables["files"]}
    for name in ("consents", "imports"):
        for row in tables[name]:
            folder = ("archive", *partitions.get(row["import_id"], ("", "")))
            kept = by_folder.get(folder, {})
            row["kept_file"], row["lines"] = kept.get("file"), kept.get("lines")
