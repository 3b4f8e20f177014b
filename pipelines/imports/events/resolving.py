"""Rows of an event file → events: types, instants, addresses and their contacts, each distinct text read once (BHV-1).

`prepare` leaves `carnet_event_types` and `carnet_event_instants` in the connection, `resolve` leaves `carnet_events`
(sql/events/resolve.sql): of whatever rows the relation ROWS has then. Belongs here: what a cell means. Does not:
what is written.
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.base.keys import read_addresses
from pipelines.base.statements import at_hand, first_row, identifier, literal, statement
from pipelines.cells.dates import read_instants
from pipelines.cells.reading import Cells, Fault
from pipelines.cells.texts import BLANKS, tidy
from pipelines.declarations.events import TYPES_OF_CHANNEL
from pipelines.declarations.model import ContactBase, EventImport
from pipelines.fields import fold
from pipelines.imports.events.columns import WHO
from pipelines.imports.events.reading import ROWS


def prepare(connection: duckdb.DuckDBPyConnection, event_import: EventImport, base: ContactBase) -> None:
    """Read types and instants: what needs no contact."""
    for macros in ("events/instants", "events/contents"):
        connection.execute(statement(macros))
    _resolve_types(connection, event_import)
    _resolve_instants(connection, _kinds(event_import, base), base)


def resolve(connection: duckdb.DuckDBPyConnection, event_import: EventImport, base: ContactBase) -> None:
    """Make `carnet_events`, after `prepare`."""
    _resolve_keys(connection, _kinds(event_import, base), base)
    connection.execute(
        statement("events/resolve"),
        {"channel": event_import.channel, "operation": operation_of(event_import), "blanks": BLANKS},
    )


def operation_of(event_import: EventImport) -> str:
    """The operation of rows that name none."""
    return event_import.operation or event_import.name


def _kinds(event_import: EventImport, base: ContactBase) -> list[str]:
    """What rows may name somebody by, the base's key first."""
    return [kind for kind in sorted(WHO, key=lambda kind: kind != base.key) if kind in event_import.mapping.values()]


def type_meanings(words: list[str], event_import: EventImport) -> dict[str, str | None]:
    """Their word → our type, None where it is to be left out; words that mean nothing here are not in it.

    A word is looked up as it stands, then ignoring case, accents and blanks; ours need no declaration.
    """
    known = TYPES_OF_CHANNEL[event_import.channel]
    declared = {fold(theirs): ours for theirs, ours in event_import.types.items()}
    ours = {fold(name): name for name in known}
    meanings: dict[str, str | None] = {}
    for word in words:
        if word in event_import.types:
            meanings[word] = event_import.types[word]
        elif (form := fold(word)) in declared:
            meanings[word] = declared[form]
        elif form in ours:
            meanings[word] = ours[form]
    return meanings


def _resolve_types(connection: duckdb.DuckDBPyConnection, event_import: EventImport) -> None:
    query = f"SELECT DISTINCT type FROM {ROWS} WHERE type IS NOT NULL"  # noqa: S608
    words = [row[0] for row in connection.execute(query).fetchall()]
    meanings = type_meanings(words, event_import)
    frame = pl.DataFrame(
        {"theirs": list(meanings), "type": list(meanings.values())}, schema={"theirs": pl.String, "type": pl.String}
    ).with_columns(left_out=pl.col("type").is_null())
    _store(connection, "carnet_event_types", frame)


def _resolve_keys(connection: duckdb.DuckDBPyConnection, kinds: list[str], base: ContactBase) -> None:
    """`carnet_event_keys`: who (as a row names them) → kind, key, and the one contact that ever had it, if so."""
    read = [_read_keys(connection, kind, base).with_columns(who=_who(kind, kinds)) for kind in kinds]
    _store(connection, "carnet_event_texts", pl.concat(read).select("who", "kind", "key", "fault"))
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW carnet_addresses AS "
        "SELECT DISTINCT kind, key FROM carnet_event_texts WHERE key IS NOT NULL AND kind <> 'contact_id'"
    )
    connection.execute(statement("contacts/holders"))
    connection.execute(statement("events/keys"))
    connection.execute(statement("events/people"))


def _who(kind: str, kinds: list[str]) -> pl.Expr:
    return pl.col("text") if len(kinds) == 1 else pl.concat_str(pl.lit(kind + ":"), "text")


