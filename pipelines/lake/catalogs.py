"""The Iceberg catalogue that the base declares: opened, and its faults told as ours.

Belongs here: which catalogue, where its tables lie. Does not: what is published there (`publishing`).
"""

# pyiceberg's own types are partly unknown.
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.declarations.model import ContactBase, Lake
from pipelines.errors import CarnetError, EnvironmentFaultError, UsageError
from pipelines.language import say
from pipelines.layout import Layout

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.io import FileIO

NAMESPACE = "carnet"


class LakeFaultError(EnvironmentFaultError):
    """The lake does not answer, or does not take what is written: the base is as it was."""


def declared_lake(base: ContactBase) -> Lake:
    """The lake of the base; UsageError where it declares none."""
    if base.lake is None:
        raise UsageError(
            say("The base declares no lake."),
            say("Write `lake: {{catalog: sqlite, warehouse: lake}}` in its declaration (docs/lake.md)."),
        )
    return base.lake


def warehouse_of(lake: Lake, layout: Layout) -> str:
    """The address under which the tables lie."""
    if "://" in lake.warehouse:
        return lake.warehouse.rstrip("/")
    return (layout.data / Path(lake.warehouse).expanduser()).resolve().as_uri()


def open_catalog(lake: Lake, layout: Layout) -> Catalog:
    """The catalogue, with our namespace in it; UsageError where what it needs is not installed, LakeFaultError where it is away."""
    with telling_faults():
        try:
            from pyiceberg.catalog import load_catalog  # 2 s of CPU: only for who has a lake
            from pyiceberg.exceptions import NotInstalledError
        except ModuleNotFoundError as error:
            raise missing(error) from error
        layout.lake.mkdir(parents=True, exist_ok=True)
        try:
            catalog = load_catalog(NAMESPACE, **_properties(lake, layout))
        except NotInstalledError as error:
            raise missing(error) from error
        catalog.create_namespace_if_not_exists(NAMESPACE)
    return catalog


def load_io(catalog: Catalog, address: str) -> FileIO:
    """What reads files at such an address, with what the catalogue is told of object stores."""
    from pyiceberg.io import load_file_io

    return load_file_io(catalog.properties, address)


def _properties(lake: Lake, layout: Layout) -> dict[str, str]:
    given = {"warehouse": warehouse_of(lake, layout), **dict(lake.options)}
    if lake.catalog == "sqlite":
        return {"type": "sql", "uri": f"sqlite:///{layout.lake / 'catalog.db'}", **given}
    return {"type": lake.catalog, **given}


def missing(error: Exception) -> UsageError:
    """What is not installed for the lake, and how to have it."""
    return UsageError(
        say("The lake needs what is not installed: {error}", error=str(error)),
        say("Install it: `pip install 'carnet[lake]'`; for Hive or Glue `pip install 'pyiceberg[hive]'` or `[glue]`."),
    )


@contextmanager
def telling_faults() -> Generator[None]:
    """What the catalogue or its files refuse within is a LakeFaultError."""
    try:
        yield
    except CarnetError:
        raise
    except Exception as error:
        # Each catalogue and each file system has errors of its own; Arrow's alone may quote a value of somebody's (SEC-4).
        first = (str(error).splitlines() or [""])[0]
        quotes = type(error).__module__.startswith("pyarrow")
        raise LakeFaultError(
            say("The lake is in the way: {kind}: {error}", kind=type(error).__name__, error="…" if quotes else first),
            say("The base and its published copy are whole. `carnet lake publish` goes on once the lake answers."),
            private=first if quotes else "",
        ) from error
