"""Spark over the lake: a session at an endpoint, or at a server of our own, that has one publication's tables (LAK-2).

Belongs here: starting, connecting, which files a table is, Arrow in and out. Does not: what is asked, nor its dialect.
"""

# pysail and pyspark have no type stubs, or partial ones.
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

import os
import socket
import sys
import time
import warnings
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import duckdb

from pipelines.declarations.model import ContactBase
from pipelines.environment import SPARK, spark_address, spark_place
from pipelines.errors import CarnetError, EnvironmentFaultError
from pipelines.lake.catalogs import declared_lake, missing, open_catalog
from pipelines.lake.contents import fold_all
from pipelines.lake.dialect import spark_sql
from pipelines.lake.publications import Publication, chosen
from pipelines.lake.reading import TableFiles, tables_of
from pipelines.language import say
from pipelines.layout import Layout

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession
    from sqlglot import exp


_PORT = 15002
"""Where Spark Connect listens by default."""
_CONNECT_SECONDS = 10.0
_TRIES = 4
"""How often the client asks a server that fell silent, some seconds in all; by itself it would for ten minutes."""


class SparkFaultError(EnvironmentFaultError):
    """Spark does not answer, or failed at what it was asked: a run that it fails asks again."""

    passing = True


@dataclass
class Work:
    """What a session of Spark did: where, as the cluster's own pages name it, and how much."""

    engine: str
    version: str
    session: str
    questions: int = 0
    seconds: float = 0.0
    rows: int = 0

    def as_json(self) -> dict[str, str | int | float]:
        """For whoever looks at a run, and then at the cluster."""
        figures = {"questions": self.questions, "seconds": round(self.seconds, 3), "rows": self.rows}
        named = {"engine": f"Spark {self.version}, {self.engine}", "spark_session": self.session}
        return named | {f"spark_{name}": figure for name, figure in figures.items()}


@dataclass
class SparkEngine:
    """A session that has the tables of one publication; `instant` is what `now()` is in it."""

    session: SparkSession
    publication: Publication | None = None
    instant: datetime = field(default_factory=lambda: datetime.now(UTC))
    work: Work = field(init=False)

    def __post_init__(self) -> None:
        # Its types are those of a session in one process.
        session: Any = self.session
        with _telling_faults():
            address = spark_address()
            self.work = Work(spark_place(address) if address else "Sail", session.version, session.session_id)

    def rows(self, query: exp.Expr) -> pa.Table:
        """What the query yields, in DuckDB's dialect over tables of schema `main`; SparkFaultError where Spark fails."""
        written, asked_at = spark_sql(query, self.instant, _folds), time.monotonic()
        with _telling_faults():
            found = self.session.sql(written).toArrow()
        self.work.questions += 1
        self.work.seconds += time.monotonic() - asked_at
        self.work.rows += found.num_rows
        return found

    def lend(self, name: str, table: pa.Table) -> None:
        """Give the session a table of its own, under that name."""
        from pyspark.sql.pandas.types import from_arrow_schema

        with _telling_faults():
            # Spark infers no column of a table without rows.
            frame = (
                self.session.createDataFrame(table)
                if table.num_rows
                else self.session.createDataFrame([], from_arrow_schema(table.schema))
            )
            frame.createOrReplaceTempView(name)

    def show(self, tables: Iterable[TableFiles]) -> None:
        """Give the session tables of the lake, under their names."""
        with _telling_faults():
            for table in tables:
                if table.files:
                    frame = self.session.read.parquet(*table.files)
                    frame.createOrReplaceTempView(table.name)
                else:
                    self.lend(table.name, table.schema.empty_table())


def _folds(texts: list[str]) -> dict[str, str]:
    with duckdb.connect() as connection:
        return fold_all(connection, texts)


@contextmanager
def engine(base: ContactBase, layout: Layout, generation: int | None = None) -> Generator[SparkEngine]:
    """Spark with the base as last published in the lake, or as of a generation."""
    catalog = open_catalog(declared_lake(base), layout)
    publication = chosen(catalog, generation)
    with connected() as session:
        made = SparkEngine(session, publication)
        made.show(tables_of(catalog, publication))
        yield made


@contextmanager
def connected() -> Generator[SparkSession]:
    """A session at `CARNET_SPARK`, or else at a server that lives as long as it does."""
    address = spark_address()
    with warnings.catch_warnings():
        # It tells of pandas' version, whose part of pyspark is not used.
        warnings.simplefilter("ignore", FutureWarning)
        # Beside what it raises then.
        warnings.filterwarnings("ignore", r"\[RETRIES_EXCEEDED\]", UserWarning)
        try:
            with _as_a_program():
                from pyspark.sql import SparkSession
                from pyspark.sql.connect.client.retries import DefaultPolicy
        except ModuleNotFoundError as error:
            raise missing(error) from error
        with _server(address) as reached, _telling_faults():
            _require_there(reached)
            session: Any = SparkSession.builder.remote(reached).create()
            session.client.set_retry_policies([DefaultPolicy(max_retries=_TRIES)])
            session.conf.set("spark.sql.session.timeZone", "UTC")
            try:
                yield session
            finally:
                session.stop()


@contextmanager
def _as_a_program() -> Generator[None]:
    """While pyspark is loaded: it takes a process whose main module has no file (`python -c`) for its own doctests, and ends it."""
    main: Any = sys.modules["__main__"]
    if hasattr(main, "__file__"):
        yield
        return
    main.__file__ = sys.argv[0]
    try:
        yield
    finally:
        del main.__file__


def _require_there(address: str) -> None:
    """SparkFaultError where nobody listens: the client would try for ten minutes."""
    parsed = urlparse(address)
    place = (parsed.hostname or "", parsed.port or _PORT)
    try:
        socket.create_connection(place, _CONNECT_SECONDS).close()
    except OSError as error:
        raise SparkFaultError(
            say(
                "Nobody listens at {address}: {error}",
                address=spark_place(address),
                error=error.strerror or str(error),
            ),
            say("Start Spark there, or unset {variable}: DuckDB answers then, or Sail.", variable=SPARK),
        ) from error


@contextmanager
def _server(address: str | None) -> Generator[str]:
    if address is not None:
        yield address
        return
    try:
        from pysail.spark import SparkConnectServer
    except ModuleNotFoundError as error:
        raise missing(error) from error
    # Else it tells standard error of each session.
    os.environ.setdefault("RUST_LOG", "off")
    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    try:
        place = server.listening_address
        if place is None:
            raise SparkFaultError(
                say("Sail does not listen."), say("Try again, or name a Spark server in CARNET_SPARK.")
            )
        yield f"sc://{place[0]}:{place[1]}"
    finally:
        server.stop()


@contextmanager
def _telling_faults() -> Generator[None]:
    """What Spark refuses within is a SparkFaultError; what it says besides is for whoever asked."""
    try:
        yield
    except CarnetError:
        raise
    except Exception as error:
        if not type(error).__module__.startswith(("pyspark", "grpc")):
            raise
        raise SparkFaultError(
            say("Spark failed: {kind}.", kind=type(error).__name__),
            say("Look at the cluster, then try again; without CARNET_SPARK and `engine: spark` DuckDB answers."),
            # What it says may quote a value of somebody's (SEC-4).
            private=(str(error).splitlines() or [""])[0],
        ) from None
