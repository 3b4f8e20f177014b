"""`kill -9` of one of three imports that want the base, at random moments: the others end as if it had never been, or had ended.

`CARNET_KILLS=200` tries so many moments; by default there are a few.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

from tests.acceptance.conftest import CARNET, Shop
from tests.acceptance.test_kill import file_of

KILLS = int(os.environ.get("CARNET_KILLS", "4"))
SEED = int(os.environ.get("CARNET_SEED", "16"))
_ROWS = 50
_LIMIT = 240


def test_nothing_is_lost_nor_doubled_nor_waits_for_ever(shop: Shop) -> None:
    drawn = random.Random(SEED)
    shop.carnet("import", shop.write(file_of(2), "newsletter-0.csv"), "--model", "newsletter")
    for turn in range(KILLS):
        files = [shop.write(file_of(_ROWS, 1000 * (3 * turn + n + 1)), f"newsletter-{turn}-{n}.csv") for n in range(3)]
        victim, after = drawn.randrange(3), drawn.uniform(0, 12)
        running = [_started(shop, file) for file in files]
        time.sleep(after)
        os.killpg(running[victim].pid, signal.SIGKILL)
        for number, each in enumerate(running):
            out, err = each.communicate(timeout=_LIMIT)
            assert number == victim or each.returncode == 0, f"turn {turn}, {after:.2f} s, {number}: {out}{err}"
        _as_if_whole(shop, files, victim, f"turn {turn}: number {victim} was killed after {after:.2f} s")
    shop.carnet("import", shop.write(file_of(1, 900_000), "newsletter-last.csv"), "--model", "newsletter")
    assert shop.temporary_files() == []


def _started(shop: Shop, file: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [CARNET, "import", str(file), "--model", "newsletter", "--json"],
        env=shop.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _as_if_whole(shop: Shop, files: list[Path], victim: int, told: str) -> None:
    """Each file has all of its contacts and one import; that of the killed one has so too, or nothing."""
    for number, file in enumerate(files):
        # A killed import that was committed is published by the run that comes after it.
        first = 1000 * (3 * int(file.stem.split("-")[1]) + number + 1)
        query = f"SELECT count(*) FROM contacts WHERE regexp_extract(email, '[0-9]+')::INTEGER - {first} BETWEEN 0 AND {_ROWS - 1}"
        [(contacts,)] = shop.sql(query)
        [(imports,)] = shop.sql(f"SELECT count(*) FROM imports WHERE file = '{file.name}' AND status = 'imported'")
        allowed = [(_ROWS, 1), (0, 0)] if number == victim else [(_ROWS, 1)]
        assert (contacts, imports) in allowed, f"{told}: {file.name}"
    assert shop.sql("SELECT count(*) - count(DISTINCT email) FROM contacts") == [(0,)], told