def _read_keys(connection: duckdb.DuckDBPyConnection, kind: str, base: ContactBase) -> pl.DataFrame:
    """`text`, `kind`, `key` (NULL where nobody can be called so) and `fault`: why not, which holds nothing of the text."""
    column = identifier(kind)
    distinct = f"SELECT DISTINCT {column} AS text FROM {ROWS}"  # noqa: S608
    texts = connection.sql(f"SELECT text FROM ({distinct}) WHERE trim(text) <> ''").pl()["text"]  # noqa: S608
    tidied = tidy(texts.cast(pl.String))
    keys = _read_ids(connection, tidied) if kind == "contact_id" else read_addresses(kind, tidied, base)
    read = pl.DataFrame({"text": texts.cast(pl.String), "key": keys.values, "fault": _why(keys)})
    return read.with_columns(kind=pl.lit(kind))


def _read_ids(connection: duckdb.DuckDBPyConnection, cells: pl.Series) -> Cells:
    """Ids that were given to a contact, who may be gone: an id is never given twice."""
    row = first_row(connection, "SELECT value FROM main.counters WHERE name = 'contact_id'")
    last = row[0] if row else 0
    number = cells.cast(pl.Int64, strict=False)
    given = number.is_between(1, last).fill_null(value=False)
    never = (
        f"No contact was ever given this contact_id: they go from 1 to {last} here. Is it another base's? Correct it, or map a "
        "column with an address or a number."
    )
    message = (
        pl.when(number.is_null()).then(pl.lit("This is no contact_id: one is a whole number.")).otherwise(pl.lit(never))
    )
    keys = pl.select(pl.when(given).then(number).cast(pl.String)).to_series()
    return Cells(keys, (Fault(~given, pl.select(message).to_series()),))


def _why(cells: Cells) -> pl.Series:
    """The message of each cell that is at fault, NULL for the others."""
    messages = [pl.when(fault.where).then(fault.message) for fault in cells.faults]
    return pl.select(pl.coalesce(*messages, pl.repeat(None, len(cells.values), dtype=pl.String))).to_series()


def _resolve_instants(connection: duckdb.DuckDBPyConnection, kinds: list[str], base: ContactBase) -> None:
    """`carnet_event_instants`: the rows with `instant` (TIMESTAMPTZ or NULL) and `who`; odd texts are read as cells are.

    `moment` is what was read, `instant` is NULL where that is out of all bounds.
    """
    described = {row[0]: str(row[1]) for row in connection.execute(f"DESCRIBE {ROWS}").fetchall()}
    written, zone = described["occurred_at"], literal(base.timezone)
    join = ""
    if written == "TIMESTAMP WITH TIME ZONE":
        instant = "r.occurred_at"
    elif written.startswith(("TIMESTAMP", "DATE")):
        instant = f"carnet_local(r.occurred_at::TIMESTAMP, {zone})"
    else:
        plain = f"carnet_instant(trim(r.occurred_at), {zone})"
        odd = connection.sql(
            f"SELECT DISTINCT r.occurred_at AS text FROM {ROWS} AS r WHERE trim(r.occurred_at) <> '' AND {plain} IS NULL"  # noqa: S608
        ).pl()["text"]
        instants = read_instants(tidy(odd.cast(pl.String)), base.locale, base.timezone).values
        frame = pl.DataFrame({"text": odd.cast(pl.String), "instant": instants})
        _store(connection, "carnet_event_moments", frame.drop_nulls())
        instant = f"coalesce({plain}, m.instant)" if odd.len() else plain
        join = "LEFT JOIN carnet_event_moments AS m ON m.text = r.occurred_at" if odd.len() else ""
    who = ", ".join(
        f"CASE WHEN trim(r.{identifier(kind)}) <> '' THEN "
        + (f"r.{identifier(kind)}" if len(kinds) == 1 else f"{literal(kind + ':')} || r.{identifier(kind)}")
        + " END"
        for kind in kinds
    )
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW carnet_event_instants AS "  # noqa: S608
        f"SELECT r.*, {instant} AS moment, CASE WHEN carnet_within(moment) THEN moment END AS instant, coalesce({who}) AS who "
        f"FROM {ROWS} AS r {join}"
    )


def _store(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """The frame as a temporary table."""
    with at_hand(connection, carnet_given=frame):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM carnet_given")  # noqa: S608
