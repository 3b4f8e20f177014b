"""Taking another base for this account's, the published copy, or an empty one: for who means it (`carnet base adopt`).

Belongs here: what is set aside, what the adopted base is given. Does not: noticing that something is wrong (`identity`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

import duckdb

from pipelines.base.held import hide, holds
from pipelines.base.identity import Mark, mark_of, published_mark, what_is_wrong
from pipelines.base.publishing import publish
from pipelines.base.statements import first_row
from pipelines.base.store import Connection, Store, migrate, open_base
from pipelines.errors import UsageError
from pipelines.language import say
from pipelines.layout import Layout
from pipelines.syncing import sync

Start = Literal["there", "copy", "empty"]


@dataclass(frozen=True)
class Adopted:
    """What was found, what was kept aside, and how many contacts the base has now; `changed` is False where all was in order."""

    found: str
    kept: tuple[Path, ...]
    contacts: int
    changed: bool


def adopt(store: Store, start: Start = "there") -> Adopted:
    """Go on with the base that lies `there`, with the published `copy` as the base, or with an `empty` one; publishes it.

    What it takes the place of is kept beside the base, under a name with the date: the copy too, unless it is what goes on. The
    adopted base gets an identity of its own, so that the one that it replaces is noticed, should it come back. UsageError where
    there is nothing to adopt, EnvironmentFaultError where it does not open: nothing is changed then.
    """
    layout = store.layout
    with store.alone() as scratch:
        copy = published_mark(layout.published)
        if start == "there":
            found = _look(layout)
            if found is None:
                return Adopted(
                    say("The base is this account's: there is nothing to adopt."), (), _contacts(layout), changed=False
                )
        else:
            found = _told(layout, start, copy)
        counters = _counters(layout.published) if copy else {}
        kept = _make_room(layout, scratch, start)
        with open_base(layout, whatever_it_is=True) as connection:
            hide(connection)  # Of the published copy, `main.events` may be a view.
            migrate(connection)
            _sign(connection, counters)
            connection.execute("CHECKPOINT")
            publish(layout.base, layout.published, scratch, anew=True, holding=holds(connection))
            return Adopted(found, kept, _count(connection), changed=True)


def _look(layout: Layout) -> str | None:
    """What is wrong with the base that lies there, and can be adopted; None where it is the right one."""
    if not layout.base.exists():
        raise UsageError(
            say("There is no base at {base} to adopt.", base=layout.base),
            say(
                "Put one there; or `--from-copy` goes on from the published copy, `--empty` begins without any contact."
            ),
        )
    with open_base(layout, whatever_it_is=True, checkpoint=False) as connection:
        if mark_of(connection) is None:
            raise UsageError(
                say("{base} is a DuckDB file, but no base of Carnet: it cannot be adopted.", base=layout.base),
                say(
                    "`--from-copy` goes on from the published copy, `--empty` begins without any contact; the file is kept "
                    "aside."
                ),
            )
        return what_is_wrong(connection, layout)


def _told(layout: Layout, start: Start, copy: Mark | None) -> str:
    if start == "copy" and copy is None:
        raise UsageError(
            say("There is no published copy at {copy} that opens.", copy=layout.published),
            say("`--empty` begins without any contact."),
        )
    what = say("A file lay in the base's place.") if layout.base.exists() else say("The base was missing.")
    if copy is None:
        return what
    return f"{what} {say('The published copy holds what stood after {changes} changes.', changes=copy.generation)}"


def _counters(published: Path) -> Mapping[str, int]:
    with duckdb.connect(str(published), read_only=True, config={"enable_external_access": "false"}) as connection:
        return dict(connection.execute("SELECT name, value FROM main.counters").fetchall())


def _make_room(layout: Layout, scratch: Path, start: Start) -> tuple[Path, ...]:
    """Whatever goes on in its place; what was kept of the rest."""
    kept = (_keep_copy(layout),) if start != "copy" and layout.published.exists() else ()
    if start == "there":
        return kept
    restored = scratch / layout.base.name
    if start == "copy":
        # First whole and on disk, then the place is cleared: a full disk leaves all as it was.
        shutil.copyfile(layout.published, restored)
        restored.chmod(0o600)
        sync(restored)
    kept = (*_set_aside(layout), *kept)
    if start == "copy":
        restored.replace(layout.base)
        sync(layout.base.parent)
    return kept


def _set_aside(layout: Layout) -> tuple[Path, ...]:
    """What lies in the base's place, with its log, under names with the date."""
    logged = layout.base.with_name(layout.base.name + ".wal")
    aside = _aside(layout, layout.base.stem)
    moved = [
        (path, aside.with_name(aside.name + end))
        for path, end in ((layout.base, ""), (logged, ".wal"))
        if path.exists()
    ]
    for path, place in moved:
        path.replace(place)
    return tuple(place for _, place in moved)


def _keep_copy(layout: Layout) -> Path:
    place = _aside(layout, layout.published.stem)
    try:
        os.link(layout.published, place)  # The publication replaces the name, not the file.
    except OSError:
        shutil.copyfile(layout.published, place)
    return place


def _aside(layout: Layout, stem: str) -> Path:
    return layout.base.with_name(f"{stem}.{datetime.now(UTC):%Y-%m-%dT%H%M%S.%f}.duckdb")


def _sign(connection: Connection, counters: Mapping[str, int]) -> None:
    """A new identity; and numbers go on behind those that the copy knew, for none is given twice (contact ids, imports)."""
    connection.begin()
    connection.execute("UPDATE main.settings SET value = ? WHERE name = 'identity'", [str(uuid4())])
    for name, value in counters.items():
        connection.execute("UPDATE main.counters SET value = greatest(value, ?) WHERE name = ?", [value, name])
    connection.execute("UPDATE main.counters SET value = value + 1 WHERE name = 'generation'")
    connection.commit()


def _contacts(layout: Layout) -> int:
    with open_base(layout) as connection:
        return _count(connection)


def _count(connection: Connection) -> int:
    row = first_row(connection, "SELECT count(*) FROM main.contacts")
    return row[0] if row else 0
