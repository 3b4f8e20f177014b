"""The size of a segment as a plot, and the reports of operations, seen in a real browser against `make ui` (SEG-6, BHV-4).

`CARNET_SCREENSHOTS=docs/images` keeps the pictures of the documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from tests.acceptance.browser import Browser, open_browser
from tests.acceptance.test_browser import picture
from tests.acceptance.ui import ROOT, Ui, until

SAMPLES = ROOT / "data" / "samples"
CONTACTS = (SAMPLES / "newsletter-2026-11.csv").read_text(encoding="utf-8").splitlines(keepends=True)
EVENTS = SAMPLES / "events"
SEGMENT = "paris_perle"


@pytest.fixture
def grown(shop) -> Any:
    """A base that three files made larger, then the events of an e-mailing and of an SMS campaign."""
    for rows in (15, 30, len(CONTACTS)):
        shop.carnet("import", shop.write("".join(CONTACTS[: rows + 1]), f"newsletter-{rows}.csv"))
    for name in ("events-2026-11.ndjson", "sms-2026-11.csv"):
        shop.carnet("import", EVENTS / name)
    return shop


@pytest.fixture
def ui(grown) -> Iterator[Ui]:
    running = Ui(grown)
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
def browser(ui: Ui, tmp_path: Path) -> Iterator[Browser]:
    with open_browser(ui.url, tmp_path, (1800, 1000)) as opened:
        yield opened


def plotted(ui: Ui, asset: list[str]) -> list[int]:
    """The numbers that the UI plots of an asset, oldest first."""
    query = """query ($key: AssetKeyInput!) { assetOrError(assetKey: $key) { ... on Asset { assetMaterializations {
        timestamp metadataEntries { label ... on IntMetadataEntry { intValue } } } } } }"""
    found = ui.ask(query, key={"path": asset})["assetOrError"]["assetMaterializations"]
    told = [(m["timestamp"], e["intValue"]) for m in found for e in m["metadataEntries"] if "intValue" in e]
    return [value for _, value in sorted(told, key=lambda pair: int(pair[0]))]


def has_drawn_a_line(browser: Browser) -> bool:
    """Is there ink on the canvas of the plot, beyond one flat colour?"""
    script = """const c = arguments[0], d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        const seen = new Set(); for (let i = 0; i < d.length; i += 4) seen.add(d.slice(i, i + 4).join());
        return seen.size"""
    return browser.driver.execute_script(script, browser.find("//canvas", "a plot")) > 2


def test_sizes_are_plotted_and_operations_reported(grown, ui: Ui, browser: Browser) -> None:
    browser.go("/")
    see_the_plot(grown, ui, browser)
    see_the_report(grown, browser)


def see_the_plot(shop, ui: Ui, browser: Browser) -> None:
    history = shop.sql(f"SELECT count FROM segment_count_history WHERE segment = '{SEGMENT}' ORDER BY refreshed_at")
    counts = [count for (count,) in history]
    assert len(counts) == 5
    assert counts[0] < counts[-1]
    moved = [count for before, count in zip([None, *counts], counts, strict=False) if count != before]
    assert plotted(ui, ["segments", SEGMENT]) == moved, "a point for each import that changed the count"
    browser.go(f"/assets/segments/{SEGMENT}")
    browser.reads("Row count", "Plots")
    browser.click("Plots")
    browser.reads("dagster/row_count")
    until(lambda: has_drawn_a_line(browser), "the plot is drawn")
    plot = browser.driver.find_element(By.XPATH, "//canvas")
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", plot)
    picture(browser, shop, "segment-plot")


def see_the_report(shop, browser: Browser) -> None:
    reports = shop.carnet("operations")
    assert {report["channel"] for report in reports} == {"email", "sms"}
    browser.go("/assets/operation_report")
    shown = browser.reads("recipients", "delivered", "unsubscribed", "bounced")
    for report in reports:
        assert f"{report['operation']} ({report['channel']})" in " ".join(shown.split())
        delivered = report["delivered"]
        assert f"{delivered} ({delivered / report['recipients']:.1%})" in " ".join(shown.split())
    picture(browser, shop, "operation-report")
