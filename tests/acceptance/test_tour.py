"""`make run`: the tour over the sample files ends well, and a second one imports nothing twice."""

from __future__ import annotations

import subprocess
import sys

from tests.acceptance.conftest import ROOT, Shop

GOOD = 6
"""Two contact files and four files of events."""


def tour(shop: Shop) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli.tour"],
        cwd=ROOT,
        env=shop.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tour_twice(shop: Shop) -> None:
    first = tour(shop)
    contacts = shop.sql("SELECT count(*), count(DISTINCT email) FROM contacts")
    imported = shop.sql("SELECT status, count(*) FROM imports GROUP BY ALL ORDER BY ALL")
    assert (contacts, imported) == ([(71, 71)], [("imported", GOOD), ("refused", 1)])
    exported = (shop.data / "exports" / "base_totale.csv").read_text(encoding="utf-8").splitlines()
    assert len(exported) == 72
    assert "Windows-1252" in first
    assert "curieux_a_relancer" in first
    assert "operation Soldes d'hiver" in first

    shared = [path for path in shop.data.rglob("*") if path.lstat().st_mode & 0o077 and not path.is_symlink()]
    assert [path for path in shared if not path.is_relative_to(shop.data / "inbox")] == [], "SEC-5"

    second = tour(shop)
    assert second.count("Skipped:") == GOOD
    assert shop.sql("SELECT count(*), count(DISTINCT email) FROM contacts") == contacts
    assert shop.sql("SELECT count(*) FROM imports WHERE status = 'imported'") == [(GOOD,)]
