"""What lies under `data/` is its owner's alone: folders 0700, files 0600; an export may be its group's to read too (SEC-5)."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from pipelines.layout import Layout

_OTHERS = 0o077
_GROUP_READS, _GROUP_PASSES = 0o640, 0o010


def keep_private() -> None:
    """What this process makes from now on is its user's alone; to be called by the doors, before anything is written."""
    os.umask(_OTHERS)


def tighten(layout: Layout) -> None:
    """Close the folders of former days to others. `data/` itself and the inbox are left as they are: others may put files there.

    Through the folder of exports the group may pass, where `share_with_group` let it.
    """
    folders = (layout.archive, layout.refused, layout.rejects, layout.base.parent, layout.dagster)
    for folder in (*folders, layout.automation, layout.api, layout.erasures, layout.scratch, layout.verdicts.parent):
        close_to_others(folder)
    close_to_others(layout.exports, but=_GROUP_PASSES)


def share_with_group(path: Path) -> None:
    """Let the owner's group read a file. PermissionError where it is somebody else's."""
    path.chmod(_GROUP_READS)


def let_group_pass(*folders: Path) -> None:
    """Let the owner's group reach, by its name, what lies in the folders, without listing them."""
    for folder in folders:
        with contextlib.suppress(PermissionError):
            mode = stat.S_IMODE(folder.stat().st_mode)
            if not mode & _GROUP_PASSES:
                folder.chmod(mode | _GROUP_PASSES)


def close_to_others(path: Path, but: int = 0) -> None:
    """Take a file or folder from everybody but its owner, unless others have the bits `but` alone.

    Where the owner is somebody else, the folder around it is closed.
    """
    with contextlib.suppress(FileNotFoundError, PermissionError):
        mode = path.stat(follow_symlinks=False).st_mode
        if mode & _OTHERS not in (0, but) and not path.is_symlink():
            path.chmod(mode & 0o7700)
