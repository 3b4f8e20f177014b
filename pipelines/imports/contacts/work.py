"""What the cleaning of one file needs and gathers, column by column: values, problems, what the file adds to lists.

Belongs here: what the readers of columns share. Does not: any of them (`cleaning`, `multi_selects`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from pipelines.cells.reading import Fault
from pipelines.cells.refusals import refuses
from pipelines.cells.texts import tidy
from pipelines.cells.translating import translated
from pipelines.channels import CONSENTS
from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.fields import Field, Format
from pipelines.files.problems import Severity, cell_problems
from pipelines.files.reading import TextFrame
from pipelines.files.strays import ends_in_stray, without_stray
from pipelines.imports.contacts.columns import Column
from pipelines.language import say


@dataclass
class Work:
    """What one file's cleaning needs and gathers."""

    text: TextFrame
    model: ImportModel
    base: ContactBase
    values: dict[str, pl.Series] = field(default_factory=dict[str, pl.Series])
    crosses: dict[str, dict[str, pl.Series]] = field(default_factory=dict[str, dict[str, pl.Series]])
    lists: dict[str, list[pl.Series]] = field(default_factory=dict[str, list[pl.Series]])
    statuses: dict[str, pl.Series] = field(default_factory=dict[str, pl.Series])
    """Of an address: the status that it has by itself, NULL where it is as it should be."""
    skipped: dict[str, pl.Series] = field(default_factory=dict[str, pl.Series])
    added: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    problems: list[pl.DataFrame] = field(default_factory=list[pl.DataFrame])

    def apart(self, name: str) -> Work:
        """The same file's, for one field alone: what is gathered there is brought in by `gather`."""
        return Work(self.text, self.model, self.base, added={name: self.added[name]} if name in self.added else {})

    def gather(self, others: Work) -> None:
        """Bring in what was gathered apart."""
        self.values |= others.values
        self.crosses |= others.crosses
        self.lists |= others.lists
        self.statuses |= others.statuses
        self.skipped |= others.skipped
        self.added |= others.added
        self.problems += others.problems

    @property
    def lines(self) -> pl.Series:
        """The line of each row."""
        return self.text.frame["line"]

    def tell(
        self, fault: Fault, rule: str, severity: Severity, column: str | None = None, cells: pl.Series | None = None
    ) -> None:
        """A problem for each row at fault, with its cell."""
        message = fault.message if isinstance(fault.message, str) else fault.message.filter(fault.where)
        shown = None if cells is None else cells.filter(fault.where)
        lines = self.lines.filter(fault.where)
        self.problems.append(cell_problems(rule, severity, message, lines=lines, column=column, cells=shown))

    def add(self, name: str, values: tuple[str, ...]) -> None:
        """FLD-3: values that the file adds to a field's list."""
        if values:
            self.added[name] = tuple(dict.fromkeys((*self.added.get(name, ()), *values)))

    def skip(self, name: str, where: pl.Series) -> None:
        """Cells of a field that were left out because they could not be read."""
        self.skipped[name] = self.skipped[name] | where if name in self.skipped else where

    def has_status(self, address: str, where: pl.Series, status: str) -> None:
        """The status that addresses have by themselves."""
        former = self.statuses.get(address, pl.lit(None, pl.String))
        self.statuses[address] = pl.select(pl.when(where).then(pl.lit(status)).otherwise(former)).to_series()


def tidied(work: Work, column: Column) -> pl.Series:
    """The column's text without what does not belong to it."""
    name = f"c{column.position}"
    frame = work.text.frame
    if work.model.stray_separators == "clean":
        return tidy(frame.select(without_stray(pl.col(name))).to_series())
    cells = tidy(frame[name])
    if work.model.stray_separators == "reject_row":
        stray = frame.select(ends_in_stray(pl.col(name)).fill_null(value=False)).to_series()
        if stray.any():
            message = say('The cell ends in a stray separator or quote (`;`, `,`, `"`): remove it.')
            work.tell(Fault(stray, message), "stray_separator", "error", column.header, cells)
    return cells


def cells_of(work: Work, column: Column, target: Field) -> pl.Series:
    """The tidied column, their words in ours where the model says what they mean (IMP-5).

    A column of refusals says the contrary of a consent: what its model does not name is no consent, but a problem.
    """
    cells = tidied(work, column)
    words = work.model.values.get(column.key or "", {}).get(target.name)
    if words is None:
        return cells
    ours, untold = translated(cells, words)
    if target.name not in CONSENTS or not refuses(column.key or column.header) or not untold.any():
        return ours
    message = say(
        "The column looks like a refusal, and the model's `values` do not say what this means for {field}: add it.",
        field=target.name,
    )
    work.tell(Fault(untold, message), "undeclared_values", "error", column.header, cells)
    return pl.select(pl.when(~untold).then(ours)).to_series()


def consequence(target: Field, model: ImportModel) -> tuple[str, Severity]:
    """FLD-3, IMP-9: what follows from a cell that cannot be read in its field's format.

    What a person refuses is never skipped: a consent, or not to be followed.
    """
    if target.is_select and target.format is not Format.MULTI_SELECT:
        return ("undeclared_values", "error") if target.unknown_values == "reject" else ("value_skipped", "warning")
    may_skip = model.unreadable == "skip" and not (target.system and target.format is Format.BOOLEAN)
    return ("cell_skipped", "warning") if may_skip else ("unreadable_cells", "error")


def tell_unread(work: Work, column: Column, target: Field, cells: pl.Series, fault: Fault) -> None:
    """A cell that could not be read, with what follows from it."""
    rule, severity = consequence(target, work.model)
    work.tell(fault, rule, severity, column.header, cells)
    if rule == "cell_skipped":
        work.skip(target.name, fault.where)
