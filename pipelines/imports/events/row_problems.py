"""What is said of rows of a file of events that are rejected: why, by column and line, and how to mend it (IMP-9).

No person's value stands in it (SEC-4). Belongs here: words. Does not: which rows are rejected (sql/events/rejected.sql).
"""

from __future__ import annotations

import polars as pl

from expectations.events import COLUMNS
from pipelines.declarations.events import TYPES_OF_CHANNEL
from pipelines.declarations.model import EventImport
from pipelines.errors import nearest
from pipelines.files.problems import SCHEMA, cell_problems
from pipelines.imports.events.columns import WHO


def rejected_problems(rejected: pl.DataFrame, event_import: EventImport) -> pl.DataFrame:
    """Every reason why a row of `sql/events/rejected.sql` is refused (IMP-9); no person's value in it (SEC-4)."""
    columns = {meaning: column for column, meaning in event_import.mapping.items() if meaning}
    persons = {kind: columns[kind] for kind in WHO if kind in columns}
    found = [
        _told(rejected, "unreadable_line", "The line is no JSON object: one object is meant, on one line.", None),
        _told(
            rejected.filter("nobody"),
            "unknown_person",
            f"The row names nobody: give it {' or '.join(persons.values())}.",
            next(iter(persons.values())) if len(persons) == 1 else None,
        ),
        *(
            _told(rejected.filter(pl.col("kind") == kind), "unknown_person", pl.col("fault"), column)
            for kind, column in persons.items()
        ),
        _told(rejected, "unknown_type", _type_messages(rejected, event_import), columns.get("type")),
        _told(
            rejected,
            "unreadable_instant",
            pl.when("out_of_bounds")
            .then(
                pl.lit("No event happened then: instants from 1970 to 2099 are taken. Correct the year, or the unit.")
            )
            .otherwise(pl.lit("This is no instant: write it as 2026-03-14T09:26:53+01:00, or as seconds since 1970.")),
            columns.get("occurred_at"),
        ),
    ]
    return pl.concat(found).sort("line", maintain_order=True)


def _told(rejected: pl.DataFrame, rule: str, message: str | pl.Expr, column: str | None) -> pl.DataFrame:
    rows = rejected.filter(pl.col(rule) == 1)
    if rows.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    told = message if isinstance(message, str) else rows.select(message.alias("message")).to_series()
    return cell_problems(rule, "error", told, lines=rows["line"].cast(pl.UInt32), column=column)


def _type_messages(rejected: pl.DataFrame, event_import: EventImport) -> pl.Expr:
    """A message a distinct word: a type is no person's value, so it is shown."""
    known = TYPES_OF_CHANNEL[event_import.channel]
    words = [word for word in rejected["type"].unique() if word is not None]
    messages = {word: _unknown_type(word, known, event_import) for word in words}
    return pl.col("type").replace_strict(
        messages, default="The row has no type: every event needs one.", return_dtype=pl.String
    )


def _unknown_type(word: str, known: tuple[str, ...], event_import: EventImport) -> str:
    like = nearest(word, known)
    hint = f"did you mean {like!r}? " if like else ""
    return (
        f"{word[:40]!r} is no type of an event of the channel {event_import.channel}: {hint}say which it is under `types`, "
        f"or null to leave it out. Types: {', '.join(known)}."
    )


def with_reasons(rejected: pl.DataFrame) -> pl.DataFrame:
    """`line` and `reasons`: the rules that each rejected row breaks."""
    broken = (pl.when(pl.col(rule) == 1).then(pl.lit(rule)) for rule in COLUMNS)
    return rejected.select("line", reasons=pl.concat_list(broken).list.drop_nulls())
