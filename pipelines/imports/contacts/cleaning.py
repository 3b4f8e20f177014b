"""Cleaning: text cells under a mapping → one typed column a field, and what could not be read (IMP-5 to IMP-9, FLD-4).

Belongs here: which reader a column needs, and what a fault of it means. Does not: how a kind of cell is read
(`cells/`), nor which rows are rejected for it (`judging`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from pipelines.base.keys import read_addresses
from pipelines.cells.crosses import gather_values, read_crosses
from pipelines.cells.dates import read_dates, read_instants
from pipelines.cells.numbers import read_booleans, read_numbers
from pipelines.cells.reading import Cells, Fault
from pipelines.cells.selects import read_selects
from pipelines.cells.texts import tidy
from pipelines.channels import BY_ADDRESS
from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.fields import Field, Format
from pipelines.files.problems import Problem, Severity, cell_problems, problems_frame
from pipelines.files.reading import TextFrame
from pipelines.files.strays import ends_in_stray, without_stray
from pipelines.imports.contacts.frames import LINE, MALFORMED
from pipelines.imports.contacts.mapping import Column, Mapping


@dataclass(frozen=True)
class Cleaned:
    """The CleanFrame of every row, the problems found, and the values that the file adds to lists (FLD-3 `add`).

    Where a malformed address was kept, the frame has a Boolean column for it too (`frames.MALFORMED`).
    """

    frame: pl.DataFrame
    problems: pl.DataFrame
    added_values: dict[str, tuple[str, ...]]


@dataclass
class _Work:
    """What one file's cleaning needs and gathers."""

    text: TextFrame
    model: ImportModel
    base: ContactBase
    values: dict[str, pl.Series] = field(default_factory=dict[str, pl.Series])
    crosses: dict[str, dict[str, pl.Series]] = field(default_factory=dict[str, dict[str, pl.Series]])
    malformed: dict[str, pl.Series] = field(default_factory=dict[str, pl.Series])
    added: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    problems: list[pl.DataFrame] = field(default_factory=lambda: [problems_frame()])

    @property
    def lines(self) -> pl.Series:
        return self.text.frame["line"]

    def tell(
        self, fault: Fault, rule: str, severity: Severity, column: str | None = None, cells: pl.Series | None = None
    ) -> None:
        message = fault.message if isinstance(fault.message, str) else fault.message.filter(fault.where)
        shown = None if cells is None else cells.filter(fault.where)
        lines = self.lines.filter(fault.where)
        self.problems.append(cell_problems(rule, severity, message, lines=lines, column=column, cells=shown))


def clean(text: TextFrame, mapping: Mapping, model: ImportModel, base: ContactBase) -> Cleaned:
    """Read every column that has a purpose, and fill in the constants; rows are neither dropped nor joined."""
    work = _Work(text, model, mapping.base, added=dict(mapping.added_values))
    _short_lines(work)
    for column in mapping.columns:
        if column.role == "field":
            _read_field(work, column)
        elif column.role == "cross":
            _read_cross(work, column)
    for name, constant in model.constants.items():
        _fill_constant(work, work.base.field(name), constant)
    _set_statuses(work)
    return Cleaned(_frame(work), pl.concat(work.problems), work.added)


def _short_lines(work: _Work) -> None:
    """IMP-1: elsewhere than under `reject_row`, short lines are a matter of the file's rules."""
    if work.model.short_lines != "reject_row":
        return
    columns = len(work.text.headers)
    short = work.text.frame["cells"] < columns
    if short.any():
        message = f"The line has fewer cells than the {columns} of the header (`short_lines: reject_row`)."
        work.tell(Fault(short, message), "short_line", "error")


def _tidied(work: _Work, column: Column) -> pl.Series:
    """The column's text without what does not belong to it."""
    name = f"c{column.position}"
    frame = work.text.frame
    if work.model.stray_separators == "clean":
        return tidy(frame.select(without_stray(pl.col(name))).to_series())
    cells = tidy(frame[name])
    if work.model.stray_separators == "reject_row":
        stray = frame.select(ends_in_stray(pl.col(name)).fill_null(value=False)).to_series()
        if stray.any():
            message = 'The cell ends in a stray separator or quote (`;`, `,`, `"`): remove it.'
            work.tell(Fault(stray, message), "stray_separator", "error", column.header, cells)
    return cells


def _read_field(work: _Work, column: Column) -> None:
    target = work.base.field(str(column.field))
    cells = _tidied(work, column)
    if target.name == work.base.key:
        work.values[target.name] = _read_key(work, column, target, cells)
    elif target.name in BY_ADDRESS:
        work.values[target.name] = _read_address(work, column, target, cells)
    else:
        read = _read(work, target, cells)
        rule, severity = _consequence(target)
        for fault in read.faults:
            work.tell(fault, rule, severity, column.header, cells)
        work.values[target.name] = read.values
        if target.is_select and target.name in work.added:
            _tell_added(work, target, column, read.values)


def _tell_added(work: _Work, target: Field, column: Column, values: pl.Series) -> None:
    """FLD-3: each value that the file adds to the field's list, on the first line that has it."""
    given = pl.DataFrame({"line": work.lines, "value": values})
    new = pl.Series("value", work.added[target.name], dtype=pl.String).to_frame()
    first = given.join(new, on="value", how="semi").unique("value", keep="first", maintain_order=True)
    work.problems.append(_added(target, first["line"], first["value"], column.header))


