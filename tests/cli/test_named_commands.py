"""What README and the pages of the documentation name is there: targets of make, commands with their options, files."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from pipelines.cli.main import COMMANDS, cli
from pipelines.layout import ROOT

PAGES = [ROOT / "README.md", ROOT / "README.fr.md", *sorted((ROOT / "docs").rglob("*.md"))]
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def typed(page: Path) -> list[list[str]]:
    """The words of every command line that a page shows, without comments and variables set before it."""
    lines = re.findall(r"^\$ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    words = [shlex.split(line, comments=True) for line in lines]
    return [[word for word in line if not re.match(r"[A-Z_]+=", word)] for line in words]


def targets() -> set[str]:
    (named,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    return set(named.split())


def of_carnet(page: Path) -> list[list[str]]:
    return [words[1:] for words in typed(page) if words and Path(words[0]).name == "carnet"]


def options(command: str) -> set[str]:
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    params = [*found.params, *(each for one in getattr(found, "commands", {}).values() for each in one.params)]
    return {option for parameter in params for option in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}


@pages
def test_every_make_target_is_there(page: Path) -> None:
    shown = {words[1] for words in typed(page) if words[:1] == ["make"]}
    named = set(re.findall(r"`make (\w+)`", page.read_text(encoding="utf-8")))
    assert shown | named <= targets()


@pages
def test_every_command_is_there(page: Path) -> None:
    assert {words[0] for words in of_carnet(page)} - {"--version"} <= set(COMMANDS)


@pages
def test_every_option_is_there(page: Path) -> None:
    unknown = [
        (words[0], word)
        for words in of_carnet(page)
        for word in words[1:]
        if word.startswith("--") and word.partition("=")[0] not in options(words[0])
    ]
    assert unknown == []


def anchors(page: Path) -> set[str]:
    """What the headings of a page are called in links, as GitHub does."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pages
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link.partition("#") for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))]
    own = [(page.parent / file if file else page, anchor) for file, _, anchor in links if not re.match(r"\w+:", file)]
    lost = [(file, anchor) for file, anchor in own if not file.exists() or (anchor and anchor not in anchors(file))]
    assert lost == []


def test_the_pages_do_name_commands() -> None:
    assert sum(len(of_carnet(page)) for page in PAGES) > 20
    assert {words[1] for page in PAGES for words in typed(page) if words[:1] == ["make"]} >= {"run", "ui"}
