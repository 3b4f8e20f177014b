"""What the lake holds and what answers from where, for people (LAK-4). Does not belong here: changing any of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.base.held import held_files
from pipelines.base.identity import Mark, published_mark
from pipelines.base.published import read_published
from pipelines.declarations.model import ContactBase
from pipelines.environment import spark_address, spark_place
from pipelines.lake.catalogs import declared_lake, open_catalog, telling_faults, warehouse_of
from pipelines.lake.publications import Publication, publications
from pipelines.language import mark
from pipelines.layout import Layout

ON_THE_ENGINE = (
    mark("counts of segments"),
    mark("searches"),
    mark("exports"),
    mark("reports of operations"),
    mark("activity"),
)
HERE = (mark("imports"), mark("explanations"), mark("contacts one by one"), mark("raw segments"), mark("SQL"))


@dataclass(frozen=True)
class LakeStatus:
    """Where the lake lies, what it holds (newest first), whether the published copy is newer, and what runs where.

    `held_events`: how many events of the base are there alone (LAK-3).
    """

    catalog: str
    warehouse: str
    engine: str
    published: Mark | None
    publications: list[Publication]
    runs: Mapping[str, str]
    held_events: int = 0

    @property
    def is_behind(self) -> bool:
        """Whether the published copy is another one than the lake's last publication."""
        return self.published is not None and self.published != (
            self.publications[0].mark if self.publications else None
        )

    def as_json(self) -> dict[str, Any]:
        """As `carnet lake --json` prints it."""
        return {
            "catalog": self.catalog,
            "warehouse": self.warehouse,
            "engine": self.engine,
            "behind": self.is_behind,
            "runs": dict(self.runs),
            "held_events": self.held_events,
            "publications": [each.as_json() for each in self.publications],
        }


def engine_of(base: ContactBase) -> str:
    """What answers: duckdb, or Spark at an address (its token is not told), or the one that Carnet starts for itself."""
    address = spark_address()
    if base.lake is not None and address:
        return spark_place(address)
    return "sail" if base.lake is not None and base.lake.engine == "spark" else "duckdb"


def status(base: ContactBase, layout: Layout) -> LakeStatus:
    """How things stand; UsageError where no lake is declared, LakeFaultError where it does not answer."""
    lake, engine = declared_lake(base), engine_of(base)
    with telling_faults():
        known = publications(open_catalog(lake, layout))
    runs: dict[str, str] = {**dict.fromkeys(ON_THE_ENGINE, engine), **dict.fromkeys(HERE, "duckdb")}
    published = published_mark(layout.published)
    return LakeStatus(lake.catalog, warehouse_of(lake, layout), engine, published, known, runs, _held(layout.published))


def _held(published: Path) -> int:
    """How many events the published copy says that the base holds in the lake."""
    if not published.exists():
        return 0
    with read_published(published) as connection:
        return sum(each.events for each in held_files(connection))
