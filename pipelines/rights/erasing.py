"""Erasing one person everywhere (EXP-9): the list first, then every file, then the base, which is written anew.

What is known of the person stands in the base until all else is done: after a kill at any moment the list says that an erasure was
begun, the base whose it was, and the next command goes on. Belongs here: the order. Does not: any of its steps.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.base.locking import LockHeldError
from pipelines.base.published import read_published
from pipelines.base.statements import records, statement
from pipelines.base.store import Connection, Store, Writer, everything
from pipelines.contacts.erased import enter_erased
from pipelines.declarations.model import Declarations
from pipelines.environment import DAGSTER_POSTGRES
from pipelines.fields import fold
from pipelines.language import mark, say
from pipelines.layout import Layout
from pipelines.rights import journal
from pipelines.rights.people import Person, find_person, person_of, traces_of
from pipelines.rights.recognising import recognised
from pipelines.rights.rewriting import is_base, rewrite_aside, rewrite_base
from pipelines.rights.sqlite_stores import Dagster
from pipelines.rights.stores import Found, Left, backups, clean_folders
from pipelines.rights.tables import recall_rows, remove_rows, told_rows
from pipelines.traces.person import Traces
from pipelines.traces.texts import decoded

_DEFINED = {
    "searches": mark("search {name}"),
    "exports": mark("export {name}"),
    "segment_definitions": mark("segment {name}"),
    "fields": mark("list of values of {name}"),
}


@dataclass(frozen=True)
class Erased:
    """What was erased: the contact, where it was one; how many things went from each store; what is left to be seen to."""

    contact_id: int | None
    stores: Mapping[str, int]
    left: tuple[Left, ...]

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON of `erase`, and `left`."""
        return {
            "contact_id": self.contact_id,
            "stores": dict(self.stores),
            "left": [each.as_json() for each in self.left],
        }


def erase(store: Store, declarations: Declarations, key: str) -> Erased:
    """Erase the person whom `key` names. To be called by who does not hold the base.

    UsageError where nobody is called so (`people.find_person`); nothing is changed then.
    """
    with store.alone() as scratch:
        with store.write_within(scratch) as writer, everything(writer) as connection:
            person = find_person(connection, declarations.base, key)
            _require_heard_of(writer, store, person, key)
            hashes = person.hashes(writer.hash_key)
        name = journal.begin(store.layout, hashes, store.who)
        found = _erase(store, declarations, person, hashes, scratch)
        journal.end(store.layout, name, store.who)
    return Erased(person.contact_id, dict(sorted((+found.stores).items())), tuple(found.left))


def _require_heard_of(writer: Writer, store: Store, person: Person, key: str) -> None:
    """UsageError for an address of which nothing speaks: it was mistyped, or there is nothing to erase."""
    from pipelines.contacts.finding import unknown_contact
    from pipelines.rights.recognising import is_heard_of

    if not person.contact_ids and not is_heard_of(writer, store.layout, person):
        raise unknown_contact(key)


def finish(store: Store, declarations: Declarations) -> int:
    """Go on with erasures that a kill cut short; how many. Nothing is done where somebody is at work: it may be one of them."""
    if not journal.unfinished(store.layout):
        return 0
    try:
        with store.alone(0) as scratch:
            begun = journal.unfinished(store.layout)
            _erase_again(store, declarations, begun, scratch)
            return len(begun)
    except LockHeldError:
        return 0


def reapply(store: Store, declarations: Declarations) -> int:
    """Erase again whoever the list says was erased: for a base that was restored from before; how many erasures stand.

    To be called by who does not hold the base, before anything else opens it. The key of keyed hashes must be the one of then.
    """
    standing = journal.erasures(store.layout)
    if standing:
        with store.alone() as scratch:
            _erase_again(store, declarations, standing, scratch)
    return len(standing)


