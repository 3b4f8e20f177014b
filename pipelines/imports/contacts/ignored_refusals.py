"""Columns that look like a refusal and feed no consent, and sheets: what would be lost, and the mapping that keeps it (IMP-2).

Belongs here: which columns and sheets of a file these are. Does not: what a refusal looks like (`cells.refusals`), nor the rule
(expectations/rows.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from pipelines.base.versions import FORMER
from pipelines.cells.refusals import (
    asks_consent,
    channels_refused,
    consent_said,
    is_refusal,
    keeping,
    kept_as_said,
    list_said,
    refuses,
)
from pipelines.cells.texts import tidy
from pipelines.channels import BY_ADDRESS, CHANNELS, CONSENTS
from pipelines.contacts.suppression import REASONS, strictness
from pipelines.declarations.model import KEY_ONLY, ContactBase, ImportModel
from pipelines.files.problems import Problem, cell_problems, problems_frame
from pipelines.files.reading import TextFrame
from pipelines.imports.contacts.columns import Column
from pipelines.imports.contacts.frames import LINE
from pipelines.imports.contacts.merging import Combined
from pipelines.language import say

REFUSAL_COLUMN = "refusal_column"
_NAMES = frozenset((*BY_ADDRESS, "first_name", "last_name", "company"))
"""Words in these columns say nothing of what people want."""
_STATUSES = 100
"""A column of statuses has no more distinct words than that."""


def ignored_refusals(text: TextFrame, columns: Sequence[Column], model: ImportModel, base: ContactBase) -> pl.DataFrame:
    """A warning for each such column that holds something (Problems)."""
    if model.action in KEY_ONLY:
        return problems_frame()
    subscribing = [name for name in CONSENTS if model.constants.get(name) == "yes"]
    said = {column.field for column in columns if column.role == "field"} | (set(model.constants) - set(subscribing))
    found = [
        _problem(column, why, subscribing, base)
        for column in _idle(columns, silenced=not subscribing and bool(said & set(CONSENTS)), beside=bool(subscribing))
        if (why := _refusing(column, text.frame[f"c{column.position}"]))
    ]
    return problems_frame(found)


def unread_refusals(sheets: Sequence[str], model: ImportModel) -> pl.DataFrame:
    """A warning for each sheet of the workbook that is not read and whose name speaks of refusals, where the model names none."""
    return problems_frame([] if model.sheet is not None or model.action in KEY_ONLY else sheets_of_refusals(sheets))


def sheets_of_refusals(sheets: Sequence[str]) -> list[Problem]:
    """The problem of each sheet whose name speaks of refusals."""
    return [
        Problem(
            REFUSAL_COLUMN,
            "warning",
            say(
                "The workbook has another sheet, {sheet!r}, which looks like a list of refusals and is not read: take it by a "
                "model of its own, with `sheet` and `action: unsubscribe`.",
                sheet=sheet,
            ),
        )
        for sheet in sheets
        if list_said(sheet, ()) == "refusals"
    ]


def skipped_refusals(incoming: pl.DataFrame, combined: Combined, model: ImportModel, base: ContactBase) -> pl.DataFrame:
    """A warning for each row that refuses, of a contact whom the base knows, where the action leaves these out (IMP-10)."""
    if model.action != "insert":
        return problems_frame()
    known = combined.rows.filter((pl.col("outcome") == "skipped") & pl.col("contact_id").is_not_null())
    rows = incoming.join(known.select(LINE, *(pl.col(FORMER + name) for name in CONSENTS)), on=LINE)
    found = [problems_frame()]
    for name in (name for name in CONSENTS if name in incoming.columns):
        looser = (strictness(FORMER + name) < strictness(name)).fill_null(pl.col(FORMER + name).is_null())
        refusing = rows.filter(pl.col(name).is_in(list(REASONS)) & looser)
        message = say(
            "{field} says no, of a contact whom the base knows and `action: insert` leaves alone: take the file by `upsert`, "
            "or unsubscribe them.",
            field=name,
        )
        found.append(cell_problems("refusal_skipped", "warning", message, lines=refusing[LINE], column=None))
    return pl.concat(found)


def _idle(columns: Sequence[Column], *, silenced: bool, beside: bool) -> Iterator[Column]:
    """The columns that feed nothing, and beside a constant that subscribes those that feed no consent.

    `silenced`: those that the mapping ignores on purpose are none of them.
    """
    consenting = {column.position for column in columns if column.role == "field" and column.field in CONSENTS}
    for column in {column.position: column for column in columns}.values():
        idle = column.role == "unmapped" or (column.role == "ignored" and not (column.explicit and silenced))
        elsewhere = column.role in ("field", "cross") and column.position not in consenting
        if idle or (beside and elsewhere and (column.field not in _NAMES or refuses(column.header))):
            yield column


def _refusing(column: Column, cells: pl.Series) -> str:
    """Why the column looks like a refusal: its header, or words in it; empty where it does not, or holds nothing."""
    if cells.null_count() == len(cells):
        return ""
    if refuses(column.header):
        return say("The column looks like a refusal")
    distinct = tidy(cells.drop_nulls().unique())
    words = distinct.drop_nulls().to_list() if len(distinct) <= _STATUSES else []
    if any(map(is_refusal, words)) or (asks_consent(column.header) and "no" in map(consent_said, words)):
        return say("The column holds words of refusal")
    return ""


def _problem(column: Column, why: str, subscribing: Sequence[str], base: ContactBase) -> Problem:
    feeds = say("feeds nothing")
    if column.role in ("field", "cross"):
        feeds = say("feeds {field}, which is no consent", field=column.field)
    beside = ""
    if subscribing:
        beside = say(", beside the constant {field}: yes, which subscribes whoever refused there", field=subscribing[0])
    named = channels_refused(column.header)
    consents = [each.consent for each in CHANNELS if each.name in named]
    consents = consents or list(subscribing) or [BY_ADDRESS[base.key].consent]
    keep = kept_as_said if asks_consent(column.header) else keeping
    mend = keep(column.key or column.header, consents)
    message = say("{why} and {feeds}{beside}: {mend}.", why=why, feeds=feeds, beside=beside, mend=mend)
    return Problem(REFUSAL_COLUMN, "warning", message, column=column.header)
