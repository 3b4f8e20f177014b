"""Errors of the system and of libraries, told as what they are (issue 16)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import EnvironmentFaultError, UsageError
from pipelines.faults import DamagedError, NoMemoryError, NoRightsError, NoRoomError, as_fault, is_damaged_sqlite


def full(folder: Path) -> None:
    with Path("/dev/full").open("wb", buffering=0) as file:
        file.write(b"x")


def no_memory_in_duckdb(folder: Path) -> None:
    with duckdb.connect(config={"memory_limit": "4MB", "temp_directory": ""}) as connection:
        connection.execute("CREATE TABLE t AS SELECT range::VARCHAR || repeat('x', 100) AS a FROM range(1000000)")


def no_memory_in_python(folder: Path) -> None:
    bytearray(1 << 62)


def damaged_sqlite(folder: Path) -> None:
    (folder / "runs.db").write_bytes(b"garbage" * 1000)
    with closing(sqlite3.connect(folder / "runs.db")) as connection:
        connection.execute("SELECT * FROM runs")


def damaged_duckdb(folder: Path) -> None:
    (folder / "carnet.duckdb").write_bytes(b"garbage" * 1000)
    duckdb.connect(str(folder / "carnet.duckdb"))


def no_rights(folder: Path) -> None:
    raise PermissionError(13, "Permission denied", str(folder))


CASES = {
    "full": (full, NoRoomError),
    "duckdb-memory": (no_memory_in_duckdb, NoMemoryError),
    "python-memory": (no_memory_in_python, NoMemoryError),
    "damaged-sqlite": (damaged_sqlite, DamagedError),
    "damaged-duckdb": (damaged_duckdb, DamagedError),
    "rights": (no_rights, NoRightsError),
}


@pytest.mark.parametrize(("fails", "told"), CASES.values(), ids=CASES)
def test_a_fault_of_the_machine_is_recognised_behind_other_errors(
    tmp_path: Path, fails: Callable[[Path], None], told: type[Exception]
) -> None:
    with pytest.raises(ValueError, match="outer") as caught:
        try:
            fails(tmp_path)
        except Exception as error:
            raise ValueError("outer") from error
    fault = as_fault(caught.value)
    assert type(fault) is told
    assert fault.hint
    assert is_damaged_sqlite(caught.value) == (fails is damaged_sqlite)


def test_what_is_no_fault_of_the_machine_is_none() -> None:
    assert as_fault(ValueError("no space left on device, says a cell of a file")) is None


def test_an_error_of_ours_tells_more_than_what_is_behind_it() -> None:
    """A file that is not there is a usage error, though the system said so first."""
    error, behind = UsageError("There is no file."), FileNotFoundError(2, "No such file")
    error.__cause__ = behind
    assert as_fault(error) is None
    lock = EnvironmentFaultError("Held by marie.")
    lock.__cause__ = behind
    assert as_fault(lock) is lock
