"""Batches of rows → one file: CSV, TXT or Parquet (EXP-3).

Belongs here: separators, quotes, line endings, row groups. Does not: what a cell holds, nor where the file ends up.
"""

# pyarrow has no type stubs: what comes out of it is unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypedDict

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.declarations.model import Export

BATCH_ROWS = 122_880
"""Rows fetched and written at a time: DuckDB's row group, so that a Parquet file has the same."""

_SEPARATORS = {"csv": ";", "txt": "\t"}


class _TextOptions(TypedDict):
    separator: str
    line_terminator: str


def write_rows(export: Export, headers: Sequence[str], batches: Any, path: Path) -> int:
    """Write every batch of an Arrow reader to `path` under those headers; how many rows were written."""
    if export.format == "parquet":
        return _write_parquet(headers, batches, path)
    return _write_text(export, headers, batches, path)


def _write_text(export: Export, headers: Sequence[str], batches: Iterable[pa.RecordBatch], path: Path) -> int:
    options = _TextOptions(separator=_SEPARATORS[export.format], line_terminator="\r\n" if export.excel else "\n")
    written = 0
    with path.open("wb") as file:
        head = pl.DataFrame(schema=dict.fromkeys(headers, pl.String))
        head.write_csv(file, include_bom=export.excel, **options)
        for batch in batches:
            frame = _frame(batch)
            frame.write_csv(file, include_header=False, **options)
            written += frame.height
    return written


def _frame(batch: pa.RecordBatch) -> pl.DataFrame:
    """The batch; the empty cells of a single column as `""`, for a blank line would be no row at all."""
    frame = pl.DataFrame(pl.from_arrow(batch))
    return frame.fill_null("") if frame.width == 1 else frame


def _write_parquet(headers: Sequence[str], batches: pa.RecordBatchReader, path: Path) -> int:
    schema = pa.schema([field.with_name(name) for field, name in zip(batches.schema, headers, strict=True)])
    written = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.rename_columns(list(headers)))
            written += batch.num_rows
    return written
