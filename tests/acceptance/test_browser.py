"""The main job as an operator sees it: files dropped in the inbox, watched in a real browser against `make ui`.

`CARNET_SCREENSHOTS=docs/images` keeps the pictures of the documentation.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.browser import Browser, open_browser
from tests.acceptance.ui import FINISHED, ROOT, Ui, until

SAMPLES = ROOT / "data" / "samples"
GOOD, CRM = SAMPLES / "newsletter-2026-11.csv", SAMPLES / "crm-2026-11.txt"
BAD = SAMPLES / "refused" / "newsletter-trailing-separators.csv"
LATE = "Email;Prénom;Portable;Perle;Diamant\nzoe.lambert@exemple.fr;Zoé;06 12 34 90 01;X;\n"
REASON = "3 lines (2, 3, 4) end in separators that are too many"
GROUPS = "/asset-groups?expanded=" + "%2C".join(f"global%40global%3A{name}" for name in ("imports", "base", "exports"))
FILE_PARTITIONS = "/assets/newsletter/file?view=partitions"
CHECK = "/assets/newsletter/file?view=checks&checkDetail=trailing_separators"
GREEN = sorted(["inbox", *2 * ["file", "rows", "outcomes"], "contacts", "published_base", "base_totale", "paris_perle"])


@pytest.fixture
def ui(shop) -> Iterator[Ui]:
    running = Ui(shop)
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
def browser(ui: Ui, tmp_path: Path) -> Iterator[Browser]:
    with open_browser(ui.url, tmp_path) as opened:
        yield opened


def partition(name: str, content: bytes) -> str:
    """What an import's partition is called (docs/dagster.md)."""
    return f"{name}-{hashlib.sha256(content).hexdigest()[:12]}"


GOOD_KEY, CRM_KEY = partition(GOOD.name, GOOD.read_bytes()), partition(CRM.name, CRM.read_bytes())
BAD_KEY, LATE_KEY = partition(BAD.name, BAD.read_bytes()), partition("newsletter-late.csv", LATE.encode())


def picture(browser: Browser, shop, name: str) -> None:
    """Keep the window for the documentation, where that is asked for."""
    if folder := os.environ.get("CARNET_SCREENSHOTS"):
        browser.save(ROOT / folder / f"{name}.png", hide=shop.data.parent)


def see_the_asset_graph(browser: Browser) -> None:
    browser.go("/asset-groups")
    browser.reads("Global asset lineage", "imports", "base", "segments", "exports")
    browser.click("Hide navigation", "//button")
    browser.go(GROUPS)
    browser.reads(
        "inbox", "file", "rows", "outcomes", "contacts", "published_base", "base_totale", "paris_perle", "bons_clients"
    )


def see_verdicts(browser: Browser, **colours: str) -> None:
    """The check's own view of the partitions: each keeps its colour, whatever came later."""
    browser.go(CHECK)
    browser.reads("Latest execution")
    browser.click("Partitions", "//button[@role='tab']")
    for key, colour in colours.items():
        browser.turns({"good": GOOD_KEY, "bad": BAD_KEY, "late": LATE_KEY}[key], colour)


