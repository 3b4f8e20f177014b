"""The folders of an account, gone through for one person: each file by its kind, each room by what it is for (EXP-9).

Belongs here: which file is treated how, and what is told of those that cannot be. Does not: how a file is rewritten.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipelines.fields import fold
from pipelines.files.opening import sha256
from pipelines.language import say
from pipelines.layout import Layout
from pipelines.rights.sqlite_stores import clean_database
from pipelines.sqlite_files import is_sqlite
from pipelines.traces.files import Removal, remove_from, replace_file, without_shown_cells
from pipelines.traces.finding import mentions
from pipelines.traces.person import Traces
from pipelines.traces.texts import masked

What = Literal["removed", "waiting", "unsearchable", "elsewhere", "backup", "definition", "shared", "run"]
_SKIPPED = ("erasures", "dagster", "base", "samples", "lake")
"""Rooms that are gone through otherwise, or hold nobody's value."""
_ROWS = ("archive", "refused", "rejects", "exports")
_MANIFEST = ".manifest.json"


@dataclass(frozen=True)
class Left:
    """What is not erased, or went as a whole: `what` it is, `where` it lies, and `why`, for who sees to it."""

    what: What
    where: str
    why: str

    def as_json(self) -> dict[str, str]:
        """As the command prints it."""
        return {"what": self.what, "where": self.where, "why": self.why}


@dataclass
class Found:
    """What went, by store, and what is left to be told. `rewritten`: exports whose hash is another now: former, new, rows less."""

    stores: Counter[str] = field(default_factory=Counter[str])
    left: list[Left] = field(default_factory=list[Left])
    rewritten: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])


def clean_folders(
    layout: Layout, traces: Traces, ours: Traces, sure: frozenset[str], scratch: Path, found: Found
) -> None:
    """Go through every file under `data/` but the base, its copy and Dagster's.

    `ours`: how files that were written here name the person. `sure`: names of columns of which an export has one, or nobody can
    tell whose its rows are. `scratch`: the caller's own folder.
    """
    for room, path in _files(layout, scratch):
        if room == "inbox":
            _tell_waiting(path, traces, found)
        elif is_sqlite(path):
            found.stores[room] += clean_database(path, traces)
        elif room == "exports":
            _clean_export(path, ours, sure, scratch, found)
        elif room in _ROWS or path.is_relative_to(layout.api / "files"):
            _count(room, path, remove_from(path, traces, scratch), found)
        else:
            _mask(room, path, traces, scratch, found)
    _clean_reports(layout, scratch, found)


def _files(layout: Layout, scratch: Path) -> Iterator[tuple[str, Path]]:
    """Each file with its room; links are not followed."""
    if not layout.data.is_dir():
        return
    for folder in sorted(layout.data.iterdir()):
        if folder.is_symlink() or folder.name in _SKIPPED or not folder.is_dir():
            continue
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and not path.is_relative_to(scratch) and path.exists():
                yield folder.name, path


def _tell_waiting(path: Path, traces: Traces, found: Found) -> None:
    if mentions(path, traces):
        why = say("it waits in the inbox: its rows of the person will be rejected")
        found.left.append(Left("waiting", str(path), why))


def _count(room: str, path: Path, removal: Removal, found: Found) -> None:
    found.stores[room] += removal.rows
    if removal.whole:
        why = say("the file named the person and could not be rewritten")
        found.left.append(Left("removed", str(path), why))
    elif removal.unsearchable:
        why = say("nothing can be read of it: look into it, and delete it yourself")
        found.left.append(Left("unsearchable", str(path), why))


def _mask(room: str, path: Path, traces: Traces, scratch: Path, found: Found) -> None:
    """Logs, pages and caches; a cached verdict is made anew."""
    data = path.read_bytes()
    if not traces.may_name(data):
        return
    if room == "cache" and path.suffix != ".log":
        path.unlink()
        found.stores[room] += 1
        return
    if b"\0" in data[: 1 << 16]:  # In doubt it is told.
        why = say("it may name the person, and is no text: look into it yourself")
        found.left.append(Left("unsearchable", str(path), why))
        return
    data, count = masked(data, traces)
    if count:
        replace_file(path, data, scratch)
    found.stores[room] += count


def _clean_reports(layout: Layout, scratch: Path, found: Found) -> None:
    """Reports of refused files that were rewritten show cells of three lines, which may have been the person's."""
    for report in sorted(layout.refused.rglob("*.report.txt")) if found.stores["refused"] else ():
        found.stores["refused"] += without_shown_cells(report, scratch)


def _clean_export(path: Path, ours: Traces, sure: frozenset[str], scratch: Path, found: Found) -> None:
    """An export without the person's rows, with its manifest; one that names nobody by its columns goes as a whole."""
    if path.name.endswith(_MANIFEST):
        return
    if not _tells_people(path, sure):
        found.stores["exports"] += 1
        why = say("no column of it says whose a row is: `carnet export` writes it anew")
        found.left.append(Left("removed", str(path), why))
        path.unlink()
        _manifest(path).unlink(missing_ok=True)
        return
    former = sha256(path)
    removal = remove_from(path, ours, scratch)
    _count("exports", path, removal, found)
    if removal.whole:
        _manifest(path).unlink(missing_ok=True)
    elif removal.rows:
        new = sha256(path)
        found.rewritten[former] = (new, removal.rows)
        _follow(path, former, new, removal.rows, scratch)


def _manifest(path: Path) -> Path:
    return path.with_name(path.name + _MANIFEST)


def _tells_people(path: Path, sure: frozenset[str]) -> bool:
    """Whether an export has a column by which rows are told; anything else than a table is searched as it is."""
    header = _header(path)
    return header is None or not header or bool({fold(name) for name in header} & sure)


def _header(path: Path) -> list[str] | None:
    manifest = _manifest(path)
    if manifest.exists():
        try:
            return [column["field"] for column in json.loads(manifest.read_bytes())["columns"]]
        except (ValueError, KeyError, TypeError):
            return None
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq  # pyright: ignore[reportMissingTypeStubs]

        try:
            return list(pq.read_schema(path).names)
        except (OSError, ValueError):
            return None
    return None


def _follow(path: Path, former: str, new: str, rows: int, scratch: Path) -> None:
    """What says how the file is, in its folder or in the one above, says it of the new one."""
    for beside in sorted({*path.parent.glob("*.json"), *path.parent.parent.glob("*.json")}):
        text = beside.read_text(encoding="utf-8")
        if former in text:
            replace_file(beside, _told_anew(text, former, new, rows).encode(), scratch)


def _told_anew(text: str, former: str, new: str, rows: int) -> str:
    document: Any = json.loads(text)
    if isinstance(document, dict) and document.get("sha256") == former and isinstance(document.get("rows"), int):
        document["rows"] -= rows
        document["sha256"] = new
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return text.replace(former, new)


def backups(layout: Layout) -> list[Left]:
    """The backups that were taken: whatever they hold stays there, and is erased again where one is restored."""
    path = layout.data / "backups.ndjson"
    if not path.exists():
        return []
    try:
        listed = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        places = [(str(each["path"]), str(each.get("taken_at", ""))) for each in listed]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [Left("backup", str(path), say("the list of backups cannot be read: look for them yourself"))]
    return [Left("backup", place, _why_kept(taken)) for place, taken in places]


def _why_kept(taken: str) -> str:
    return say(
        "a backup, taken {when}: delete it, or let it expire; a restored one is cleared again",
        when=taken or say("some time ago"),
    )
