"""Publications: which snapshot of each table makes the base of one generation, noted last of all: whole, or not there.

Iceberg commits a table at a time. What a publication is stands in a table of its own: readers take the snapshots that the last row
of it names, or an older row (as-of), whatever the tables' heads are. Belongs here: that table. Does not: what it names.
"""

# pyright: reportMissingTypeStubs=false
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.base.identity import Mark
from pipelines.errors import UsageError
from pipelines.lake.catalogs import NAMESPACE
from pipelines.lake.contents import PART, Bounds
from pipelines.language import say

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

_NAME = "publications"
PARTS = "parts"
HELD = "held_events"
"""The events that the base holds in the lake: of a publication, they are its events too."""
GENERATION = "carnet.generation"
"""The property of a snapshot that says of which generation it is."""
_PROPERTIES = {
    # What lies in manifests is read by nobody who may not read the data, but an erasure would have to look for it there.
    "write.metadata.metrics.default": "none",
    f"write.metadata.metrics.column.{PART}": "full",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "5",
    "commit.manifest-merge.enabled": "true",
}


@dataclass(frozen=True)
class Publication:
    """The base of one generation: table → its snapshot (None: no row yet)."""

    mark: Mark
    published_at: datetime
    snapshots: Mapping[str, int | None]
    bounds: Bounds

    def as_json(self) -> dict[str, Any]:
        """As `carnet lake --json` lists it."""
        return {
            "generation": self.mark.generation,
            "published_at": self.published_at,
            "snapshots": dict(self.snapshots),
        }


def publications(catalog: Catalog) -> list[Publication]:
    """Every publication that can be read, newest first."""
    table = table_named(catalog, _NAME)
    if table is None or table.current_snapshot() is None:
        return []
    rows = table.scan().to_arrow().sort_by([("published_at", "descending")]).to_pylist()
    return [
        Publication(
            Mark(row["identity"], row["generation"]),
            row["published_at"],
            json.loads(row["snapshots"]),
            Bounds(row["imports_bound"], row["days_bound"]),
        )
        for row in rows
    ]


def chosen(catalog: Catalog, generation: int | None = None) -> Publication:
    """The last publication, or the last one that is not newer than `generation`; UsageError where there is none."""
    known = publications(catalog)
    if not known:
        raise UsageError(say("Nothing is published in the lake yet."), say("`carnet lake publish` does it."))
    fitting = [each for each in known if generation is None or each.mark.generation <= generation]
    if not fitting:
        oldest = known[-1].mark.generation
        raise UsageError(
            say("The lake has no publication of generation {generation} or before.", generation=generation),
            say("The oldest one that it keeps is of generation {oldest}; `carnet lake` lists them.", oldest=oldest),
        )
    return fitting[0]


def note(catalog: Catalog, publication: Publication) -> None:
    """Note a publication: from now on it is the last one."""
    import pyarrow as pa

    rows = pa.table(_columns([publication]), schema=_schema())
    ensured(catalog, _NAME, rows.schema).append(rows, snapshot_properties=generation_property(publication.mark))


def keep_alone(catalog: Catalog, kept: list[Publication]) -> None:
    """Forget all publications but these."""
    import pyarrow as pa

    rows = pa.table(_columns(kept), schema=_schema())
    ensured(catalog, _NAME, rows.schema).overwrite(rows)


def generation_property(mark: Mark) -> dict[str, str]:
    """What a snapshot says of itself."""
    return {GENERATION: str(mark.generation)}


def _columns(publications: list[Publication]) -> dict[str, list[Any]]:
    return {
        PART: [0 for _ in publications],
        "generation": [each.mark.generation for each in publications],
        "identity": [each.mark.identity for each in publications],
        "published_at": [each.published_at for each in publications],
        "snapshots": [json.dumps(dict(each.snapshots)) for each in publications],
        "imports_bound": [each.bounds.imports for each in publications],
        "days_bound": [each.bounds.days for each in publications],
    }


def _schema() -> Any:
    import pyarrow as pa

    number, text = pa.int64(), pa.string()
    return pa.schema(
        [
            (PART, number),
            ("generation", number),
            ("identity", text),
            ("published_at", pa.timestamp("us", "UTC")),
            ("snapshots", text),
            ("imports_bound", number),
            ("days_bound", number),
        ]
    )


def table_named(catalog: Catalog, name: str) -> Table | None:
    """The table of that name as it stands now, None where there is none."""
    from pyiceberg.exceptions import NoSuchTableError

    try:
        return catalog.load_table((NAMESPACE, name))
    except NoSuchTableError:
        return None


def ensured(catalog: Catalog, name: str, schema: Any) -> Table:
    """The table of that name, made where there is none: of that Arrow schema, a file a part."""
    found = table_named(catalog, name)
    if found is not None:
        return found
    made = catalog.create_table((NAMESPACE, name), schema=schema, properties=_PROPERTIES)
    with made.update_spec() as spec:
        spec.add_identity(PART)
    return made