def test_dropped_files_are_seen_from_the_inbox_to_the_export(shop, ui: Ui, browser: Browser) -> None:
    ui.drop(GOOD, GOOD.name)
    ui.drop(CRM, CRM.name, "crm")
    see_the_asset_graph(browser)

    browser.go(FILE_PARTITIONS)
    browser.turns(GOOD_KEY, "green")
    browser.choose(GOOD_KEY)
    browser.reads("dagster/row_count", "import_inbox", "imported")
    for asset in ("newsletter/rows", "newsletter/outcomes"):
        browser.go(f"/assets/{asset}?view=partitions")
        browser.turns(GOOD_KEY, "green")
    browser.go("/assets/crm/outcomes?view=partitions")
    browser.turns(CRM_KEY, "green")
    assert len([run for run in ui.runs() if run["jobName"] == "import_inbox"]) == 1, "files that wait share a run"
    see_the_assets_green(browser, shop)

    ui.drop(BAD, BAD.name)
    browser.go(CHECK)
    browser.reads(REASON, "Failed", BAD_KEY, "newsletter-trailing-separators.mended.csv", seconds=90)
    see_verdicts(browser, good="green", bad="red")

    ui.drop(LATE, "newsletter-late.csv")
    browser.go(FILE_PARTITIONS)
    browser.turns(LATE_KEY, "green")
    see_verdicts(browser, good="green", bad="red", late="green")
    browser.choose(BAD_KEY)
    browser.reads(REASON, "Failed", "newsletter-trailing-separators.mended.csv")
    picture(browser, shop, "check-refused")

    written = shop.data / "exports" / "base_totale.csv"
    until(lambda: written.exists() and "zoe.lambert@exemple.fr" in written.read_text(), "the export follows the base")
    until(ui.at_rest, "the runs end")
    browser.go("/assets/exports/base_totale?view=events")
    browser.reads("Materialized in run", "dagster/row_count", "exports/base_totale.csv")
    counted = shop.sql("SELECT count(*) FROM contacts")[0][0]
    assert len(written.read_text().splitlines()) == counted + 1
    see_the_partitions(browser, shop)
    assert shop.temporary_files() == []


def see_the_assets_green(browser: Browser, shop) -> None:
    """The whole lineage, its groups opened: what was dropped has come through to the exports that follow the base."""
    browser.driver.set_window_size(1800, 800)
    browser.go(GROUPS)
    until(lambda: browser.green_assets() == GREEN, f"the assets {GREEN} turn green", 90)
    picture(browser, shop, "asset-graph")
    browser.driver.set_window_size(1800, 1100)


def see_the_partitions(browser: Browser, shop) -> None:
    browser.driver.set_window_size(1800, 740)
    browser.go(f"{FILE_PARTITIONS}&partition={GOOD_KEY}")
    browser.turns(LATE_KEY, "green")
    assert browser.dot(BAD_KEY) not in ("", "green")
    browser.reads("dagster/row_count")
    picture(browser, shop, "partitions")


def test_a_partition_is_imported_from_the_ui_as_from_the_command_line(shop, ui: Ui, browser: Browser) -> None:
    ui.drop(GOOD, GOOD.name)
    ui.wait_taken(ui.drop(LATE, "newsletter-late.csv"))
    browser.go("/")

    materialize(ui, browser)
    last, *_ = shop.carnet("imports")
    assert (last["file"], last["status"], last["rows"]) == (GOOD.name, "imported", 60), "A, B, A imports three times"
    assert last["inserted"] == 0
    known = len(shop.carnet("imports"))

    materialize(ui, browser)
    assert len(shop.carnet("imports")) == known, "the model's last import already: skipped"
    browser.go(f"/assets/newsletter/rows?view=partitions&partition={GOOD_KEY}")
    browser.turns(GOOD_KEY, "green")
    browser.reads("skipped")
    see_verdicts(browser, good="green", late="green")


def materialize(ui: Ui, browser: Browser) -> dict[str, Any]:
    """Press « Materialize » on a partition of newsletter/rows and wait for its run to succeed."""
    before = {run["runId"] for run in ui.runs()}
    browser.go(f"/assets/newsletter/rows?view=partitions&partition={GOOD_KEY}")
    browser.turns(GOOD_KEY, "green")
    browser.reads("dagster/row_count")
    browser.click("Materialize…", "//button")
    browser.click("Confirm", "//button")
    browser.reads("Launch 1 run")
    browser.click("Launch 1 run", "//button")

    def ended() -> dict[str, Any] | None:
        # Exports that follow the base are runs of the same job: this one alone is of the partition.
        ours = {"key": "dagster/partition", "value": GOOD_KEY}
        started = [run for run in ui.runs() if run["runId"] not in before and ours in run["tags"]]
        return next((run for run in started if run["status"] in FINISHED), None)

    run = until(ended, "the run started from the UI ends", 90)
    assert run["status"] == "SUCCESS", run
    return run
