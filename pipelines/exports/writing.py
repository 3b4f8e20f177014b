"""A query's rows → one file: CSV, TXT, Parquet or XLSX (EXP-3).

Belongs here: which writer a format has, row groups. Does not: what a cell holds, texts (`text_files`), sheets (`workbooks`), nor
where the file ends up.
"""

# pyarrow has no type stubs: what comes out of it is unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from pipelines.declarations.model import Export
from pipelines.exports import workbooks
from pipelines.exports.columns import Column
from pipelines.exports.text_files import write_text
from pipelines.fields import Locale

BATCH_ROWS = 122_880
"""Rows fetched and written at a time: DuckDB's row group, so that a Parquet file has the same."""


def write_rows(
    session: duckdb.DuckDBPyConnection,
    export: Export,
    columns: Sequence[Column],
    query: exp.Select,
    path: Path,
    locale: Locale,
    instant: datetime,
) -> tuple[int, str]:
    """Write every row of `query` (`audience.rows`) to `path` under the columns' headers: how many, and the file's SHA-256.

    `path` lies in a folder of the caller's, where parts of the file lie meanwhile. OSError where the disk is in the way.
    """
    headers = [column.header for column in columns]
    if export.format in ("csv", "txt"):
        return write_text(session, export, headers, query, path)
    found = session.sql(query.sql("duckdb"))
    # Closed however it ends: a result that is left open keeps its session from all else.
    with closing(found.to_arrow_reader(workbooks.BATCH_ROWS if export.format == "xlsx" else BATCH_ROWS)) as batches:
        if export.format == "xlsx":
            written = workbooks.write_workbook(export.name, columns, map(_as_frame, batches), path, locale, instant)
        else:
            written = _write_parquet(headers, batches, path)
    with path.open("rb") as file:
        return written, hashlib.file_digest(file, "sha256").hexdigest()


def _as_frame(batch: pa.RecordBatch) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(batch))


def _write_parquet(headers: Sequence[str], batches: pa.RecordBatchReader, path: Path) -> int:
    schema = pa.schema([field.with_name(name) for field, name in zip(batches.schema, headers, strict=True)])
    written = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.rename_columns(list(headers)))
            written += batch.num_rows
    return written
