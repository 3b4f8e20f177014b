"""Multi-selects: columns of crosses, one a value, and columns of lists, several values in a cell → lists of codes (FLD-4, IMP-5).

Belongs here too: what is told of values that the file adds to a list (FLD-3). Does not: taking cells apart (`cells/`).
"""

from __future__ import annotations

import polars as pl

from pipelines.cells.crosses import gather_values, read_crosses
from pipelines.cells.lists import read_lists, united
from pipelines.fields import Field, Format
from pipelines.files.problems import Problem, cell_problems, problems_frame
from pipelines.imports.contacts.columns import Column
from pipelines.imports.contacts.mapping import split_shown
from pipelines.imports.contacts.work import Work, cells_of, tell_unread, tidied
from pipelines.language import say

ADDED = "value_added"


def added_message(name: str) -> str:
    """What is said of a value that the field `name` did not have."""
    return say("The value is new to {field}: it is added at the end of its list (`unknown_values: add`).", field=name)


def read_list(work: Work, column: Column) -> None:
    """IMP-5: several values of a multi-select in one cell."""
    target, cells = work.base.field(str(column.field)), tidied(work, column)
    read = read_lists(cells, target, str(column.split))
    for fault in read.unread:
        tell_unread(work, column, target, cells, fault)
    for fault in read.undeclared:
        if target.unknown_values == "reject":
            work.tell(fault, "undeclared_values", "error", column.header, cells)
        else:
            work.tell(fault, "value_skipped", "warning", column.header, cells)
    work.add(target.name, read.added)
    work.lists.setdefault(target.name, []).append(read.values)
    if read.added:
        tell_added(work, target, column, read.values)


def read_cross(work: Work, column: Column) -> None:
    """FLD-4: a column that is headed by a value."""
    cells = cells_of(work, column, work.base.field(str(column.field)))
    read = read_crosses(cells)
    if _names_no_value(work, column, cells, read.values):
        return
    for fault in read.faults:
        if work.model.unreadable == "skip":
            work.tell(fault, "cell_skipped", "warning", column.header, cells)
            work.skip(str(column.field), fault.where)
        else:
            work.tell(fault, "not_a_cross", "error", column.header, cells)
    crosses = work.crosses.setdefault(str(column.field), {})
    value = str(column.value)
    if value not in crosses and value in work.added.get(str(column.field), ()):
        first = work.lines.filter(read.values).head(1).extend_constant(None, int(not read.values.any()))
        work.problems.append(_added(work.base.field(str(column.field)), first, pl.Series([value]), column.header))
    crosses[value] = crosses[value] | read.values if value in crosses else read.values


def _names_no_value(work: Work, column: Column, cells: pl.Series, crossed: pl.Series) -> bool:
    """IMP-5: a mapped header that no value has becomes one only where its cells are crosses; else the file is refused."""
    name, value = str(column.field), str(column.value)
    if not column.explicit or value in set(work.base.field(name).taken) - set(work.added.get(name, ())):
        return False
    if int(crossed.sum()) * 2 >= cells.len() - cells.null_count():
        return False
    message = say(
        "The column is mapped to {field}, which has no value of its name, and its cells are no crosses. Where they hold values "
        "of {field}, say what stands between them in the model: {split}; else map the column to null.",
        field=name,
        split=split_shown(column.header),
    )
    work.problems.append(problems_frame([Problem("not_crosses", "critical", message, column=column.header)]))
    return True


def lists_of(work: Work, target: Field, codes: tuple[str, ...]) -> list[pl.Series]:
    """The values of a multi-select, from crosses, lists and constants together; nothing where the file says nothing of it."""
    found = list(work.lists.get(target.name, ()))
    if target.name in work.crosses:
        crossed = work.crosses[target.name]
        ordered = {code: crossed[code] for code in codes if code in crossed}
        found.append(gather_values(ordered, work.text.frame.height))
    return [united(found, codes)] if found else []


def tell_added(work: Work, target: Field, column: Column, values: pl.Series) -> None:
    """FLD-3: each value that the file adds to the field's list, on the first line that has it."""
    given = pl.DataFrame({"line": work.lines, "value": values})
    given = given.explode("value") if target.format is Format.MULTI_SELECT else given
    new = pl.Series("value", work.added[target.name], dtype=pl.String).to_frame()
    first = given.join(new, on="value", how="semi").unique("value", keep="first", maintain_order=True)
    work.problems.append(_added(target, first["line"], first["value"], column.header))


def _added(target: Field, lines: pl.Series, values: pl.Series, header: str | None = None) -> pl.DataFrame:
    return cell_problems("value_added", "warning", added_message(target.name), lines=lines, column=header, cells=values)


def tell_added_constants(work: Work, target: Field, values: pl.Series) -> None:
    """FLD-3: values that the model adds to a list by its constants, on no line."""
    new = values.filter(values.is_in(work.added.get(target.name, ()))) if target.is_select else values.clear()
    if len(new):
        work.problems.append(_added(target, pl.Series([None], dtype=pl.UInt32).new_from_index(0, len(new)), new))
