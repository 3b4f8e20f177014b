"""Rows of a person in a Parquet file: written anew without them, its schema and its metadata as they were."""

# pyarrow has no type stubs: what comes out of it is unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipelines.fields import fold
from pipelines.traces.person import Traces


def without_rows_of_parquet(path: Path, aside: Path, traces: Traces) -> int:
    """Write `path` to `aside` without the rows that name the person, where there are any; how many there are."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    frame = pl.DataFrame(pl.from_arrow(table))
    named = (
        frame.select(naming(frame, traces).alias("named"))["named"] if frame.width else pl.Series([], dtype=pl.Boolean)
    )
    count = int(named.sum())
    if count:
        pq.write_table(table.filter((~named).to_arrow()), aside, compression="zstd")
    return count


def naming(frame: pl.DataFrame, traces: Traces) -> pl.Expr:
    """Where a row names the person: in a text, in a list of texts, or in a column that names contacts."""
    found = [pl.lit(value=False)]
    for name, kind in frame.schema.items():
        values = traces.named.get(fold(name.removeprefix("former:")), frozenset())
        if values:
            found.append(pl.col(name).cast(pl.String, strict=False).str.replace(r"\.0$", "").is_in(list(values)))
        if traces.portable is None:
            continue
        if kind == pl.String or isinstance(kind, pl.Categorical | pl.Enum):
            found.append(pl.col(name).cast(pl.String).str.contains(traces.portable))
        elif isinstance(kind, pl.List) and kind.inner == pl.String:
            found.append(pl.col(name).list.join("\n", ignore_nulls=True).str.contains(traces.portable))
        elif isinstance(kind, pl.Struct):
            found.append(pl.col(name).struct.json_encode().str.contains(traces.portable))
    return pl.any_horizontal(each.fill_null(value=False) for each in found)
