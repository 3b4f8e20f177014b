"""A process that lasts reads each publication as soon as it is there, while others still read the former one."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.base.copies import SharedCopy


def write(path: Path, number: int) -> None:
    aside = path.with_suffix(".new")
    with duckdb.connect(str(aside)) as connection:
        connection.execute(f"CREATE TABLE t AS SELECT {number} AS n")
    aside.replace(path)


def test_a_reader_keeps_its_copy_and_the_next_one_has_the_new(tmp_path: Path) -> None:
    path = tmp_path / "contacts.duckdb"
    write(path, 1)
    shared = SharedCopy(path, tmp_path / "tmp")
    with shared.read() as first:
        write(path, 2)
        with shared.read() as second:
            assert second.execute("FROM t").fetchall() == [(2,)]
        assert first.execute("FROM t").fetchall() == [(1,)]
    with shared.read() as third:
        assert third.execute("FROM t").fetchall() == [(2,)]
