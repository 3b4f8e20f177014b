"""`kill -9` of a whole import, at any moment: before or after, never between; and the next run works at once."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.acceptance.conftest import CARNET, Shop

ROWS = 40_000
HEADER = "Email;Prénom;Portable;Perle;Diamant\n"


def file_of(count: int, first: int = 0) -> str:
    rows = (f"client{n}@exemple.fr;Prénom {n};06{n % 100_000_000:08d};X;\n" for n in range(first, first + count))
    return HEADER + "".join(rows)


MOMENTS = {
    "while it starts": ("Starting", 0.5),
    "while Dagster loads": ("Loading Dagster", 0.5),
    "while the file is read": ("read", 0.0),
    "while rows are cleaned": ("clean", 0.0),
    "while contacts are merged": ("merge", 0.0),
    "while the merge is committed": ("merge", 0.4),
    "while segments are counted": ("Counting segments", 0.0),
    "while the copy is published": ("Publishing", 0.0),
}
"""What the terminal shows when the import is killed, and how many seconds after."""


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
def test_a_killed_import_leaves_the_base_before_or_after(shop: Shop, moment: tuple[str, float]) -> None:
    small = shop.write(file_of(3, first=1_000_000), "newsletter-small.csv")
    shop.carnet("import", small, "--model", "newsletter")
    before = shop.sql("SELECT count(*) FROM contacts")[0][0]
    large = shop.write(file_of(ROWS), "newsletter-large.csv")

    kill_at(shop, moment, "import", str(large), "--model", "newsletter")

    counts = {row[0]: row[1] for row in shop.sql("SELECT table_name, estimated_size FROM duckdb_tables()")}
    assert counts["contacts"] in (before, before + ROWS)
    third = shop.write(file_of(1, first=2_000_000), "newsletter-third.csv")
    done = shop.carnet("import", third, "--model", "newsletter")
    assert done["inserted"] == 1
    after = shop.sql("SELECT count(*) FROM contacts")[0][0]
    assert after in (before + 1, before + 1 + ROWS)
    if moment[0] in ("Counting segments", "Publishing"):
        assert after > before + 1, "what was committed stays"
    assert shop.sql("SELECT count(*) - count(DISTINCT email) FROM contacts") == [(0,)]
    imported = shop.sql("SELECT count(*) FROM imports WHERE file = 'newsletter-large.csv'")[0][0]
    assert imported == (1 if after > before + 1 else 0), "the history says the same as the contacts"
    assert shop.temporary_files() == []


@pytest.mark.parametrize("moment", ["purge: writing", "Purging", "Counting segments"])
def test_a_killed_purge_deletes_those_whom_its_archive_holds_or_nobody(shop: Shop, moment: str) -> None:
    """EXP-8."""
    shop.carnet("import", shop.write(file_of(ROWS // 4), "newsletter-1.csv"), "--model", "newsletter")
    kill_at(shop, (moment, 0.02), "purge", "sms_contacts", "--yes")
    shop.carnet("segments", "--refresh")
    [(left,)] = shop.sql("SELECT count(*) FROM contacts")
    assert left in (0, ROWS // 4)
    archives = shop.sql("SELECT file, deleted FROM imports WHERE action = 'purge'")
    assert len(archives) == (left == 0)
    done = shop.carnet("purge", "all_contacts", "--yes")
    folder = Path(done["archive"]).parent
    assert len(list(folder.iterdir())) == 2 * (1 + len(archives)), "a killed purge leaves no archive of its own"
    for name, deleted in archives:
        assert (folder / name).read_text(encoding="utf-8").count("\n") == deleted + 1
    assert shop.temporary_files() == []


def kill_at(shop: Shop, moment: tuple[str, float], *arguments: str) -> None:
    """Run a command on a terminal, and kill its whole process group once the terminal has shown that."""
    shown, pause = moment
    ours, its = pty.openpty()
    running = subprocess.Popen(
        [CARNET, *arguments],
        env=shop.environment | {"TERM": "xterm"},
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    seen = b""
    while shown.encode() not in seen:
        seen += os.read(ours, 65_536)
    time.sleep(pause)
    os.killpg(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL, seen.decode()
    os.close(ours)
