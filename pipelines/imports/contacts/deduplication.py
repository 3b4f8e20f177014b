"""De-duplication: good rows → one row a key (IMP-7), and which line's cell won (IMP-12b).

For each field the last cell that is not empty wins, in file order; crosses are united; of consents the strictest wins
(STA-5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.channels import CHANNELS, CONSENTS
from pipelines.contacts.suppression import strictness
from pipelines.declarations.model import ContactBase
from pipelines.fields import Field, Format
from pipelines.files.problems import cell_problems, problems_frame
from pipelines.imports.contacts.frames import FOUND, LINE, MALFORMED, SKIPPED, WHO
from pipelines.language import say_rows

_LINES, _ROW = "lines:", "row:"  # A colon cannot stand in a field's name.
_NAMED = 10
"""Lines and fields that a message names (IMP-12b)."""


@dataclass(frozen=True)
class Deduplicated:
    """`frame`: a CleanFrame with one row a key, `carnet_line` that of its last row, in file order.

    `duplicates`: rows − keys. `winners`: for each contact of several rows and each field, `line` (of its row in
    `frame`), `column` (the field) and `winner_line` (of crosses, which are united: the last line that has some).
    `problems`: the same for people, one warning a contact; `in_full`: what those that are cut short would say, for the report.
    """

    frame: pl.DataFrame
    duplicates: int
    winners: pl.DataFrame
    problems: pl.DataFrame
    in_full: tuple[str, ...] = ()


def deduplicate(frame: pl.DataFrame, key: str, base: ContactBase) -> Deduplicated:
    """Join the rows of a CleanFrame that have one key; `base` knows every value of its lists, added ones too.

    Where the frame says WHO a row is of, that joins them, and the key is a field as others are (IMP-6c).
    """
    key = WHO if WHO in frame.columns else key
    fields = [field for field in base.fields if field.name in frame.columns]
    beside = [name for name in frame.columns if name == FOUND or name.startswith(SKIPPED)]
    columns = [LINE, *(field.name for field in fields), *beside]
    several = frame[key].is_duplicated()
    if not several.any():
        return Deduplicated(frame.select(columns), 0, _winners(frame.select(LINE).clear()), problems_frame())
    repeated = frame.filter(several).with_row_index(_ROW)
    groups = _groups(repeated, key, fields)
    joined = groups.select(LINE, *(_values(repeated, groups, key, field) for field in fields), *beside)
    whole = pl.concat([frame.filter(~several).select(columns), joined]).sort(LINE)
    won = groups.select(
        LINE, _LINES, *(repeated[LINE].gather(groups[f.name]).alias(f.name) for f in fields if f.name != key)
    )
    return Deduplicated(whole, frame.height - whole.height, _winners(won), _problems(won), _in_full(won))


def _groups(repeated: pl.DataFrame, key: str, fields: Sequence[Field]) -> pl.DataFrame:
    """One row a key: the key, its last and all of its lines, and for each other field the row whose cell wins."""
    others = [field for field in fields if field.name != key]
    groups = repeated.group_by(key, maintain_order=True).agg(
        pl.col(LINE).last(),
        pl.col(LINE).alias(_LINES),
        *(_winner(field, repeated.height, set(repeated.columns)).alias(field.name) for field in others),
        *(pl.col(name).first() for name in (FOUND,) if name in repeated.columns),
        *(pl.col(name).any() for name in repeated.columns if name.startswith(SKIPPED)),
    )
    return groups.with_columns(_of_malformed(repeated, groups))


def _winner(field: Field, height: int, columns: set[str]) -> pl.Expr:
    """The row of a group whose cell wins: the last that is not empty, of consents the last of the strictest."""
    row, filled = pl.col(_ROW), pl.col(field.name).is_not_null()
    if field.name in CONSENTS:
        return (strictness(field.name).cast(pl.Int64) * height + row).max() % height
    for each in CHANNELS:
        if field.name == each.status and MALFORMED + each.address in columns:
            filled &= ~pl.col(MALFORMED + each.address)
    return row.filter(filled).max().cast(pl.Int64)


def _of_malformed(repeated: pl.DataFrame, groups: pl.DataFrame) -> list[pl.Series]:
    """The status that a malformed address set holds where that address wins, and only there."""
    found: list[pl.Series] = []
    for each in CHANNELS:
        if MALFORMED + each.address in repeated.columns:
            malformed = repeated[MALFORMED + each.address].gather(groups[each.address])
            row = pl.when(malformed).then(groups[each.address]).otherwise(groups[each.status])
            found.append(pl.select(row).to_series().alias(each.status))
    return found


def _values(repeated: pl.DataFrame, groups: pl.DataFrame, key: str, field: Field) -> pl.Series:
    if field.name == key:
        return groups[key]
    if field.format is Format.MULTI_SELECT:
        return _united(repeated, groups, key, field)
    return repeated[field.name].gather(groups[field.name]).alias(field.name)


def _united(repeated: pl.DataFrame, groups: pl.DataFrame, key: str, field: Field) -> pl.Series:
    """IMP-7: the crosses of all rows of a group, in declared order."""
    order = pl.DataFrame(
        {field.name: field.codes, _ROW: range(len(field.codes))}, schema={field.name: pl.String, _ROW: pl.UInt32}
    )
    values = repeated.select(key, field.name).drop_nulls().explode(field.name).unique()
    lists = values.join(order, on=field.name).sort(_ROW).group_by(key).agg(field.name)
    return groups.select(key).join(lists, on=key, how="left", maintain_order="left")[field.name]


def _winners(won: pl.DataFrame) -> pl.DataFrame:
    fields = pl.concat(
        [
            pl.DataFrame(schema={"line": pl.UInt32, "column": pl.String, "winner_line": pl.UInt32}),
            *(won.select(line=LINE, column=pl.lit(name), winner_line=name) for name in _fields(won)),
        ]
    )
    return fields.drop_nulls("winner_line").sort("line", maintain_order=True)


def _fields(won: pl.DataFrame) -> list[str]:
    return [name for name in won.columns if name not in (LINE, _LINES)]


def _problems(won: pl.DataFrame) -> pl.DataFrame:
    """One warning a contact; of many lines, or cells that won, it names the first ones, and how many more there are."""
    message = won.select(_said(won, _NAMED)).to_series()
    return cell_problems("duplicate", "warning", message, lines=won[LINE])


def _in_full(won: pl.DataFrame) -> tuple[str, ...]:
    """What is said of the contacts whose warning is cut short, whole."""
    many = pl.col(_LINES).list.len() > _NAMED
    if len(_fields(won)) > _NAMED:
        many |= pl.sum_horizontal(pl.col(name).is_not_null() for name in _fields(won)) > _NAMED
    return tuple(won.filter(many).select(_said(won, None)).to_series())


def _said(won: pl.DataFrame, most: int | None) -> pl.Expr:
    parts = [
        pl.lit(None, pl.String),
        *(say_rows("{field} from line {line}", field=pl.lit(name), line=name) for name in _fields(won)),
    ]
    cells = _first(pl.concat_list(parts).list.drop_nulls(), most)
    lines = _first(pl.col(_LINES).cast(pl.List(pl.String)), most)
    alone = say_rows("Lines {lines} have one key and make one contact.", lines=lines)
    return (
        pl.when(cells != "")
        .then(say_rows("Lines {lines} have one key and make one contact: {cells}.", lines=lines, cells=cells))
        .otherwise(alone)
    )


def _first(texts: pl.Expr, most: int | None) -> pl.Expr:
    if most is None:
        return texts.list.join(", ")
    first, more = texts.list.head(most).list.join(", "), texts.list.len().cast(pl.Int64) - most
    rest = say_rows(" and {more} more (all of them in the report)", more=more)
    return pl.when(more > 0).then(first + rest).otherwise(first)
