"""One event id with several contents: which of them the base keeps, whatever the order of lines and files (BHV-1).

Belongs here: finding what is known and what is contested, saying so, choosing. Does not: adding events (`adding`). The choice
is by content alone: the earliest, then a fixed order of what it says (sql/events/claims.sql). A refusal that is not chosen is
kept all the same, under an id of its own: whoever said stop is heard (STA-5).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.base.held import recall
from pipelines.base.statements import at_hand, first_row, statement
from pipelines.base.store import Writer
from pipelines.declarations.model import EventImport
from pipelines.files.problems import SCHEMA, cell_problems
from pipelines.imports.events.columns import WHO
from pipelines.imports.events.reading import ROWS
from pipelines.imports.events.row_problems import of_item
from pipelines.language import say, say_rows

_OURS = {"occurred_at": "occurred_at", "type": "type", "operation": "operation", "link": "link", "detail": "detail"}
_STORED = ("events", "pending_events")
_FORMER = (
    "SELECT 1 FROM main.{} WHERE starts_with(event_id, '#') AND strlen(event_id) = 33 LIMIT 1",
    "UPDATE main.{} AS e SET event_id = r.event_id FROM carnet_renamed AS r WHERE e.event_id = r.former "
    "AND coalesce(nfc_normalize(e.link), '') = coalesce(r.link, '') "
    "AND coalesce(nfc_normalize(e.detail), '') = coalesce(r.detail, '')",
)
_RENAME = (
    "UPDATE main.{} AS e SET event_id = c.target FROM carnet_claims AS c "
    "WHERE carnet_from(e.import_id, $source) AND e.event_id = c.event_id AND c.number IS NULL AND c.target <> c.event_id"
)
_DROP = (
    "DELETE FROM main.{} AS e USING carnet_claims AS c "
    "WHERE carnet_from(e.import_id, $source) AND e.event_id = c.event_id AND c.number IS NULL AND c.target IS NULL"
)
_NO_LONGER_KNOWN = (
    "DELETE FROM carnet_known WHERE event_id IN (SELECT event_id FROM carnet_claims WHERE number IS NULL AND NOT wins)"
)


@dataclass(frozen=True)
class Contest:
    """How many rows are accepted, whether ids stand twice among them (or seem to), how many ids stand for several contents."""

    accepted: int
    repeated: bool
    contested: int


def rename_former(connection: duckdb.DuckDBPyConnection, channel: str) -> None:
    """Give events that are known by the former hash of their content the present one, where the file has them again.

    In the caller's transaction. Nothing is done in a base that has none.
    """
    tables = [name for name in _STORED if first_row(connection, _FORMER[0].format(name)) is not None]
    if not tables:
        return
    connection.execute(statement("events/former_ids"), {"channel": channel})
    for name in tables:
        connection.execute(_FORMER[1].format(name))
    connection.execute(statement("events/merge_renamed"))


def all_new(connection: duckdb.DuckDBPyConnection, source: str) -> bool:
    """Whether each row of the file has an id, as plain as it stands, that neither another row nor the base has.

    After `prepare`. In doubt it is False: of ids that are another once tidied, and of hashes that coincide.
    """
    query = f"SELECT CASE WHEN carnet_tidy_id(event_id) THEN hash(event_id) END AS hashed FROM {ROWS}"  # noqa: S608
    hashes = connection.sql(query).to_arrow_table()["hashed"]
    if hashes.null_count:
        return False
    ordered = np.sort(hashes.to_numpy())
    return not _repeats(ordered) and not _has_any(connection, source, ordered)


def _has_any(connection: duckdb.DuckDBPyConnection, source: str, hashes: npt.NDArray[np.uint64]) -> bool:
    """Whether the base has an id of one of these hashes."""
    if first_row(connection, "FROM carnet_ids($source) LIMIT 1", {"source": source}) is None:
        return False  # Nothing is held in memory of a file that has nothing to be compared with: 0.8 s of CPU for ten million ids.
    query = "SELECT 1 FROM carnet_ids($source) AS i SEMI JOIN carnet_hashes AS h ON h.hashed = hash(i.event_id) LIMIT 1"
    with at_hand(connection, carnet_hashes=pl.DataFrame({"hashed": hashes})):
        # The file's hashes are what is held in memory, and the base's ids pass by them. Left to itself, DuckDB takes the base for
        # the smaller side (it does not know how many events are of a source), and holds all of its ids: 0.6 GiB for ten million.
        connection.execute("SET disabled_optimizers = 'join_order, build_side_probe_side'")
        try:
            return first_row(connection, query, {"source": source}) is not None
        finally:
            connection.execute("RESET disabled_optimizers")


def _repeats(ordered: npt.NDArray[np.uint64]) -> bool:
    """Whether a value stands twice. To sort them takes a tenth of the time of counting distinct texts."""
    return bool((ordered[1:] == ordered[:-1]).any())


def find_contest(writer: Writer, source: str, accepted: int, *, new: bool) -> Contest:
    """Compare the accepted rows of `carnet_events` with each other and with the base, unless all are known to be `new`.

    Leaves `carnet_known`, an empty `carnet_lost_events`, and `carnet_claims` where something is contested. Writes nothing else, but
    that contested events which the base holds in its lake are its own again: they may have to give way.
    """
    connection = writer.connection
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE carnet_lost_events (contact_id BIGINT, channel VARCHAR, operation_id BIGINT)"
    )
    if new:
        connection.execute("CREATE OR REPLACE TEMP TABLE carnet_known (event_id VARCHAR)")
        return Contest(accepted, repeated=False, contested=0)
    hashes = connection.sql("SELECT hash(event_id) AS hashed FROM carnet_events WHERE accepted").to_arrow_table()
    repeated = _repeats(np.sort(hashes["hashed"].to_numpy()))
    connection.execute(statement("events/known"), {"source": source})
    known = first_row(connection, "SELECT 1 FROM carnet_known LIMIT 1") is not None
    if not repeated and not known:
        return Contest(accepted, repeated, 0)
    connection.execute(statement("events/contested"), {"source": source, "repeated": repeated})
    row = first_row(connection, "SELECT count(*) FROM carnet_contested")
    contested = row[0] if row else 0
    if contested:
        recall(connection, writer.elsewhere, "event_id IN (SELECT event_id FROM carnet_contested)")
        connection.execute("DELETE FROM carnet_held WHERE event_id IN (SELECT event_id FROM carnet_contested)")
        connection.execute(statement("events/claims"), {"source": source})
    return Contest(accepted, repeated, contested)


def choose(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Bring base and file to what `carnet_claims` says: in the base what loses goes, in the file what wins is accepted.

    Leaves the contacts that lose an event in `carnet_lost_events`. In the caller's transaction.
    """
    bound = {"source": source}
    connection.execute(statement("events/lost_events"), bound)
    for name in _STORED:
        connection.execute(_RENAME.format(name), bound)
        connection.execute(_DROP.format(name), bound)
    connection.execute(_NO_LONGER_KNOWN)
    connection.execute(statement("events/choose"))
    connection.execute(statement("events/known_refusals"), bound)