def _erase_again(store: Store, declarations: Declarations, erasures: Iterable[journal.Erasure], scratch: Path) -> None:
    erasures = list(erasures)
    hashes: dict[str, list[str]] = {}
    for each in erasures:
        for kind, digests in each.hashes.items():
            hashes.setdefault(kind, []).extend(digests)
    hashes = {kind: sorted(set(digests)) for kind, digests in hashes.items()}
    with store.write_within(scratch) as writer, everything(writer):
        person = recognised(writer, store.layout, hashes)
    _erase(store, declarations, person, hashes, scratch)
    for each in erasures:
        if not each.done:
            journal.end(store.layout, each.name, each.who)


def _erase(store: Store, declarations: Declarations, person: Person, hashes: journal.Hashes, scratch: Path) -> Found:
    """All that is to be done once the list says so; done again, it finds nothing more to do."""
    found, layout, at = Found(), store.layout, datetime.now(UTC)
    with store.write_within(scratch) as writer:
        # From here on nothing that names the person comes in.
        with writer.transaction() as connection:
            enter_erased(connection, hashes, store.who, at)
        traces = traces_of(writer.connection, person, declarations, ours=False)
        ours = traces_of(writer.connection, person, declarations, ours=True)
        found.left += _elsewhere(writer.connection, declarations, person, layout.data)
        found.left += _definitions(writer.connection, layout.assets, traces)
    if not ours.is_empty:
        clean_folders(layout, traces, ours, _sure(declarations), scratch, found)
        runs, going = _remove_runs(layout, traces, person)
        found.stores["dagster"] += runs + _mask_logs(layout.dagster, traces, scratch)
        why = say("the run names the person and is still going: erase again once it ended")
        found.left += [Left("run", run, why) for run in going]
        _clean_asides(store, person, declarations, scratch, found)
    with store.write_within(scratch) as writer, writer.transaction() as connection:
        recall_rows(connection, store.elsewhere, person, ours)
        found.stores += remove_rows(connection, person, ours)
        _follow_exports(connection, found)
        # What else the list said of these addresses goes with them.
        enter_erased(connection, hashes, store.who, at)
    rewrite_base(layout, scratch)
    _clean_lake(store, found)
    found.left += [*backups(layout), *_shared(person)]
    return found


def _clean_lake(store: Store, found: Found) -> None:
    """The lake without the person, and without any publication of before; where it is away, the next run does it."""
    base, layout = store.contact_base, store.layout
    if base.lake is None:
        if layout.lake.exists():
            why = "a lake that is declared no longer: delete it yourself"
            found.left.append(Left("unsearchable", str(layout.lake), why))
        return
    from pipelines.lake.catalogs import LakeFaultError
    from pipelines.lake.tidying import forget_former

    try:
        with read_published(layout.published) as connection:
            found.stores["lake"] += forget_former(connection, base, layout).files
    except LakeFaultError as error:
        why = f"the lake did not answer, and holds the person until the next run that publishes: {error.message}"
        found.left.append(Left("unsearchable", base.lake.warehouse, why))


def _remove_runs(layout: Layout, traces: Traces, person: Person) -> tuple[int, list[str]]:
    """Dagster's own files, and its PostgreSQL database where it has one: what went, and the runs that are still going."""
    runs, going = Dagster(layout.dagster, traces, person.contact_ids).remove()
    if address := os.environ.get(DAGSTER_POSTGRES):
        from pipelines.rights.postgres_stores import remove_from_postgres  # psycopg2, which only such an account has

        more, waiting = remove_from_postgres(address, traces)
        return runs + more, [*going, *waiting]
    return runs, going


def _sure(declarations: Declarations) -> frozenset[str]:
    """Names of the columns that every contact has a value of its own in."""
    base = declarations.base
    fields = [base.field(name) for name in (base.key, "contact_id")]
    return frozenset(fold(name) for field in fields for name in (field.name, *field.labels.all))


def _shared(person: Person) -> list[Left]:
    why = say("another contact has it too, and keeps it: name that contact to erase it")
    return [Left("shared", kind, why) for kind, _ in sorted(person.shared)]


