"""What is kept of an import of events: its row in the history, the rows it refused, its report.

Belongs here: words and rows about one import. Does not: events themselves.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb
import polars as pl

from pipelines.behaviours.intake import EventIntake
from pipelines.behaviours.results import EventImportResult
from pipelines.declarations.events import TYPES_OF_CHANNEL
from pipelines.declarations.model import EventImport
from pipelines.errors import nearest
from pipelines.files.problems import SCHEMA, cell_problems
from pipelines.imports.events.reading import WHO, format_of
from pipelines.imports.results import UNREACHABLE, Counts

_ACTION = "events"
_REPORTED = 1000


def event_row(intake: EventIntake, result: EventImportResult, who: str) -> dict[str, Any]:
    """One row of `imports`: new events count as inserted, known ones as unchanged, those left out as skipped."""
    counts = result.counts
    as_imports = Counts(
        rows=counts.rows,
        inserted=counts.new,
        unchanged=counts.known,
        rejected=counts.rejected,
        skipped_by_action=counts.left_out,
    )
    return {
        "import_id": result.import_id,
        "name": intake.name,
        "model": intake.wanted.name,
        "action": _ACTION,
        "file": intake.path.name,
        "size": intake.size,
        "sha256": intake.digest,
        "status": result.status,
        **vars(as_imports),
        "pending": counts.pending,
        "warnings": result.problems.filter(pl.col("severity") == "warning").height,
        **dict.fromkeys(UNREACHABLE, 0),
        "started_at": intake.started_at,
        "ended_at": datetime.now(UTC),
        "who": who,
        "separator": intake.wanted.separator or ";",
        "header": [] if format_of(intake.path) == "ndjson" else list(result.header),
        "partition": intake.partition,
        "declaration": intake.declaration,
        "taken_from": str(intake.identity) if intake.identity else None,
        "report": None if result.report is None else str(result.report),
        "filed": intake.identity is None,
    }


def rejected_problems(rejected: pl.DataFrame, wanted: EventImport) -> pl.DataFrame:
    """Every reason why a row of `sql/events/rejected.sql` is refused (IMP-9); no person's value in it (SEC-4)."""
    columns = {meaning: column for column, meaning in wanted.mapping.items() if meaning}
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
        _told(rejected, "unknown_type", _type_messages(rejected, wanted), columns.get("type")),
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


def _type_messages(rejected: pl.DataFrame, wanted: EventImport) -> pl.Expr:
    """A message a distinct word: a type is no person's value, so it is shown."""
    known = TYPES_OF_CHANNEL[wanted.channel]
    words = [word for word in rejected["type"].unique() if word is not None]
    messages = {word: _unknown_type(word, known, wanted) for word in words}
    return pl.col("type").replace_strict(
        messages, default="The row has no type: every event needs one.", return_dtype=pl.String
    )


def _unknown_type(word: str, known: tuple[str, ...], wanted: EventImport) -> str:
    like = nearest(word, known)
    hint = f"did you mean {like!r}? " if like else ""
    return (
        f"{word[:40]!r} is no type of an event of the channel {wanted.channel}: {hint}say which it is under `types`, "
        f"or null to leave it out. Types: {', '.join(known)}."
    )


def record_rejected(
    connection: duckdb.DuckDBPyConnection, import_id: int, rejected: pl.DataFrame, originals: pl.DataFrame
) -> None:
    """Keep the refused rows with their cells as the file has them (`reading.originals`)."""
    reasons = pl.concat_list(
        pl.when(pl.col(rule) == 1).then(pl.lit(rule))
        for rule in ("unreadable_line", "unknown_person", "unknown_type", "unreadable_instant")
    ).list.drop_nulls()
    kept = rejected.select("line", reasons=reasons).join(originals, on="line", how="left", maintain_order="left")
    connection.register("carnet_rejects", kept.to_arrow())
    try:
        connection.execute(
            "INSERT INTO main.import_rejects SELECT ?, line, reasons, cells FROM carnet_rejects", [import_id]
        )
    finally:
        connection.unregister("carnet_rejects")


def report_text(name: str, result: EventImportResult) -> str:
    """What is wrong with a file, line by line, for whoever mends it."""
    counts = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in vars(result.counts).items())
    lines = [f"{name}: {result.status} ({counts})", ""]
    for problem in result.problems.head(_REPORTED).to_dicts():
        where = f"line {problem['line']}" if problem["line"] else "the file"
        column = f", column {problem['column']}" if problem["column"] else ""
        lines.append(f"{problem['severity']} {problem['rule']}: {where}{column}: {problem['message']}")
    more = result.problems.height - _REPORTED
    if more > 0:
        lines.append(f"… and {more} more: `carnet rejects {result.import_id}` lists the rows.")
    return "\n".join(lines) + "\n"
