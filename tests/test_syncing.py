"""One helper brings files to the disk, and whoever renames a file onto another uses it (EXP-4, SEC-1)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import duckdb
import pytest

from pipelines.base.hash_key import HashKey
from pipelines.base.publishing import publish
from pipelines.exports.placing import manifest_path, place_pair
from pipelines.layout import ROOT
from pipelines.syncing import sync, write_aside

OTHERS_FILES = "delivery"
"""The room that writes while it receives: it syncs the stream that it holds open."""


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The files and folders that were synced, as device and inode."""
    found: list[tuple[int, int]] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        about = os.fstat(descriptor)
        found.append((about.st_dev, about.st_ino))

    monkeypatch.setattr(os, "fsync", fsync)
    return found


def identity(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_dev, about.st_ino


def test_files_and_folders_are_synced(tmp_path: Path, synced: list[tuple[int, int]]) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x")
    sync(file)
    sync(tmp_path)
    assert synced == [identity(file), identity(tmp_path)]
    with pytest.raises(FileNotFoundError):
        sync(tmp_path / "missing")


def test_whatever_is_renamed_into_place_was_synced_with_its_folder(
    tmp_path: Path, synced: list[tuple[int, int]]
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (tmp_path / "base").mkdir()
    base = tmp_path / "base.duckdb"
    base.write_bytes(b"base")
    publish(base, tmp_path / "published" / "contacts.duckdb", scratch)
    for name in ("new.csv", "manifest"):
        (scratch / name).write_bytes(b"a;b")
    place_pair(scratch / "new.csv", scratch / "manifest", tmp_path / "exports" / "new.csv")
    write_aside(scratch, tmp_path / "rejects" / "1" / "a.rejects.csv", b"a;b")
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE main.settings (name VARCHAR, value VARCHAR)")
        HashKey(tmp_path / "base" / "hash.key").bind(connection)
    written = [
        tmp_path / "published" / "contacts.duckdb",
        tmp_path / "exports" / "new.csv",
        manifest_path(tmp_path / "exports" / "new.csv"),
        tmp_path / "base" / "hash.key",
        tmp_path / "rejects" / "1" / "a.rejects.csv",
    ]
    for path in written:
        assert stat.S_ISREG(path.stat().st_mode)
        assert identity(path) in synced, path.name
        assert identity(path.parent) in synced, f"the folder of {path.name}"


def test_nothing_else_syncs_by_itself() -> None:
    sources = [path for path in (ROOT / "pipelines").rglob("*.py") if path.parent.name != OTHERS_FILES]
    syncing = [path.name for path in sources if "os.fsync" in path.read_text(encoding="utf-8")]
    assert syncing == ["syncing.py"]
