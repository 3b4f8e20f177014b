"""The dossier of one person in a folder or a ZIP archive: JSON, a CSV a table, a page to print (EXP-12).

Belongs here: the files, whole or not at all, for their owner alone. Does not: what stands in them (`gathering`).
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.declarations.model import ContactBase
from pipelines.errors import EnvironmentFaultError, UsageError
from pipelines.formulas import neutralise
from pipelines.language import say
from pipelines.rights.gathering import Held, Rows
from pipelines.rights.page import page
from pipelines.syncing import sync


@dataclass(frozen=True)
class Dossier:
    """What was written: the folder or archive, and the files in it."""

    path: Path
    files: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON of `dossier`."""
        return {"path": str(self.path), "files": list(self.files)}


def judge_place(place: Path) -> None:
    """UsageError where the dossier would take something else's place."""
    if place.suffix.lower() == ".zip":
        if place.exists() and not place.is_file():
            raise UsageError(
                say("{place} is no file that can be replaced.", place=place), say("Name another archive with --to.")
            )
    elif place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise UsageError(
            say("{place} is there already, and holds something.", place=place),
            say("Name a new folder, or a .zip, with --to."),
        )


def write_dossier(held: Held, base: ContactBase, place: Path) -> Dossier:
    """Write the files to `place`, a folder or `….zip`: aside first, then renamed; nobody but their owner may read them.

    UsageError where something else is there; EnvironmentFaultError where the disk is in the way, and nothing is left then.
    """
    judge_place(place)
    files = _files(held, base)
    aside = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.suffix.lower() == ".zip":
            _write_archive(files, aside)
        else:
            _write_folder(files, aside)
        aside.replace(place)
        sync(place.parent)
    except OSError as error:
        with suppress(OSError):
            shutil.rmtree(aside) if aside.is_dir() else aside.unlink(missing_ok=True)
        raise EnvironmentFaultError(
            say("The dossier could not be written to {place}: {why}.", place=place, why=error.strerror or error),
            say("Make room on the disk, or name another place with --to."),
        ) from error
    return Dossier(place, tuple(files))


def _files(held: Held, base: ContactBase) -> Mapping[str, bytes]:
    document = {"contact_id": held.contact_id, "taken_at": held.at, **held.tables}
    found = {
        "dossier.json": json.dumps(document, ensure_ascii=False, indent=2, default=_plain).encode() + b"\n",
        "dossier.html": page(held, base).encode(),
    }
    return found | {f"{name}.csv": _csv(rows) for name, rows in held.tables.items() if rows}


def _csv(rows: Rows) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\n")
    writer.writerow(rows[0])
    # A dossier is of one person: its rows are few.
    writer.writerows(
        [["" if value is None else neutralise(str(_plain(value))) for value in row.values()] for row in rows]
    )
    return stream.getvalue().encode()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime | date) else value


def _write_folder(files: Mapping[str, bytes], aside: Path) -> None:
    aside.mkdir(mode=0o700)
    for name, data in files.items():
        _write(aside / name, data)
    sync(aside)


def _write_archive(files: Mapping[str, bytes], aside: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    _write(aside, stream.getvalue())


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
    sync(path)
