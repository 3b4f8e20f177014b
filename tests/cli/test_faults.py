"""Faults of the machine are told as what they are: exit code 3, what stands, what to do, and no traceback (issue 16)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import SAMPLES, Terminal, settle

CRM = SAMPLES / "crm-2026-11.txt"
STOOD = "Nothing that was asked for was committed"


def half(good: bytes) -> bytes:
    return good[: len(good) // 2]


def garbage(good: bytes) -> bytes:
    return b"\x93garbage" * 10_000


def empty(good: bytes) -> bytes:
    return b""


def another_version(good: bytes) -> bytes:
    return good[:12] + b"\xff\0\0\0\0\0\0\0" + good[20:]


def zeroed(good: bytes) -> bytes:
    return good[:200_000] + b"\0" * (len(good) - 200_000)


def fault(terminal: Terminal, *command: object) -> dict[str, Any]:
    """The error of a command that fails by the machine's fault."""
    terminal.capture.readouterr()
    told = terminal.json(*command, code=3)["error"]
    assert "fault of Carnet" not in told["message"] + told["hint"]
    assert "did not foresee" not in told["hint"]
    assert "Traceback" not in terminal.capture.readouterr().err
    return told


@pytest.mark.parametrize("spoil", [half, garbage, empty, another_version, zeroed])
def test_a_damaged_base_is_told_and_left_as_it_is(filled: Terminal, spoil: Any) -> None:
    base = filled.folder / "data" / "base" / "carnet.duckdb"
    bad = spoil(base.read_bytes())
    base.write_bytes(bad)
    told = fault(filled, "contact", "set", "zoe@exemple.fr", "first_name=Zoé")
    assert "damaged" in told["message"]
    assert STOOD in told["message"]
    assert "carnet base adopt --from-copy" in told["hint"]
    assert base.read_bytes() == bad
    assert filled.json("base", "adopt", "--from-copy")["adopted"]
    filled.carnet("contact", "set", "zoe@exemple.fr", "first_name=Zoé")


def test_a_damaged_storage_of_dagster_is_made_anew(filled: Terminal) -> None:
    storage = filled.folder / "data" / "dagster" / "history"
    for name in ("runs.db", "runs/index.db"):
        (storage / name).write_bytes(b"garbage" * 1000)
    filled.capture.readouterr()
    filled.carnet("import", CRM)
    assert [path.read_bytes()[:7] for path in sorted(storage.rglob("*.damaged-*"))] == [b"garbage"] * 2
    assert len(filled.json("imports")) == 2


def test_a_lock_that_is_a_folder(filled: Terminal) -> None:
    lock = filled.folder / "data" / "base" / "writer.lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    told = fault(filled, "import", CRM)
    assert "writer.lock is a folder, where a file belongs" in told["message"]
    assert STOOD in told["message"]


def test_what_was_committed_before_a_fault_is_told(filled: Terminal) -> None:
    """The publication is in the way, not the import: whoever asked must not take it for lost, nor import it again."""
    copy = filled.folder / "data" / "contacts.duckdb"
    copy.unlink()
    (copy / "in the way").mkdir(parents=True)
    told = fault(filled, "import", CRM)
    assert "contacts.duckdb is a folder" in told["message"]
    assert "Import 2 (crm-2026-11.txt) is committed" in told["message"]
    assert STOOD not in told["message"]
    shutil.rmtree(copy)
    filled.carnet("segments", "--refresh")
    assert len(filled.json("imports")) == 2


@pytest.fixture
def cramped(
    tmp_path: Path, imported_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Terminal]:
    """The account after its first import, on a disk of its own of 60 MB."""
    settle(tmp_path, monkeypatch)
    data = tmp_path / "data"
    data.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(data)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may mount no small disk, so that a full one cannot be tried")
    try:
        shutil.copytree(imported_data / "one", data, dirs_exist_ok=True)
        yield Terminal(tmp_path, capsys)
    finally:
        subprocess.run(["umount", "--lazy", str(data)], check=True)


def test_a_full_disk_is_told_and_the_base_stays(cramped: Terminal) -> None:
    data = cramped.folder / "data"
    fill = data / "fill"
    with fill.open("wb") as file:
        file.write(b"\0" * shutil.disk_usage(data).free)
    for command in (
        ["import", CRM],
        ["contact", "set", "zoe@exemple.fr", "first_name=Zoé"],
        ["export", "--audience", "all_contacts", "--to", data / "exports" / "x.csv"],
        ["purge", "all_contacts", "--yes"],
    ):
        told = fault(cramped, *command)
        assert "no room left" in told["message"].lower(), told
        assert "committed" in told["message"], told
    fill.unlink()
    cramped.carnet("import", CRM)
    assert [row["import_id"] for row in cramped.json("imports")] == [2, 1]


def test_a_traceback_is_for_who_asks_for_it(filled: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    (filled.folder / "data" / "base" / "carnet.duckdb").write_bytes(b"x" * 5000)
    asked = ("contact", "set", "zoe@exemple.fr", "first_name=Zoé")
    assert "Traceback" not in filled.carnet(*asked, code=3)
    monkeypatch.setenv("CARNET_DEBUG", "1")
    assert "Traceback" in filled.carnet(*asked, code=3)


def test_a_backup_that_finds_no_room_leaves_nothing(filled: Terminal) -> None:
    """SEC-5."""
    disk = filled.folder / "backups"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may mount no small disk, so that a full one cannot be tried")
    try:
        told = fault(filled, "backup", disk / "one")
        assert "No space left on device" in told["message"]
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_an_erasure_that_finds_no_room_is_gone_on_with(cramped: Terminal) -> None:
    """EXP-9: it is told, and the next command that finds room finishes it."""
    data = cramped.folder / "data"
    [person] = cramped.json("sql", "SELECT email FROM contacts ORDER BY contact_id LIMIT 1")
    fill = data / "fill"
    with fill.open("wb") as file:
        file.write(b"\0" * (shutil.disk_usage(data).free - 200_000))
    told = fault(cramped, "contact", "erase", person["email"])
    assert "no room left" in told["message"].lower() or "the next command goes on with it" in told["hint"], told
    fill.unlink()
    cramped.carnet("segments", "--refresh")
    found = cramped.json("sql", f"SELECT count(*) AS there FROM contacts WHERE email = '{person['email']}'")
    assert found == [{"there": 0}]
    refused = cramped.json("contact", "set", person["email"], "first_name=Zoé", code=1)
    assert "erased" in refused["error"]["message"]
