"""The list of erasures, outside the base: keyed hashes alone, each line on disk before what it says is begun (EXP-9).

A restored base does not know who was erased since; this list does. Belongs here: reading and adding lines. Does not: erasing.
Cheap to import: every command looks whether an erasure was cut short.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from pipelines.layout import Layout
from pipelines.syncing import sync

State = Literal["begun", "done", "lifted"]
Hashes = Mapping[str, Sequence[str]]
"""`email`, `mobile` → keyed hashes."""


@dataclass(frozen=True)
class Erasure:
    """One erasure as far as it went."""

    name: str
    hashes: Hashes
    who: str
    done: bool


def journal_file(layout: Layout) -> Path:
    """Where the list lies."""
    return layout.erasures / "journal.ndjson"


def begin(layout: Layout, hashes: Hashes, who: str) -> str:
    """Write down that an erasure begins; its name."""
    name = str(uuid4())
    _add(layout, "begun", name, hashes, who)
    return name


def end(layout: Layout, name: str, who: str) -> None:
    """Write down that an erasure is done."""
    _add(layout, "done", name, {}, who)


def lift(layout: Layout, hashes: Hashes, who: str) -> None:
    """Write down that people may be in the base again."""
    _add(layout, "lifted", str(uuid4()), hashes, who)


def unfinished(layout: Layout) -> list[Erasure]:
    """The erasures that were begun and not done."""
    return [each for each in erasures(layout) if not each.done]


def erasures(layout: Layout) -> list[Erasure]:
    """Every erasure, without the hashes that were lifted since; those of which none is left are not in it."""
    found: dict[str, Erasure] = {}
    for line in _lines(layout):
        if line["state"] == "begun":
            found[line["erasure"]] = Erasure(line["erasure"], line["hashes"], line["who"], done=False)
        elif line["state"] == "done" and line["erasure"] in found:
            begun = found[line["erasure"]]
            found[begun.name] = Erasure(begun.name, begun.hashes, begun.who, done=True)
        elif line["state"] == "lifted":
            lifted = {digest for digests in line["hashes"].values() for digest in digests}
            found = {name: each for name, each in _without(found, lifted).items() if each.hashes}
    return list(found.values())


def _without(found: Mapping[str, Erasure], lifted: set[str]) -> dict[str, Erasure]:
    kept: dict[str, Erasure] = {}
    for name, each in found.items():
        hashes = {kind: [d for d in digests if d not in lifted] for kind, digests in each.hashes.items()}
        kept[name] = Erasure(name, {kind: digests for kind, digests in hashes.items() if digests}, each.who, each.done)
    return kept


def _lines(layout: Layout) -> list[dict[str, Any]]:
    try:
        text = journal_file(layout).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    whole = text[: text.rfind("\n") + 1]  # A line that a kill cut off was never relied upon.
    return [json.loads(line) for line in whole.splitlines()]


def _add(layout: Layout, state: State, name: str, hashes: Hashes, who: str) -> None:
    path = journal_file(layout)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = {"erasure": name, "state": state, "at": datetime.now(UTC).isoformat(), "who": who, "hashes": hashes}
    new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        if torn:
            os.ftruncate(descriptor, path.read_bytes().rfind(b"\n") + 1)
        os.write(descriptor, (json.dumps(line) + "\n").encode())
    finally:
        os.close(descriptor)
    sync(path)
    if new:
        sync(path.parent)
