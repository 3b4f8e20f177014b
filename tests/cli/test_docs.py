"""Every command and every option of the command line stands in its page of the documentation."""

from __future__ import annotations

import re

import click
import pytest

from pipelines.cli.main import COMMANDS, cli
from pipelines.layout import ROOT

PAGE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")


def section(command: str) -> str:
    found = re.search(rf"^## `carnet {command}\b.*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return found.group() if found else ""


def options(command: str) -> list[str]:
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    return [option for parameter in found.params if isinstance(parameter, click.Option) for option in parameter.opts]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_a_section_with_an_example(command: str) -> None:
    assert f"$ carnet {command}" in section(command)


@pytest.mark.parametrize("command", COMMANDS)
def test_its_options_stand_in_that_section(command: str) -> None:
    assert [option for option in options(command) if f"`{option}" not in section(command)] == []


def test_no_section_is_about_a_command_that_is_not_there() -> None:
    assert set(re.findall(r"^## `carnet ([\w-]+)", PAGE, re.MULTILINE)) == set(COMMANDS)
