"""The files of a folder of declarations, in the order in which they are read."""

from __future__ import annotations

from pathlib import Path

YAML = ("*.yaml", "*.yml")


def files_of(folder: Path, *patterns: str) -> list[Path]:
    """The files below a folder, in the order in which they are read; hidden ones are left out."""
    found = (path for pattern in patterns for path in folder.rglob(pattern) if path.is_file())
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))
