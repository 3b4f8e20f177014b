"""Cleaning: text cells under a mapping → one typed column a field, and what could not be read (IMP-5 to IMP-9, FLD-4).

Belongs here: which reader a column needs, and what a fault of it means. Does not: how a kind of cell is read
(`cells/`), nor which rows are rejected for it (`judging`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

import polars as pl

from pipelines.base.keys import read_addresses
from pipelines.cells.consents import read_consents
from pipelines.cells.mobiles import landlines
from pipelines.cells.placeholders import NO_ANSWER, without_placeholders
from pipelines.cells.reading import Fault
from pipelines.cells.selects import read_selects
from pipelines.cells.texts import tidy
from pipelines.channels import BY_ADDRESS, CONSENTS, SMS
from pipelines.contacts.suppression import LISTED, stricter
from pipelines.declarations.model import KEY_ONLY, ContactBase, ImportModel
from pipelines.fields import Field, Format
from pipelines.files.problems import Problem, Severity, problems_frame
from pipelines.files.reading import TextFrame
from pipelines.imports.contacts.columns import Column
from pipelines.imports.contacts.frames import LINE, MALFORMED, SKIPPED
from pipelines.imports.contacts.mapping import Mapping
from pipelines.imports.contacts.multi_selects import lists_of, read_cross, read_list, tell_added, tell_added_constants
from pipelines.imports.contacts.readers import FileForms, doubts, read_cells
from pipelines.imports.contacts.work import Work, cells_of, consequence, tell_unread
from pipelines.language import say, say_many

_NO_MOBILE = "bad_number"


@dataclass(frozen=True)
class Cleaned:
    """The CleanFrame of every row, the problems found, and the values that the file adds to lists (FLD-3 `add`).

    Where a malformed address was kept, or a cell left out, the frame has a Boolean column for it too (`frames`).
    """

    frame: pl.DataFrame
    problems: pl.DataFrame
    added_values: dict[str, tuple[str, ...]]


def clean(text: TextFrame, mapping: Mapping, model: ImportModel, base: ContactBase) -> Cleaned:
    """Read every column that has a purpose, and fill in the constants; rows are neither dropped nor joined."""
    work = Work(text, model, mapping.base, added=dict(mapping.added_values))
    _short_lines(work)
    _read_columns(work, mapping.columns)
    for name, constant in model.constants.items():
        _fill_constant(work, work.base.field(name), constant)
    _set_statuses(work)
    return Cleaned(_frame(work), pl.concat([problems_frame(), *work.problems]), work.added)


def _read_columns(work: Work, columns: Sequence[Column]) -> None:
    """Read the columns field by field, as many fields at once as there are cores: polars reads one column on one of them."""
    of_fields: dict[str, list[Column]] = {}
    for column in columns:
        if column.role in ("field", "cross", "list"):
            of_fields.setdefault(str(column.field), []).append(column)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        # In a context of ours each: what is told is said in the language that is spoken here.
        read = [
            threads.submit(copy_context().run, _read_apart, work.apart(name), of_fields[name]) for name in of_fields
        ]
        for each in read:
            work.gather(each.result())


def _read_apart(work: Work, columns: Sequence[Column]) -> Work:
    """What the columns of one field hold."""
    for column in columns:
        if column.role == "field":
            _read_field(work, column)
        elif column.role == "cross":
            read_cross(work, column)
        else:
            read_list(work, column)
    return work


def _short_lines(work: Work) -> None:
    """IMP-1: elsewhere than under `reject_row`, short lines are a matter of the file's rules."""
    if work.model.short_lines != "reject_row":
        return
    columns = len(work.text.headers)
    short = work.text.frame["cells"] < columns
    if short.any():
        message = say(
            "The line has fewer cells than the {columns} of the header (`short_lines: reject_row`).", columns=columns
        )
        work.tell(Fault(short, message), "short_line", "error")


def _read_field(work: Work, column: Column) -> None:
    target = work.base.field(str(column.field))
    cells = cells_of(work, column, target)
    if target.name == work.base.key:
        work.values[target.name] = _read_key(work, column, target, cells)
    elif target.name in BY_ADDRESS:
        work.values[target.name] = _read_address(work, column, target, cells)
    elif target.name in CONSENTS:
        _read_consent(work, column, target, cells)
    else:
        selected = read_cells(cells, target, FileForms.of(work.model, work.base))
        work.add(target.name, selected.added)
        work.values[target.name] = selected.cells.values
        _tell_doubts(work, column, target, cells)
        for fault in selected.cells.faults:
            tell_unread(work, column, target, cells, fault)
        if selected.added:
            tell_added(work, target, column, work.values[target.name])


def _read_consent(work: Work, column: Column, target: Field, cells: pl.Series) -> None:
    """STA-5: of several columns for a consent, and a constant, the strictest counts."""
    read = read_consents(cells, target)
    beside = target.name in work.model.constants and not column.explicit
    for fault in read.faults:
        rule: tuple[str, Severity] = ("value_skipped", "warning") if beside else consequence(target, work.model)
        work.tell(fault, *rule, column.header, cells)
    work.values[target.name] = _strictest(target, read.values, work.values.get(target.name))


def _strictest(target: Field, values: pl.Series, others: pl.Series | None) -> pl.Series:
    if others is None:
        return values
    name, both = target.name, pl.DataFrame({target.name: values, LISTED + target.name: others})
    return both.select(stricter(name, name).alias(name)).to_series()


