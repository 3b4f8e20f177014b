"""The answer of an inspection for one file, for people and as the contract's JSON (IMP-18)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipelines.errors import CarnetError
from pipelines.files.encodings import DAMAGED_UTF8, UNKNOWN, UTF8, Encoding
from pipelines.files.kinds import TEXT, Kind
from pipelines.files.problems import listed, problems_frame
from pipelines.inspection.meaning import Purpose
from pipelines.inspection.proposing import ProposedField


@dataclass(frozen=True)
class Inspection:
    """The answer for one file.

    `encoding`: a Python codec, None where the file is no text. `header`: empty where there is none; `header_line`: where it stands.
    `rows`: None where the file is too large to be counted. `problems`: the frame of docs/architecture.md. `sample`: the first rows.
    `model`: an ImportModel document, None where there is nothing to map. `error`: why the file could not be opened. `sheet`: which
    of a workbook's `sheets` was looked at.
    """

    file: str
    kind: Kind = TEXT
    encoding: Encoding | None = None
    separator: str | None = None
    header: tuple[str, ...] = ()
    header_line: int | None = None
    rows: int | None = 0
    problems: pl.DataFrame = field(default_factory=problems_frame)
    sample: tuple[dict[str, str | None], ...] = ()
    columns: tuple[Purpose, ...] = ()
    fields: tuple[ProposedField, ...] = ()
    model: str | None = None
    error: CarnetError | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON of `inspect`, and what goes beyond it: `kind`, `header_line`, `columns`, `fields`."""
        return {
            "file": self.file,
            "encoding": _codec(self.encoding),
            "separator": self.separator,
            "header": list(self.header),
            "rows": self.rows,
            "problems": listed(self.problems),
            "sample": list(self.sample),
            "model": self.model,
            "kind": self.kind.name,
            "sheet": self.sheet,
            "header_line": self.header_line,
            "columns": [_column_json(column) for column in self.columns],
            "fields": [vars(field) for field in self.fields],
        }


def _codec(encoding: Encoding | None) -> str | None:
    if encoding is None or encoding.name == UNKNOWN:
        return None
    return UTF8 if encoding.name == DAMAGED_UTF8 else encoding.name


def _column_json(column: Purpose) -> dict[str, Any]:
    held = column.held
    return {
        "header": column.header,
        "holds": held.holds,
        "format": held.format,
        "field": column.field,
        "value": column.value,
        "filled": held.filled,
        "distinct": held.distinct,
        "note": column.note,
    }
