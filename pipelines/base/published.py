"""Reading the published copy: what commands that only look at something need, and little else is imported for it.

Belongs here: a session for reading. Does not: writing (`store`), making the copy (`publishing`).
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from pipelines.base.held import folders as held_folders
from pipelines.base.settings import settle_results
from pipelines.base.statements import literal
from pipelines.base.stopping import stoppable
from pipelines.errors import EnvironmentFaultError, UsageError
from pipelines.language import say


@contextmanager
def read_published(path: Path, *folders: Path) -> Generator[duckdb.DuckDBPyConnection]:
    """The published copy, read-only, without access to anything outside it but in `folders`; UsageError where there is none yet.

    What events lie in, where the base holds any in files of its lake, is of the copy.
    """
    if not path.exists():
        raise UsageError(
            say("There is no base yet."),
            say("Import a file first: `carnet import FILE --model MODEL`, or `make run`."),
        )
    with session(open_copy(path)) as connection:
        confine(connection, *folders, *held_folders(connection))
        yield connection


def open_copy(path: Path) -> duckdb.DuckDBPyConnection:
    """The copy at that path, as it is; EnvironmentFaultError where it does not open."""
    try:
        return duckdb.connect(str(path), read_only=True)
    except (duckdb.IOException, duckdb.SerializationException) as error:
        raise EnvironmentFaultError(
            say("The published copy {path} does not open: it is damaged or not Carnet's.", path=path),
            say("`carnet segments --refresh` writes it anew from the base."),
        ) from error


def confine(connection: duckdb.DuckDBPyConnection, *folders: Path) -> None:
    """From now on, and for good, the connection reads and writes files in those folders alone."""
    listed = ", ".join(literal(str(folder)) for folder in folders)
    connection.execute(f"SET allowed_directories = [{listed}]; SET enable_external_access = false")


@contextmanager
def session(connection: duckdb.DuckDBPyConnection) -> Generator[duckdb.DuckDBPyConnection]:
    """The connection, closed at the end: results depend on nothing else than the base, and Ctrl-C stops what it runs."""
    with closing(connection):
        settle_results(connection)
        with stoppable(connection):
            yield connection
