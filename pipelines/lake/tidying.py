"""Compaction and expiry: old parts put together, former publications let go of with the files that they alone had (LAK-1, EXP-9).

Belongs here: what goes, and when. Does not: writing (`publishing`), nor who is erased: an erasure lets go of all before it.
"""

# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

import duckdb

from pipelines.base.locking import exclusive
from pipelines.declarations.model import ContactBase
from pipelines.lake.catalogs import NAMESPACE, declared_lake, open_catalog, telling_faults
from pipelines.lake.contents import GROUPED_DAYS, GROUPED_IMPORTS, Bounds
from pipelines.lake.held import at_snapshot
from pipelines.lake.publications import HELD, keep_alone, publications
from pipelines.lake.publishing import Published, publish_lake
from pipelines.language import say
from pipelines.layout import Layout
from pipelines.syncing import sync

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

_WAIT_SECONDS = 600.0
_OWED = "former-publications-are-to-go"
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Tidied:
    """What tidying did: `published` the base with its old parts together, then publications and files that went.

    `gathered`: small files of held events that were put together.
    """

    published: Published
    publications: int
    files: int
    gathered: int = 0

    def as_json(self) -> dict[str, Any]:
        """As `carnet lake --compact --json` prints it."""
        figures = {"expired": self.publications, "files_removed": self.files, "held_files_gathered": self.gathered}
        return {**self.published.as_json(), **figures}


def compact(connection: duckdb.DuckDBPyConnection, base: ContactBase, layout: Layout, at: datetime) -> Tidied:
    """Publish with the old imports and days put together; let go of publications that are older than the lake keeps them."""
    published = publish_lake(connection, base, layout, _bounds(connection, at))
    return _tidied(base, layout, published, at - timedelta(days=declared_lake(base).keep_days))


def forget_former(connection: duckdb.DuckDBPyConnection, base: ContactBase, layout: Layout) -> Tidied:
    """Publish the base as it is now and let go of all that was before: nothing of who was erased stays (EXP-9).

    Where the lake is away or the process dies, it is owed until it is done (`is_owed`).
    """
    owed = layout.lake / _OWED
    owed.parent.mkdir(parents=True, exist_ok=True)
    owed.touch()
    sync(owed.parent)
    published = publish_lake(connection, base, layout)
    tidied = _tidied(base, layout, published, datetime.now(UTC))
    owed.unlink()
    return tidied


def is_owed(layout: Layout) -> bool:
    """Whether somebody was erased whom former publications still hold."""
    return (layout.lake / _OWED).exists()


def _bounds(connection: duckdb.DuckDBPyConnection, at: datetime) -> Bounds:
    """Whole thousands of imports, and whole months of days, that are over."""
    [(last,)] = connection.execute("SELECT coalesce(max(import_id), 0) FROM main.imports").fetchall()
    days = int(at.timestamp()) // _DAY_SECONDS
    return Bounds(last // GROUPED_IMPORTS * GROUPED_IMPORTS, days // GROUPED_DAYS * GROUPED_DAYS)


def _tidied(base: ContactBase, layout: Layout, published: Published, before: datetime) -> Tidied:
    lake = declared_lake(base)
    with exclusive(layout.lake / "publishing.lock", say("the tidying of the lake"), _WAIT_SECONDS), telling_faults():
        catalog = open_catalog(lake, layout)
        gone = _forget(catalog, before)
        files = 0
        for name in catalog.list_tables(NAMESPACE):
            table = catalog.load_table(name)
            if name[-1] == HELD:
                # What a killed process wrote may hold somebody who was erased since.
                table = at_snapshot(table, publications(catalog)[0].snapshots.get(HELD))
            _expire(table, {snapshot for each in publications(catalog) for snapshot in each.snapshots.values()})
            files += _sweep(catalog.load_table(name))
    return Tidied(published, gone, files)


def _forget(catalog: Catalog, before: datetime) -> int:
    """Let go of publications from before that instant, but for the last one; how many."""
    known = publications(catalog)
    kept = [each for number, each in enumerate(known) if number == 0 or each.published_at >= before]
    if len(kept) < len(known):
        keep_alone(catalog, kept)
    return len(known) - len(kept)


def _expire(table: Table, named: set[int | None]) -> None:
    """Let go of the snapshots that no publication names; the head stays."""
    head = table.current_snapshot()
    kept = {*named, None if head is None else head.snapshot_id}
    going = [snapshot.snapshot_id for snapshot in table.snapshots() if snapshot.snapshot_id not in kept]
    if going:
        table.maintenance.expire_snapshots().by_ids(going).commit()


def _sweep(table: Table) -> int:
    """Remove the files that nothing of the table names any more, those of a killed publication too; how many."""
    named = set(map(_plain, _named(table)))
    from pyiceberg.io.pyarrow import PyArrowFileIO

    files = table.io
    if not isinstance(files, PyArrowFileIO):
        return 0
    from pyarrow import fs

    scheme, netloc, path = PyArrowFileIO.parse_location(table.location())
    system = files.fs_by_scheme(scheme, netloc)
    found = system.get_file_info(fs.FileSelector(unquote(path), recursive=True, allow_not_found=True))
    going = [each.path for each in found if each.is_file and _plain(each.path) not in named]
    for each in going:
        system.delete_file(each)
    return len(going)


def _named(table: Table) -> Iterator[str]:
    """Every file that the table needs: of its data, of its snapshots, of itself."""
    yield table.metadata_location
    yield from (each.metadata_file for each in table.metadata.metadata_log)
    for snapshot in table.snapshots():
        yield snapshot.manifest_list
        for manifest in snapshot.manifests(table.io):
            yield manifest.manifest_path
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                yield entry.data_file.file_path


def _plain(address: str) -> str:
    """The place without what names the file system, which is written in several ways."""
    parsed = urlparse(address)
    return str(PurePosixPath("/", unquote(parsed.netloc + parsed.path).lstrip("/")))
