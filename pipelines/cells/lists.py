"""Cells that hold several values of a multi-select: separated, each quoted or not, or a JSON list (IMP-5).

An export with `multi_select: joined` writes such cells, and they come back as they were. Belongs here: taking texts apart, and
which values they name. Does not: columns of crosses (`crosses`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

import polars as pl

from pipelines.cells.invisible import visible
from pipelines.cells.reading import Fault, faults
from pipelines.cells.selects import codes_of, undeclared
from pipelines.cells.texts import BLANKS
from pipelines.fields import Field
from pipelines.language import say

_ROW, _VALUE, _PLACE = "row", "value", "place"
JSON: Literal["json"] = "json"


@dataclass(frozen=True)
class ReadLists:
    """`values`: List(String), codes in the order of the field's list, NULL where a cell names none.

    `unread`: cells that are no list. `undeclared`: cells that name values the field does not have; the others are in `values`.
    `added`: values that the field's list grows by (FLD-3 `add`), in file order.
    """

    values: pl.Series
    unread: tuple[Fault, ...] = ()
    undeclared: tuple[Fault, ...] = ()
    added: tuple[str, ...] = ()


def read_lists(cells: pl.Series, field: Field, form: str) -> ReadLists:
    """Tidy cells as lists of the field's values; `form`: what stands between the values, or `json`."""
    distinct = cells.drop_nulls().unique(maintain_order=True)
    parts = _json_parts(distinct) if form == JSON else split_parts(distinct, form)
    named = pl.DataFrame({_ROW: pl.int_range(len(parts), eager=True), _VALUE: parts}).explode(_VALUE)
    named = named.with_columns(visible(named[_VALUE])).drop_nulls()  # FLD-7
    texts = named[_VALUE].unique(maintain_order=True)
    codes, added = codes_of(texts, field)
    named = named.with_columns(code=named[_VALUE].replace_strict(texts, codes, default=None, return_dtype=pl.String))
    lists = in_order(named.select(_ROW, pl.col("code").alias(_VALUE)), len(distinct), (*field.codes, *added))
    unknown = named.filter(pl.col("code").is_null())[_ROW].unique()
    table = pl.DataFrame({"cell": distinct, "list": lists, "unread": parts.is_null()}).with_row_index(_ROW)
    table = table.with_columns(undeclared=pl.col(_ROW).is_in(unknown.implode()))
    found = cells.to_frame("cell").join(table, on="cell", how="left", maintain_order="left")
    return ReadLists(
        found["list"],
        faults(
            found["unread"].fill_null(value=False), say('This is no JSON list of texts: write it like ["one", "two"].')
        ),
        faults(found["undeclared"].fill_null(value=False), undeclared(field)),
        added,
    )


def in_order(named: pl.DataFrame, height: int, codes: Sequence[str]) -> pl.Series:
    """`row` and `value`, one a line → List(String) of each row's values, once each, in the order of `codes`; NULL for none."""
    order = pl.DataFrame({_VALUE: codes, _PLACE: range(len(codes))}, schema={_VALUE: pl.String, _PLACE: pl.UInt32})
    placed = named.drop_nulls().unique().join(order, on=_VALUE).sort(_ROW, _PLACE)
    lists = placed.group_by(_ROW, maintain_order=True).agg(_VALUE)
    rows = pl.DataFrame({_ROW: pl.int_range(height, eager=True)}, schema={_ROW: named.schema[_ROW]})
    return rows.join(lists, on=_ROW, how="left", maintain_order="left")[_VALUE]


def united(columns: Sequence[pl.Series], codes: Sequence[str]) -> pl.Series:
    """Several columns of lists as one, each row's values once, in the order of `codes`."""
    if len(columns) == 1:
        return columns[0]
    long = [pl.DataFrame({_VALUE: column}).with_row_index(_ROW).explode(_VALUE) for column in columns]
    return in_order(pl.concat(long), len(columns[0]), codes)


def split_parts(texts: pl.Series, separator: str) -> pl.Series:
    """Each text as a list of trimmed parts that are not empty; a part in quotes may hold the separator, and `""` for a quote."""
    quoted = texts.str.contains('"', literal=True)
    apart = texts.str.split(separator)
    if quoted.any():
        # What is quoted is rarer, and no pattern of polars tells it apart: each distinct text once.
        slow = pl.Series([_split(text, separator) for text in texts.filter(quoted)], dtype=pl.List(pl.String))
        apart = pl.concat([apart.filter(~quoted), slow]).gather(_places(quoted))
    part = pl.element().str.strip_chars(BLANKS)
    return apart.list.eval(part.filter(part != ""))


def _places(last: pl.Series) -> pl.Series:
    """Where each row stands once those of `last` were put behind the others."""
    behind = last.cum_sum().cast(pl.Int64) - 1 + (~last).sum()
    return pl.select(pl.when(last).then(behind).otherwise((~last).cum_sum().cast(pl.Int64) - 1)).to_series()


def _split(text: str, separator: str) -> list[str]:
    """As a line of CSV; quotes that do not enclose a whole part are signs like others."""
    parts: list[str] = []
    at = 0
    while at <= len(text):
        found = _part(separator).match(text, at)
        if found is None:
            break
        quoted, plain = found.groups()
        parts.append(plain if quoted is None else quoted.replace('""', '"'))
        at = found.end() + 1
    return parts


@cache
def _part(separator: str) -> re.Pattern[str]:
    sign = re.escape(separator)
    return re.compile(rf'\s*"((?:[^"]|"")*)"\s*(?={sign}|\Z)|([^{sign}]*)', re.DOTALL)


def _json_parts(texts: pl.Series) -> pl.Series:
    return pl.Series([_json_list(text) for text in texts], dtype=pl.List(pl.String))


def _json_list(text: str) -> list[str] | None:
    """The texts of a JSON list, or of one text; None for anything else."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    items = cast("list[Any]", found) if isinstance(found, list) else [found]
    if not all(isinstance(item, str | int | float | None) for item in items):
        return None
    texts = (item if isinstance(item, str) else json.dumps(item) for item in items if item is not None)
    return [stripped for text in texts if (stripped := text.strip(BLANKS))]
