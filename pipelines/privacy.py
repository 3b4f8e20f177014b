"""What lies under `data/` is its owner's alone: folders 0700, files 0600 (SEC-5)."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from pipelines.layout import Layout

_OTHERS = 0o077


def keep_private() -> None:
    """What this process makes from now on is its user's alone; to be called by the doors, before anything is written."""
    os.umask(_OTHERS)


def tighten(layout: Layout) -> None:
    """Close the folders of former days to others. `data/` itself and the inbox are left as they are: others may put files there."""
    folders = (layout.archive, layout.refused, layout.rejects, layout.exports, layout.base.parent, layout.dagster)
    for folder in (*folders, layout.automation, layout.scratch, layout.verdicts.parent):
        close_to_others(folder)


def close_to_others(path: Path) -> None:
    """Take a file or folder from everybody but its owner; where that is somebody else, the folder around it is closed."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        mode = path.stat(follow_symlinks=False).st_mode
        if mode & _OTHERS and not path.is_symlink():
            path.chmod(mode & 0o7700)