def _follow_exports(connection: Connection, found: Found) -> None:
    for former, (new, rows) in found.rewritten.items():
        connection.execute(
            'UPDATE main.exports SET sha256 = ?, "rows" = "rows" - ? WHERE sha256 = ?', [new, rows, former]
        )


def _definitions(connection: Connection, assets: Path, traces: Traces) -> list[Left]:
    """What people wrote that names the person: it is theirs to change."""
    why = say("it names the person: change it, or leave it, yourself")
    found = [Left("definition", say(_DEFINED[table], name=row), why) for table, row in told_rows(connection, traces)]
    files = [path for path in sorted(assets.rglob("*")) if path.suffix in (".yaml", ".yml", ".sql") and path.is_file()]
    return found + [Left("definition", str(path), why) for path in files if traces.names(decoded(path.read_bytes())[0])]


def _elsewhere(connection: Connection, declarations: Declarations, person: Person, data: Path) -> list[Left]:
    """Files that lie outside `data/`: where they were imported from, where exports went."""
    bound = {"ids": list(person.contact_ids)}
    imported = records(connection.execute(statement("rights/imported_elsewhere"), bound))
    found = [
        Left(
            "elsewhere",
            say("{file} (import {number})", file=each["file"], number=each["import_id"]),
            say("the file was imported by its path, from elsewhere"),
        )
        for each in imported
    ]
    exported = records(connection.execute("SELECT export_id, name, path FROM main.exports ORDER BY export_id"))
    paths = dict.fromkeys(each["path"] for each in exported if not Path(each["path"]).is_relative_to(data))
    found += [Left("elsewhere", path, say("an export that was written outside this account")) for path in paths]
    names = {each["name"] for each in exported}
    found += [
        Left("elsewhere", str(export.deliver), say("where the export {name} is delivered", name=export.name))
        for export in declarations.exports
        if export.deliver and export.name in names
    ]
    return found


def _mask_logs(home: Path, traces: Traces, scratch: Path) -> int:
    """Logs that Dagster keeps beside its databases."""
    from pipelines.sqlite_files import is_sqlite
    from pipelines.traces.files import replace_file
    from pipelines.traces.texts import masked

    count = 0
    for path in sorted(home.rglob("*")):
        if not path.is_file() or path.suffix in (".db", ".db-wal", ".db-shm") or is_sqlite(path):
            continue
        if traces.may_name(path.read_bytes()):
            data, places = masked(path.read_bytes(), traces)
            replace_file(path, data, scratch)
            count += places
    return count


def _clean_asides(store: Store, person: Person, declarations: Declarations, scratch: Path, found: Found) -> None:
    """Bases that were set aside (`carnet base adopt`): each knows the person by its own ids."""
    layout = store.layout
    for path in sorted(layout.base.parent.glob("*.duckdb")):
        if path == layout.base:
            continue
        os.chmod(path, 0o600)
        with closing(duckdb.connect(str(path))) as connection:
            if not is_base(connection):
                continue
            theirs = _known_there(connection, person, declarations)
            traces = traces_of(connection, theirs, declarations, ours=True)
            connection.begin()
            gone = remove_rows(connection, theirs, traces)
            connection.commit()
        found.stores["base"] += sum(gone.values())
        rewrite_aside(path, scratch)


def _known_there(connection: Connection, person: Person, declarations: Declarations) -> Person:
    """The contacts of another base who have one of the person's own addresses as their key."""
    key = declarations.base.key
    query = f"SELECT contact_id FROM main.contacts WHERE list_contains($keys::VARCHAR[], {key})"  # noqa: S608
    ids = [row[0] for row in connection.execute(query, {"keys": sorted(person.of(key))}).fetchall()]
    theirs = person_of(connection, declarations.base, ids, person.addresses)
    return Person(theirs.contact_id, theirs.contact_ids, theirs.addresses | person.addresses)