def conflicts(connection: duckdb.DuckDBPyConnection, event_import: EventImport) -> pl.DataFrame:
    """A warning for each line of the file whose event id stands for something else too; no person's value in it (SEC-4)."""
    found = connection.sql(statement("events/conflicts")).pl()
    if found.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    columns = {meaning: event_import.named(meaning) for meaning in event_import.theirs}
    named = {**_OURS, **columns, "person": event_import.named(*WHO)}
    differing = pl.col("differing").list.eval(pl.element().replace(named)).list.join(", ")
    other = (
        pl.when(pl.col("other").is_null())
        .then(pl.lit(say("in the base")))
        .otherwise(say_rows("on line {line}", line=pl.col("other").cast(pl.String).fill_null("")))
    )
    fate = (
        pl.when("wins")
        .then(pl.lit(say("That one is replaced by this line")))
        .when("kept")
        .then(pl.lit(say("That one bears the id, and this refusal is kept beside it")))
        .otherwise(pl.lit(say("That one is kept, and this line is not")))
    )
    message = found.select(
        say_rows(
            "{item}The event id stands for another event {other}, with another {differing}. {fate}: the earliest counts, "
            "whatever the order. Give each event an id of its own, or map no column to event_id.",
            item=of_item(),
            other=other,
            differing=differing,
            fate=fate,
        )
    ).to_series()
    return cell_problems(
        "conflicting_event", "warning", message, lines=found["line"].cast(pl.UInt32), column=columns.get("event_id")
    )
