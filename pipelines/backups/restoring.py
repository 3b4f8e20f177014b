"""`carnet restore`: an account as a backup holds it, in a place where there is none.

The base is put in its place last: a restore that is killed leaves an account without a base, and can be done again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.backups.manifest import ASSETS, DATA, HELD, read_manifest, verify
from pipelines.base.held import Elsewhere, hide, keeper, named_files
from pipelines.base.locking import scratch_folder
from pipelines.errors import EnvironmentFaultError, RefusedError
from pipelines.language import say
from pipelines.layout import Layout
from pipelines.syncing import sync

_BEGUN = ".restoring"


@dataclass(frozen=True)
class Restored:
    """What was restored. `declarations`: False where the folder had some already, which are left as they are.

    `missing`: events that the base holds in an object store, and that are not there.
    """

    path: Path
    generation: int | None
    contacts: int
    declarations: bool
    missing: int = 0


def restore(layout: Layout, folder: Path, elsewhere: Callable[[], Elsewhere | None] = lambda: None) -> Restored:
    """Put the account of a backup in the layout's place; the published copy is the caller's to make.

    `elsewhere`: who keeps events in the lake that the restored declarations name. RefusedError where there is a base already, or
    other events in the lake; UsageError where `folder` is no backup, or no lake is declared for its events; EnvironmentFaultError
    where it is damaged, or the disk or the lake is in the way: no base is there then, and it can be done again.
    """
    manifest = read_manifest(folder)
    _judge_place(layout)
    verify(folder, manifest)
    with _told(layout):
        declarations = _restore_declarations(folder / ASSETS, layout.assets)
        missing = _restore_data(folder / DATA, layout, lambda base: _put_back(base, elsewhere, manifest.taken_at))
    return Restored(folder.absolute(), manifest.generation, manifest.contacts, declarations, missing)


def _judge_place(layout: Layout) -> None:
    if layout.base.exists() or layout.published.exists():
        raise RefusedError(
            say("{folder} has a base already; nothing was restored over it.", folder=layout.data),
            say("Move that folder aside, or name an empty one: CARNET_DATA=/elsewhere carnet restore FOLDER"),
        )
    # Who was erased since stays erased: that list is what may be there already (EXP-9).
    held = [each for each in _held(layout.data) if each.name not in ("cache", "tmp", layout.erasures.name, _BEGUN)]
    if held and not (layout.data / _BEGUN).exists():
        raise RefusedError(
            say("{folder} is not empty: {name} lies there.", folder=layout.data, name=held[0].name),
            say("Move what is there aside; a restore mixes nothing."),
        )


def _held(folder: Path) -> list[Path]:
    """What a folder holds that is of weight: no empty folder, none of the repository's own samples."""
    if not folder.is_dir():
        return []
    return [
        each
        for each in sorted(folder.iterdir())
        if each.name != "samples" and (each.is_file() or any(path.is_file() for path in each.rglob("*")))
    ]


@contextmanager
def _told(layout: Layout) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentFaultError(
            say(
                "The backup could not be restored to {folder}: {fault}.",
                folder=layout.data,
                fault=error.strerror or error,
            ),
            say("Make room, and run it again: it begins anew."),
        ) from error


def _restore_declarations(held: Path, assets: Path) -> bool:
    if not held.is_dir() or any(assets.rglob("*.yaml")) or any(assets.rglob("*.yml")):
        return False
    shutil.copytree(held, assets, dirs_exist_ok=True)
    return True


def _restore_data(held: Path, layout: Layout, put_back: Callable[[Path], int]) -> int:
    """`put_back`: what is done with the base's folder before it is in its place; what that gives."""
    missing = 0
    layout.data.mkdir(parents=True, exist_ok=True)
    (layout.data / _BEGUN).touch()
    with scratch_folder(layout.scratch) as scratch:
        base = held / layout.base.parent.name
        for place in sorted(held.iterdir(), key=lambda each: each == base):
            aside, meant = scratch / place.name, layout.data / place.name
            if meant == layout.erasures and _held(meant):
                continue
            shutil.copytree(place, aside) if place.is_dir() else shutil.copy2(place, aside)
            if place == base:
                missing = put_back(aside)
            for path in (aside, *aside.rglob("*")):
                sync(path)
            if meant.is_dir():
                shutil.rmtree(meant)
            aside.replace(meant)
            sync(layout.data)
    (layout.data / _BEGUN).unlink()
    return missing


def _put_back(folder: Path, elsewhere: Callable[[], Elsewhere | None], sign: str) -> int:
    """The events that a backed up base names in its lake put there again, and named as they lie there; how many are nowhere."""
    held = folder / HELD
    with duckdb.connect(str(folder / "carnet.duckdb")) as connection:
        if not named_files(connection):
            return 0
        hide(connection)  # It was a published copy, whose `main.events` is a view.
        connection.begin()
        missing = keeper(elsewhere()).put_back(connection, sorted(held.glob("*.parquet")), sign)
        connection.commit()
        connection.execute("CHECKPOINT")
    shutil.rmtree(held, ignore_errors=True)
    return missing
