"""`kill -9` of a whole import, at any moment: before or after, never between; and the next run works at once."""

from __future__ import annotations

import os
import signal
import time

import pytest

ROWS = 40_000
HEADER = "Email;Prénom;Portable;Perle;Diamant\n"


def file_of(count: int, first: int = 0) -> str:
    rows = (f"client{n}@exemple.fr;Prénom {n};06{n % 100_000_000:08d};X;\n" for n in range(first, first + count))
    return HEADER + "".join(rows)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.75, 0.85, 0.95])
def test_a_killed_import_leaves_the_base_before_or_after(shop, share: float) -> None:
    small = shop.write(file_of(3, first=1_000_000), "newsletter-small.csv")
    shop.carnet("import", small, "--model", "newsletter")
    before = shop.sql("SELECT count(*) FROM contacts")[0][0]
    large = shop.write(file_of(ROWS), "newsletter-large.csv")

    since = time.monotonic()
    shop.carnet("import", small, "--model", "newsletter", "--force")
    usual = time.monotonic() - since

    running = shop.start("import", large, "--model", "newsletter")
    time.sleep(usual * share)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()

    counts = {row[0]: row[1] for row in shop.sql("SELECT table_name, estimated_size FROM duckdb_tables()")}
    assert counts["contacts"] in (before, before + ROWS)
    third = shop.write(file_of(1, first=2_000_000), "newsletter-third.csv")
    done = shop.carnet("import", third, "--model", "newsletter")
    assert done["inserted"] == 1
    after = shop.sql("SELECT count(*) FROM contacts")[0][0]
    assert after in (before + 1, before + 1 + ROWS)
    assert shop.sql("SELECT count(*) - count(DISTINCT email) FROM contacts") == [(0,)]
    imported = shop.sql("SELECT count(*) FROM imports WHERE file = 'newsletter-large.csv'")[0][0]
    assert imported == (1 if after > before + 1 else 0), "the history says the same as the contacts"
    assert shop.temporary_files() == []