def _tell_doubts(work: Work, column: Column, target: Field, given: pl.Series) -> None:
    """IMP-6b: what of a whole column speaks against how it is read, told once."""
    for doubt in doubts(given, work.values[target.name], target, FileForms.of(work.model, work.base)):
        if doubt.where.any():
            count, line = int(doubt.where.sum()), int(work.lines.filter(doubt.where)[0])
            said = say_many(
                "In {n} cell (line {line}) {doubt}",
                "In {n:,} cells (the first on line {line}) {doubt}",
                count,
                line=line,
                doubt=doubt.message,
            )
            work.problems.append(problems_frame([Problem(doubt.rule, "warning", said, line, column.header)]))


def _read_key(work: Work, column: Column, target: Field, cells: pl.Series) -> pl.Series:
    """IMP-6: a row without a valid key is a row problem."""
    cells = without_placeholders(cells, NO_ANSWER)
    read = read_addresses(target.name, cells, work.base)
    missing = cells.is_null()
    if missing.any() and work.model.match is None:
        message = say("The row has no {field}, the key that tells contacts apart: fill it in.", field=target.name)
        work.tell(Fault(missing, message), "invalid_key", "error", column.header)
    for fault in read.faults:
        work.tell(fault, "invalid_key", "error", column.header, cells)
    _tell_landlines(work, column, target, cells, read.values)
    return read.values


def _read_address(work: Work, column: Column, target: Field, cells: pl.Series) -> pl.Series:
    """IMP-9: an address that is not the key is kept though malformed, and its status says so."""
    cells = without_placeholders(cells, NO_ANSWER)
    read = read_addresses(target.name, cells, work.base)
    for fault in read.faults:
        status = BY_ADDRESS[target.name].malformed
        kept = say("It is kept as it is, with the status {status}.", status=status)
        message = pl.select(pl.lit(fault.message) + f" {kept}").to_series()
        work.tell(Fault(fault.where, message), "malformed_address", "warning", column.header, cells)
        work.has_status(target.name, fault.where, status)
    _tell_landlines(work, column, target, cells, read.values)
    return read.values.fill_null(cells) if read.faults else read.values


def _tell_landlines(work: Work, column: Column, target: Field, cells: pl.Series, numbers: pl.Series) -> None:
    """IMP-6: a number that no mobile has is kept, and never written to."""
    if target.name != SMS.address or work.model.action in KEY_ONLY:
        return
    where = landlines(numbers, work.base.phone_region)
    if where.any():
        message = say(
            "This is the number of a landline or a service, not of a mobile: no SMS goes there. It is kept, with the status "
            "{status}.",
            status=_NO_MOBILE,
        )
        work.tell(Fault(where, message), "landline", "warning", column.header, cells)
        work.has_status(target.name, where, _NO_MOBILE)


def _fill_constant(work: Work, target: Field, constant: str | tuple[str, ...]) -> None:
    """IMP-5: one value for every contact of the import; one of a multi-select joins the crosses."""
    texts = (constant,) if isinstance(constant, str) else constant
    cells = tidy(pl.Series(texts, dtype=pl.String))
    if target.name in BY_ADDRESS:
        read = read_addresses(target.name, cells, work.base)
    elif target.format is Format.MULTI_SELECT:
        selected = read_selects(cells, target)
        read = selected.cells
        work.add(target.name, selected.added)
    else:
        # A constant is no cell of the file: the declaration has written it in the forms that are read anywhere.
        selected = read_cells(cells, target, FileForms(work.base))
        read = selected.cells
        work.add(target.name, selected.added)
    if read.faults:
        message = say(
            "The model's constant for {field} cannot be read as {format}: correct the model.",
            field=target.name,
            format=target.format.value,
        )
        work.problems.append(problems_frame([Problem("constant", "critical", message)]))
        return
    tell_added_constants(work, target, read.values)
    height = work.text.frame.height
    if target.format is not Format.MULTI_SELECT:
        same = read.values.new_from_index(0, height)
        work.values[target.name] = (
            _strictest(target, same, work.values.get(target.name)) if target.name in CONSENTS else same
        )
        return
    crosses = work.crosses.setdefault(target.name, {})
    crosses |= {value: pl.repeat(value=True, n=height, eager=True) for value in read.values}


def _set_statuses(work: Work) -> None:
    """The status that an address has by itself wins over the file's own."""
    for address, status in work.statuses.items():
        channel = BY_ADDRESS[address]
        given = work.values.get(channel.status, pl.lit(None, pl.String))
        work.values[channel.status] = pl.select(pl.coalesce(status, given)).to_series()


def _frame(work: Work) -> pl.DataFrame:
    columns = [work.lines.alias(LINE)]
    for target in work.base.fields:
        if target.format is Format.MULTI_SELECT:
            codes = (*target.codes, *work.added.get(target.name, ()))
            columns += [values.alias(target.name) for values in lists_of(work, target, codes)]
        elif target.name in work.values:
            columns.append(work.values[target.name].alias(target.name))
    # All rows of one key have its own status: no other one can win.
    statuses = {address: status for address, status in work.statuses.items() if address != work.base.key}
    columns += [status.is_not_null().alias(MALFORMED + address) for address, status in statuses.items()]
    columns += [skipped.alias(SKIPPED + name) for name, skipped in work.skipped.items()]
    return pl.DataFrame(columns)
