"""Problems: the one frame in which every step of an import says what it found (docs/architecture.md).

Belongs here: its shape and how a row of it is made. Does not: which problems there are, nor what follows from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from pipelines.language import say_rows

Severity = Literal["critical", "error", "warning"]
"""`critical` refuses the file, `error` rejects the row, `warning` only tells."""

SCHEMA: dict[str, pl.DataType] = {
    "rule": pl.String(),
    "severity": pl.String(),
    "line": pl.UInt32(),
    "column": pl.String(),
    "message": pl.String(),
    "cell": pl.String(),
}


@dataclass(frozen=True)
class Problem:
    """One problem of a file, of a line, or of a column (its header). The message holds no person's value (SEC-4)."""

    rule: str
    severity: Severity
    message: str
    line: int | None = None
    column: str | None = None
    cell: str | None = None


def problems_frame(found: Sequence[Problem] = ()) -> pl.DataFrame:
    """The Problems frame of those problems, in their order."""
    return pl.DataFrame({name: [getattr(each, name) for each in found] for name in SCHEMA}, schema=SCHEMA)


LISTED_PROBLEMS = 1000


def listed(problems: pl.DataFrame) -> list[dict[str, Any]]:
    """The first problems, as people read them: critical ones first, then by line; the offending cell in the message."""
    rank = pl.col("severity").replace_strict({"critical": 0, "error": 1, "warning": 2}, default=3, return_dtype=pl.Int8)
    message = (
        pl.when(pl.col("cell").is_not_null())
        .then(say_rows("{message} (the cell holds {cell})", message="message", cell=pl.col("cell").str.slice(0, 80)))
        .otherwise("message")
    )
    return (
        problems.sort(rank, "line", nulls_last=False, maintain_order=True)
        .head(LISTED_PROBLEMS)
        .select("rule", "severity", "line", "column", message.alias("message"))
        .to_dicts()
    )


def cell_problems(
    rule: str,
    severity: Severity,
    message: str | pl.Series,
    *,
    lines: pl.Series,
    column: str | None = None,
    cells: pl.Series | None = None,
) -> pl.DataFrame:
    """One problem for each of `lines`, all of one rule and column; `message` and `cells` are theirs, in that order."""
    return pl.select(
        rule=pl.lit(rule),
        severity=pl.lit(severity),
        line=lines,
        column=pl.lit(column, pl.String),
        message=message if isinstance(message, pl.Series) else pl.lit(message),
        cell=pl.lit(None, pl.String) if cells is None else cells,
    ).cast(SCHEMA)  # pyright: ignore[reportArgumentType]
