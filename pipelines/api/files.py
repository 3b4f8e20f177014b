"""The small files that the interface keeps under `data/api/`: written whole or not at all, one writer at a time."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.base.locking import exclusive
from pipelines.errors import EnvironmentFaultError
from pipelines.syncing import sync

_WAIT = 10.0


def read_json(path: Path, default: Any) -> Any:
    """What the file holds; `default` where there is none. EnvironmentFaultError where it is damaged."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return default
    except ValueError as error:
        raise EnvironmentFaultError(
            f"{path} is damaged: {error}.", "Put it back from a backup, or remove it and begin anew."
        ) from error


def write_json(path: Path, document: Any) -> None:
    """Write the file aside, bring it to disk, and rename it: its user's alone (SEC-5)."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, indent=1)
        sync(aside)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync(path.parent)


@contextmanager
def alone(path: Path) -> Generator[None]:
    """Nobody else writes that file meanwhile; its folder is made. LockHeldError after 10 s."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with exclusive(path.with_suffix(".lock"), "another call", _WAIT):
        yield
