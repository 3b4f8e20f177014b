"""What is said of rows of a file of events that are rejected: why, by column and line, and how to mend it (IMP-9).

No person's value stands in it (SEC-4). Belongs here: words. Does not: which rows are rejected (sql/events/rejected.sql).
"""

from __future__ import annotations

import re

import polars as pl

from expectations.events import COLUMNS
from pipelines.contacts.erased import TELLING
from pipelines.declarations.events import TYPES_OF_CHANNEL
from pipelines.declarations.model import EventImport
from pipelines.errors import nearest
from pipelines.files.problems import SCHEMA, Severity, cell_problems
from pipelines.imports.events.columns import WHO
from pipelines.language import mark, quoted, say, say_rows

_BY_NUMBER = r"\.\d+(\.|$)"
"""Items that a key takes by their number: `recipients.0.email`."""
_WRITTEN = re.compile(r"@|\d{6}|\S+(\s+\S+){3}")
_HEARD = mark("The refusal is kept all the same, without it: whoever said stop is heard.")


def rejected_problems(rejected: pl.DataFrame, event_import: EventImport) -> pl.DataFrame:
    """Every reason why a row of `sql/events/rejected.sql` is refused (IMP-9); no person's value in it (SEC-4)."""
    persons = {kind: event_import.named(kind) for kind in WHO if kind in event_import.theirs}
    found = [
        _told(rejected, "unreadable_line", say("What stands here is no JSON object."), None),
        _told(rejected, "erased", say(TELLING), None),
        _told(rejected, "several_values", _several(say("Nothing of the row is taken.")), None),
        _told(
            rejected.filter("nobody"),
            "unknown_person",
            say(
                "The row names nobody: give it {names}.",
                names=say(" or ").join(name for kind in persons for name in event_import.theirs[kind]),
            ),
            next(iter(persons.values())) if len(persons) == 1 else None,
        ),
        *(
            _told(rejected.filter(pl.col("kind") == kind), "unknown_person", pl.col("fault"), column)
            for kind, column in persons.items()
        ),
        _told(rejected, "unknown_type", _type_messages(rejected, event_import), event_import.named("type")),
        _told(
            rejected,
            "unreadable_instant",
            pl.when("out_of_bounds")
            .then(
                pl.lit(
                    say("No event happened then: instants from 1970 to 2099 are taken. Correct the year, or the unit.")
                )
            )
            .otherwise(
                pl.lit(say("This is no instant: write it as 2026-03-14T09:26:53+01:00, or as seconds since 1970."))
            ),
            event_import.named("occurred_at"),
        ),
    ]
    return pl.concat(found).sort("line", maintain_order=True)


def _told(
    rejected: pl.DataFrame, rule: str, message: str | pl.Expr, column: str | None, severity: Severity = "error"
) -> pl.DataFrame:
    rows = rejected.filter(pl.col(rule) == 1)
    if rows.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    said = pl.lit(message) if isinstance(message, str) else message
    told = rows.select(pl.concat_str(of_item(), said).alias("message")).to_series()
    return cell_problems(rule, severity, told, lines=rows["line"].cast(pl.UInt32), column=column)


def of_item() -> pl.Expr:
    """Which event of its line a row is, where a list gives several: what a message begins with."""
    return (
        pl.when(pl.col("item").is_null()).then(pl.lit("")).otherwise(say_rows("Item {item} of the list: ", item="item"))
    )


def told_problems(told: pl.DataFrame, event_import: EventImport) -> pl.DataFrame:
    """What is said of rows that are imported all the same (`sql/events/told.sql`)."""
    flagged = told.with_columns(several_values=pl.col("several").is_not_null().cast(pl.Int8), unread_person=1)
    found = [_told(flagged, "several_values", _several(say(_HEARD)), None, "warning")]
    for kind in WHO:
        rows = flagged.filter(pl.col("unread") == kind)
        said = say_rows("{fault} The row is taken by its {kind}.", fault="fault", kind="kind")
        found.append(_told(rows, "unread_person", said, event_import.named(kind), "warning"))
    return pl.concat(found).sort("line", maintain_order=True)


def _several(fate: str) -> pl.Expr:
    """The messages of keys that hold more than one text: `list recipients`, `object user`."""
    key = pl.col("several").str.replace("^(list|object) ", "")
    items = pl.when(key.str.contains(_BY_NUMBER)).then(key.str.replace_all(_BY_NUMBER, "[]$1")).otherwise(key + "[]")
    of_list = say_rows(
        "The key {key} holds a list of several, where one value is meant: map {items} for one event an item. {fate}",
        key=key,
        items=items,
        fate=pl.lit(fate),
    )
    of_lists = say_rows(
        "The key {key} leads through a list of several, while the events are the items of another list: map one of the two. "
        "{fate}",
        key=key,
        fate=pl.lit(fate),
    )
    of_object = say_rows(
        "The key {key} holds an object, where one value is meant: map a key in it, such as {key}.name. {fate}",
        key=key,
        fate=pl.lit(fate),
    )
    is_list = pl.col("several").str.starts_with("list ")
    through = key.str.contains("[]", literal=True)
    return pl.when(is_list & through).then(of_lists).when(is_list).then(of_list).otherwise(of_object)


def _type_messages(rejected: pl.DataFrame, event_import: EventImport) -> pl.Expr:
    """A message a distinct word: a type is no person's value, so it is shown."""
    known = TYPES_OF_CHANNEL[event_import.channel]
    words = [word for word in rejected["type"].unique() if word is not None]
    messages = {word: _unknown_type(word, known, event_import) for word in words}
    return pl.col("type").replace_strict(
        messages, default=say("The row has no type: every event needs one."), return_dtype=pl.String
    )


def _unknown_type(word: str, known: tuple[str, ...], event_import: EventImport) -> str:
    like = nearest(word, known)
    # A word of a sender is no person's value; what somebody wrote may be (SEC-4).
    shown = quoted(word) if len(word) <= 40 and not _WRITTEN.search(word) else say("This text")
    return say(
        "{shown} is no type of an event of the channel {channel}: {meant}say which it is under `types`, "
        'by itself or by a pattern such as "STOP*", or null to leave it out. Types: {types}.',
        shown=shown,
        channel=event_import.channel,
        meant=say("did you mean {name!r}? ", name=like) if like else "",
        types=", ".join(known),
    )


def with_reasons(rejected: pl.DataFrame) -> pl.DataFrame:
    """`line` and `reasons`: the rules that each rejected line breaks, with all of its rows."""
    broken = (pl.when(pl.col(rule) == 1).then(pl.lit(rule)) for rule in COLUMNS)
    reasons = rejected.select("line", reasons=pl.concat_list(broken).list.drop_nulls())
    if reasons["line"].is_unique().all():
        return reasons
    of_line = reasons.explode("reasons").unique(maintain_order=True)
    return of_line.group_by("line", maintain_order=True).agg("reasons")
