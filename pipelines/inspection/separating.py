"""The separator that a text is likely written with: the one that cuts it into a table (IMP-18)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipelines.files.profiles import MOST_COLUMNS
from pipelines.files.profiling import record_cells
from pipelines.files.scanning import Scan, scan
from pipelines.files.separators import SEPARATORS

_HEAD = 65_536
_LOOKED_AT = 6
"""Records whose cells are looked at."""
_TELLING = 2
"""Known headers that tell a table, though most lines are no rows of it: a short report ends in lines about itself."""
_WHOLE = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|\+?\d[\d .]*(?:[.,]\d+)?")
_PROSE = 0.6
"""At most so much is scored by commas in sentences below a first line without any."""


@dataclass(frozen=True)
class _Cut:
    """A text as one separator cuts it: the cells of each record that is not blank, and what they speak for."""

    sign: str
    score: float
    columns: int


def likely_separator(text: bytes, default: str, known: Callable[[str], bool]) -> str:
    """The likely separator of a text (UTF-8, LF line ends); `default` where it has one column only, or two are as likely.

    `known` says whether a header is one that the base understands.
    """
    head = _head(text)
    cuts = [cut for sign in SEPARATORS if (cut := _cut(scan(head, sign), sign, known)) is not None]
    if not cuts:
        return default
    best = max(cut.score for cut in cuts)
    rivals = [cut for cut in cuts if best - cut.score < 1e-9]
    return next((cut.sign for cut in rivals if cut.sign == default), rivals[0].sign)


def _head(text: bytes) -> bytes:
    end = text.rfind(b"\n", 0, _HEAD)
    return text[: end + 1] if end >= 0 and len(text) > _HEAD else text[:_HEAD]


def _cut(scanned: Scan, sign: str, known: Callable[[str], bool]) -> _Cut | None:
    """Score a cut: records of one width, a header of that width and of known names; None where it cuts nothing."""
    records = np.flatnonzero(~scanned.blank)
    cells = scanned.cells[records]
    several = np.flatnonzero(cells > 1)
    if not len(several):
        return None
    titles = int(several[0])
    cells, records = cells[titles:], records[titles:]
    header = record_cells(scanned, int(records[0]))[:MOST_COLUMNS]
    understood = sum(map(known, header))
    if (cells > 1).mean() < 0.5 and understood < _TELLING:
        return None
    widths, counts = np.unique(cells[cells > 1], return_counts=True)
    width = int(widths[np.argmax(counts)])
    named = understood / len(header)
    score = float((cells == width).mean()) + 0.5 * (int(cells[0]) == width) + named + 0.5 * _whole(scanned, records)
    score -= _spaced(scanned) + 0.5 * bool(titles)
    return None if titles and score < _PROSE else _Cut(sign, score, width)


def _whole(scanned: Scan, records: np.ndarray) -> float:
    """How whole the first cells are: the share that are an address, a day or a number, less the share cut amid separators."""
    cells = [cell for record in records[:_LOOKED_AT] for cell in record_cells(scanned, int(record))[:MOST_COLUMNS]]
    whole = [_WHOLE.fullmatch(cell.strip()) is not None for cell in cells]
    torn = [not sound and any(map(cell.__contains__, SEPARATORS)) for cell, sound in zip(cells, whole, strict=True)]
    return (sum(whole) - sum(torn)) / len(cells)


def _spaced(scanned: Scan) -> float:
    """The share of separators with a blank behind them: in sentences, nearly all."""
    signs = np.frombuffer(scanned.data, np.uint8)
    inner = scanned.cell_ends[signs[scanned.cell_ends] == ord(scanned.separator)]
    return float((signs[inner + 1] == 0x20).mean()) if len(inner) else 0.0
