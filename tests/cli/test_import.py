"""`carnet import` of what is no file: told at once, before anything is read (contract: exit codes)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal

OPTIONS = (("--model", "newsletter"), ("--model", "newsletter", "--preview"), ("--model", "esp_events"))


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def device(path: Path) -> Path:
    path.symlink_to("/dev/null")
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def nothing(path: Path) -> Path:
    return path


@pytest.mark.parametrize("options", OPTIONS, ids=["import", "preview", "events"])
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (pipe, "is no regular file"),
        (device, "is no regular file"),
        (folder, "is a folder"),
        (nothing, "There is no file"),
    ],
    ids=["pipe", "device", "folder", "nothing"],
)
def test_what_is_no_file_is_told_at_once(
    terminal: Terminal, tmp_path: Path, make, said: str, options: tuple[str, ...]
) -> None:
    """A pipe that nobody writes to would be waited for, and for ever (IMP-17: the lock is held meanwhile)."""
    told = terminal.json("import", make(tmp_path / "newsletter-1.csv"), *options, code=2)
    assert told["error"]["type"] == "UsageError"
    assert said in told["error"]["message"]
