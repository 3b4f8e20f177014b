"""Debian's Chromium, headless, on the pages of the Dagster UI (a test library's own browser download needs the internet)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.acceptance.ui import until

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
# A line in a list of partitions: the name, with its whole text as its title, and beside it a round mark.
_DOT = "div[contains(@style, 'border-radius')]"
_ROW = f"../parent::*[{_DOT}]"


@contextmanager
def open_browser(url: str, folder: Path, size: tuple[int, int] = (1800, 1100)) -> Iterator[Browser]:
    """A browser on `url`, its profile in `folder`; skips the test where Debian's Chromium is not installed."""
    for program in (CHROMIUM, DRIVER):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing: apt-get install chromium chromium-driver (.ci/run does)")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in (*OPTIONS, f"--window-size={size[0]},{size[1]}", f"--user-data-dir={folder / 'chromium'}"):
        options.add_argument(option)
    driver = webdriver.Chrome(options, Service(DRIVER))
    try:
        yield Browser(driver, url)
    finally:
        driver.quit()


class Browser:
    """A page of the UI: gone to, read, clicked, photographed. Each wait says what it waited for."""

    def __init__(self, driver: webdriver.Chrome, url: str) -> None:
        self.driver = driver
        self.url = url

    def go(self, path: str) -> None:
        self.driver.get(self.url + path)

    def text(self) -> str:
        return self.driver.find_element(By.TAG_NAME, "body").text

    def reads(self, *words: str, seconds: float = 60) -> str:
        """The page's text, once it holds all these words."""
        try:
            return until(
                lambda: self._text_with(words), f"the page at {self.driver.current_url} reads {words}", seconds
            )
        except AssertionError as error:
            error.add_note(self.text())
            raise

    def _text_with(self, words: tuple[str, ...]) -> str:
        try:
            text = self.text()
        except StaleElementReferenceException:
            return ""
        return text if all(word in text for word in words) else ""

    def find(self, xpath: str, what: str, seconds: float = 30) -> WebElement:
        """The first visible element of an XPath."""
        return until(lambda: self._visible(xpath), f"{what} is shown at {self.driver.current_url}", seconds)

    def _visible(self, xpath: str) -> WebElement | None:
        try:
            return next((e for e in self.driver.find_elements(By.XPATH, xpath) if e.is_displayed()), None)
        except StaleElementReferenceException:
            return None

    def click(self, label: str, within: str = "//*") -> None:
        """Click what bears exactly this label, as soon as it can be clicked."""
        xpath = f"{within}[normalize-space()='{label}']"

        def clicked() -> bool:
            # The innermost element of that text: React listens above it.
            for element in reversed(self.driver.find_elements(By.XPATH, xpath)):
                try:
                    if element.is_displayed() and element.is_enabled():
                        element.click()
                        return True
                except WebDriverException:
                    continue
            return False

        until(clicked, f"« {label} » can be clicked at {self.driver.current_url}", 30)

    def dot(self, partition: str) -> str:
        """The colour that a list of partitions shows of one: green, red, gray …; empty where it is not listed."""
        try:
            name = self._visible(f"//*[@title='{partition}'][{_ROW}]")
            mark = name.find_element(By.XPATH, f"{_ROW}/{_DOT}") if name else None
            found = re.search(r"--color-accent-(\w+)", mark.get_attribute("style") or "") if mark else None
        except StaleElementReferenceException:
            return ""
        return found.group(1) if found else ""

    def turns(self, partition: str, colour: str, seconds: float = 90) -> None:
        """Wait until a list of partitions shows one in this colour, as the page refreshes itself."""
        until(
            lambda: self.dot(partition) == colour, f"{partition} is {colour} at {self.driver.current_url}", seconds, 0.5
        )

    def green_assets(self) -> list[str]:
        """The names of the nodes of the lineage that are shown as materialised."""
        nodes = "//*[local-name()='foreignObject'][.//@*[contains(., 'green')]]"
        try:
            return sorted(node.text for node in self.driver.find_elements(By.XPATH, nodes))
        except StaleElementReferenceException:
            return []

    def choose(self, partition: str) -> None:
        """Select one in a list of partitions."""
        self.find(f"//*[@title='{partition}'][{_ROW}]", partition).click()

    def save(self, path: Path, hide: Path) -> None:
        """The window as a PNG, with the folder `hide` shown as an operator's own might be called."""
        ActionChains(self.driver).move_by_offset(1, 1).perform()  # off whatever shows a tooltip
        self.driver.execute_script(_RENAME, str(hide), "/srv/carnet")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(path))


_RENAME = """
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) walk.currentNode.data = walk.currentNode.data.replaceAll(arguments[0], arguments[1]);
"""
