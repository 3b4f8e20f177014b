"""What is on disk to stay: one helper for every file that is written aside and renamed."""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """The file or folder is on disk: what follows may rely on it after a power cut. OSError where it is not there."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_aside(scratch: Path, destination: Path, content: bytes) -> Path:
    """Write `content` to `destination` whole or not at all; `scratch` is a folder of the same file system."""
    aside = scratch / destination.name
    aside.write_bytes(content)
    sync(aside)
    destination.parent.mkdir(parents=True, exist_ok=True)
    placed = aside.replace(destination)
    sync(destination.parent)
    return placed
