"""Where files name a person, without changing them (EXP-12): which lines of a text, how many rows of anything else.

Belongs here: looking. Does not: taking out (`files`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.files.kinds import kind_of
from pipelines.traces.files import CannotRewriteError, UnsearchableError, without
from pipelines.traces.person import Traces
from pipelines.traces.texts import lines_naming

_TEXTS = ("text", "json", "html", "xml", "vcard")


@dataclass(frozen=True)
class Mention:
    """How many rows of a file name the person; `lines`: of a text, where each begins."""

    rows: int
    lines: tuple[int, ...] = ()


def mentions(path: Path, traces: Traces) -> Mention | None:
    """Where the file names the person; None where it does not, or cannot be read."""
    if path.suffix == ".parquet":
        return _in_parquet(path, traces)
    data = path.read_bytes()
    if kind_of(data[: 1 << 16]).name in _TEXTS:
        lines = lines_naming(data, traces, objects=path.suffix in (".ndjson", ".jsonl"))
        return Mention(len(lines), lines) if lines else None
    try:
        count = without(data, path.name, traces)[1]
    except UnsearchableError:
        return None
    except CannotRewriteError:
        return Mention(1)
    return Mention(count) if count else None


def _in_parquet(path: Path, traces: Traces) -> Mention | None:
    import polars as pl

    from pipelines.traces.parquet import naming

    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError):
        return None
    count = int(frame.select(naming(frame, traces).sum()).item()) if frame.width else 0
    return Mention(count) if count else None
