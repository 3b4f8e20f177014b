"""What a backup says of itself: `backup.json`, with every file's size and hash, so that one that is damaged is never restored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.errors import EnvironmentFaultError, UsageError
from pipelines.files.opening import sha256
from pipelines.language import say
from pipelines.layout import Layout

MANIFEST = "backup.json"
_SHOWN = 5
"""Damaged files that are named; the others are counted."""
DATA, ASSETS = "data", "assets"
"""The folders of a backup: what lay under `data/`, and the declarations."""
HELD = "held_events"
"""The folder of the base's events that lie in its lake."""


@dataclass(frozen=True)
class Manifest:
    """`generation`: of the base, None for an account without one; `files`: path inside the backup → bytes and SHA-256."""

    carnet: str
    taken_at: str
    generation: int | None
    contacts: int
    files: Mapping[str, Mapping[str, Any]]

    def write(self, folder: Path) -> None:
        """As the backup's `backup.json`."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    @property
    def bytes(self) -> int:
        """Of all files together."""
        return sum(each["size"] for each in self.files.values())


def described(path: Path) -> dict[str, Any]:
    """The size and hash of one file."""
    return {"size": path.stat().st_size, "sha256": sha256(path)}


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup; UsageError where the folder is none."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return Manifest(**found)
    except FileNotFoundError:
        raise UsageError(
            say("{folder} is no backup: it has no {manifest}.", folder=folder, manifest=MANIFEST),
            say("Name the folder that `carnet backup` wrote."),
        ) from None
    except (ValueError, TypeError) as error:
        raise EnvironmentFaultError(
            say("{path} is damaged.", path=folder / MANIFEST), say("Take another backup.")
        ) from error


def verify(folder: Path, manifest: Manifest) -> None:
    """Every file is there as it was written; EnvironmentFaultError names those that are not."""
    wrong = [name for name, meant in manifest.files.items() if not _is_as_written(folder / name, meant)]
    if wrong:
        shown = ", ".join(wrong[:_SHOWN])
        if len(wrong) > _SHOWN:
            shown = say("{names} and {count} more", names=shown, count=len(wrong) - _SHOWN)
        raise EnvironmentFaultError(
            say("The backup {folder} is damaged: {files}.", folder=folder, files=shown),
            say("Nothing was restored. Take another backup."),
        )


def _is_as_written(path: Path, meant: Mapping[str, Any]) -> bool:
    return path.is_file() and path.stat().st_size == meant["size"] and described(path) == meant


@dataclass(frozen=True)
class Known:
    """A backup that was taken of this account, as far as is known: it may have been moved or removed since."""

    path: str
    taken_at: str
    generation: int | None


def known(layout: Layout) -> list[Known]:
    """The backups that were taken, oldest first; a line that a crash cut off is left out."""
    try:
        lines = layout.backups.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found: list[Known] = []
    for line in lines:
        try:
            found.append(Known(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found


def remember(layout: Layout, path: Path, manifest: Manifest) -> None:
    """One more backup is known: erasure names them, for what they hold is not ours to rewrite (EXP-9)."""
    entry = Known(str(path), manifest.taken_at, manifest.generation)
    with layout.backups.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")


def now() -> str:
    """This instant, as a manifest has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