def _added(target: Field, lines: pl.Series, values: pl.Series, header: str | None = None) -> pl.DataFrame:
    message = f"The value is new to {target.name}: it is added at the end of its list (`unknown_values: add`)."
    return cell_problems("value_added", "warning", message, lines=lines, column=header, cells=values)


def _consequence(target: Field) -> tuple[str, Severity]:
    """FLD-3, IMP-9: what follows from a cell that cannot be read in its field's format."""
    if not target.is_select:
        return "unreadable_cells", "error"
    return ("undeclared_values", "error") if target.unknown_values == "reject" else ("value_skipped", "warning")


def _read(work: _Work, target: Field, cells: pl.Series) -> Cells:
    base = work.base
    if target.format is Format.SINGLE_SELECT:
        selected = read_selects(cells, target)
        if selected.added:
            work.added[target.name] = selected.added
        return selected.cells
    if target.instant:
        return read_instants(cells, base.locale, base.timezone)
    readers: dict[Format, Callable[[pl.Series], Cells]] = {
        Format.NUMBER: lambda column: read_numbers(column, base.locale),
        Format.DATE: lambda column: read_dates(column, base.locale),
        Format.BOOLEAN: read_booleans,
    }
    return readers.get(target.format, Cells)(cells)


def _read_key(work: _Work, column: Column, target: Field, cells: pl.Series) -> pl.Series:
    """IMP-6: a row without a valid key is a row problem."""
    read = read_addresses(target.name, cells, work.base)
    missing = cells.is_null()
    if missing.any():
        message = f"The row has no {target.name}, the key that tells contacts apart: fill it in."
        work.tell(Fault(missing, message), "invalid_key", "error", column.header)
    for fault in read.faults:
        work.tell(fault, "invalid_key", "error", column.header, cells)
    return read.values


def _read_address(work: _Work, column: Column, target: Field, cells: pl.Series) -> pl.Series:
    """IMP-9: an address that is not the key is kept though malformed, and its status says so."""
    read = read_addresses(target.name, cells, work.base)
    for fault in read.faults:
        status = BY_ADDRESS[target.name].malformed
        message = pl.select(pl.lit(fault.message) + f" It is kept as it is, with the status {status}.").to_series()
        work.tell(Fault(fault.where, message), "malformed_address", "warning", column.header, cells)
        work.malformed[target.name] = fault.where
    return read.values.fill_null(cells) if read.faults else read.values


def _read_cross(work: _Work, column: Column) -> None:
    cells = _tidied(work, column)
    read = read_crosses(cells)
    for fault in read.faults:
        work.tell(fault, "not_a_cross", "error", column.header, cells)
    crosses = work.crosses.setdefault(str(column.field), {})
    value = str(column.value)
    if value not in crosses and value in work.added.get(str(column.field), ()):
        first = work.lines.filter(read.values).head(1).extend_constant(None, int(not read.values.any()))
        work.problems.append(_added(work.base.field(str(column.field)), first, pl.Series([value]), column.header))
    crosses[value] = crosses[value] | read.values if value in crosses else read.values


def _fill_constant(work: _Work, target: Field, constant: str | tuple[str, ...]) -> None:
    """IMP-5: one value for every contact of the import; one of a multi-select joins the crosses."""
    texts = (constant,) if isinstance(constant, str) else constant
    cells = tidy(pl.Series(texts, dtype=pl.String))
    if target.name in BY_ADDRESS:
        read = read_addresses(target.name, cells, work.base)
    elif target.format is Format.MULTI_SELECT:
        selected = read_selects(cells, target)
        read = selected.cells
        work.added |= {target.name: (*work.added.get(target.name, ()), *selected.added)} if selected.added else {}
    else:
        read = _read(work, target, cells)
    if read.faults:
        message = f"The model's constant for {target.name} cannot be read as {target.format.value}: correct the model."
        work.problems.append(problems_frame([Problem("constant", "critical", message)]))
        return
    _tell_added_constants(work, target, read.values)
    height = work.text.frame.height
    if target.format is not Format.MULTI_SELECT:
        work.values[target.name] = read.values.new_from_index(0, height)
        return
    crosses = work.crosses.setdefault(target.name, {})
    crosses |= {value: pl.repeat(value=True, n=height, eager=True) for value in read.values}


def _tell_added_constants(work: _Work, target: Field, values: pl.Series) -> None:
    new = values.filter(values.is_in(work.added.get(target.name, ()))) if target.is_select else values.clear()
    if len(new):
        work.problems.append(_added(target, pl.Series([None], dtype=pl.UInt32).new_from_index(0, len(new)), new))


def _set_statuses(work: _Work) -> None:
    """The status of a malformed address wins over the file's own."""
    for address, malformed in work.malformed.items():
        channel = BY_ADDRESS[address]
        given = work.values.get(channel.status, pl.lit(None, pl.String))
        status = pl.when(malformed).then(pl.lit(channel.malformed)).otherwise(given)
        work.values[channel.status] = pl.select(status).to_series()


def _frame(work: _Work) -> pl.DataFrame:
    columns = [work.lines.alias(LINE)]
    for target in work.base.fields:
        if target.name in work.crosses:
            crossed = work.crosses[target.name]
            codes = (*target.codes, *work.added.get(target.name, ()))
            ordered = {code: crossed[code] for code in codes if code in crossed}
            columns.append(gather_values(ordered, work.text.frame.height).alias(target.name))
        elif target.name in work.values:
            columns.append(work.values[target.name].alias(target.name))
    columns += [malformed.alias(MALFORMED + address) for address, malformed in work.malformed.items()]
    return pl.DataFrame(columns)
