"""The analysts' copy: checkpoint, copy, fsync, rename (SEC-1). Readers keep the copy that they opened.

Where the file system can, the copy shares the base's blocks; elsewhere what has changed since the copy before the published one is
written into that (`former_copy`): neither takes longer because the base is large.

Of a base that holds events in its lake, the copy's `main.events` is a view of all (LAK-3).
"""

from __future__ import annotations

import fcntl
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import duckdb

from pipelines.base import former_copy
from pipelines.base.held import show
from pipelines.base.identity import published_mark
from pipelines.syncing import sync

_FORMER = "contacts.former"
_FICLONE = 0x40049409
"""What Linux calls sharing all blocks of one file with another (ioctl_ficlone)."""


def publish(base: Path, published: Path, scratch: Path, *, anew: bool = False, holding: bool = False) -> None:
    """Replace `published` by a copy of the checkpointed, closed file `base`, read-only, in one rename.

    `anew`: nothing of former copies is used or kept (EXP-9), as where the published one is missing or damaged. `holding`: as
    `held.holds` says.
    """
    aside, former = scratch / published.name, base.with_name(_FORMER)
    anew = anew or published_mark(published) is None
    if anew:
        former.unlink(missing_ok=True)
    shares = _share_blocks(base, aside)
    if not shares and not former_copy.bring_up(former, base, aside):
        shutil.copyfile(base, aside)
    if holding:
        aside.chmod(0o600)
        with duckdb.connect(str(aside)) as connection:
            show(connection)
    aside.chmod(0o400)
    sync(aside)
    # An analyst's left-over WAL would make the new file unopenable: it belongs to a file that is going.
    published.with_name(published.name + ".wal").unlink(missing_ok=True)
    published.parent.mkdir(parents=True, exist_ok=True)
    former.unlink(missing_ok=True)
    if not anew and not shares:
        former_copy.keep(published, former)
    aside.replace(published)
    sync(published.parent)
    with suppress(FileNotFoundError):
        former.chmod(0o600)


def _share_blocks(base: Path, aside: Path) -> bool:
    """Make `aside` a file that has the blocks of `base` until either is written to; False where the file system cannot."""
    if sys.platform != "linux":
        return False
    with base.open("rb") as source, aside.open("wb") as copy:
        try:
            fcntl.ioctl(copy.fileno(), _FICLONE, source.fileno())
        except OSError:
            return False
    return True
