"""Rows of an event file → events: types, instants, addresses and their contacts, each distinct text read once (BHV-1).

`prepare` leaves `carnet_event_types` and `carnet_event_instants` in the connection, `resolve` leaves `carnet_events`
(sql/events/resolve.sql): of whatever rows the relation ROWS has then. Belongs here: what a cell means. Does not:
what is written.
"""

from __future__ import annotations

import re

import duckdb
import polars as pl

from pipelines.base.hash_key import HashKey
from pipelines.base.keys import read_addresses
from pipelines.base.statements import at_hand, first_row, identifier, literal, statement
from pipelines.cells.moments import read_moments
from pipelines.cells.reading import Cells, Fault
from pipelines.cells.texts import BLANKS, tidy
from pipelines.contacts.erased import erased
from pipelines.declarations.events import TYPES_OF_CHANNEL
from pipelines.declarations.model import ContactBase, EventImport
from pipelines.fields import fold
from pipelines.imports.events.columns import WHO
from pipelines.imports.events.reading import ROWS
from pipelines.language import say

_OF_CHANNEL = {"email": "email", "sms": "mobile"}
"""The address that deliveries and returns of a channel speak of."""


def prepare(connection: duckdb.DuckDBPyConnection, event_import: EventImport, base: ContactBase) -> None:
    """Read types and instants: what needs no contact."""
    for macros in ("events/instants", "events/contents"):
        connection.execute(statement(macros))
    _resolve_types(connection, event_import)
    _resolve_instants(connection, base)


def resolve(
    connection: duckdb.DuckDBPyConnection, event_import: EventImport, base: ContactBase, secret: HashKey
) -> None:
    """Make `carnet_events`, after `prepare`."""
    kinds = _kinds(event_import, base)
    _resolve_keys(connection, kinds, base, secret)
    _name_people(connection, kinds, event_import.channel)
    connection.execute(
        statement("events/resolve"),
        {"channel": event_import.channel, "operation": operation_of(event_import), "blanks": BLANKS},
    )


def operation_of(event_import: EventImport) -> str:
    """The operation of rows that name none."""
    return event_import.operation or event_import.name


def _kinds(event_import: EventImport, base: ContactBase) -> list[str]:
    """What rows may name somebody by, the base's key first."""
    return [kind for kind in sorted(WHO, key=lambda kind: kind != base.key) if kind in event_import.theirs]


def type_meanings(words: list[str], event_import: EventImport) -> dict[str, str | None]:
    """Their word → our type, None where it is to be left out; words that mean nothing here are not in it.

    A word is looked up as it stands, then ignoring case, accents and blanks; ours need no declaration; patterns come last.
    """
    known = TYPES_OF_CHANNEL[event_import.channel]
    declared = {fold(theirs): ours for theirs, ours in event_import.types.items() if "*" not in theirs}
    patterns = [(_pattern(theirs), ours) for theirs, ours in event_import.types.items() if "*" in theirs]
    ours = {fold(name): name for name in known}
    meanings: dict[str, str | None] = {}
    for word in words:
        if word in event_import.types:
            meanings[word] = event_import.types[word]
        elif (form := fold(word)) in declared:
            meanings[word] = declared[form]
        elif form in ours:
            meanings[word] = ours[form]
        elif fitting := [means for pattern, means in patterns if pattern.fullmatch(form)]:
            meanings[word] = fitting[0]
    return meanings


def _pattern(theirs: str) -> re.Pattern[str]:
    """`*` stands for any text, or none; everything else for itself, ignoring case, accents and blanks."""
    return re.compile(".*".join(map(re.escape, fold(theirs).split("*"))), re.DOTALL)


def _resolve_types(connection: duckdb.DuckDBPyConnection, event_import: EventImport) -> None:
    query = f"SELECT DISTINCT type FROM {ROWS} WHERE type IS NOT NULL"  # noqa: S608
    words = [row[0] for row in connection.execute(query).fetchall()]
    meanings = type_meanings(words, event_import)
    frame = pl.DataFrame(
        {"theirs": list(meanings), "type": list(meanings.values())}, schema={"theirs": pl.String, "type": pl.String}
    ).with_columns(left_out=pl.col("type").is_null())
    _store(connection, "carnet_event_types", frame)


def _resolve_keys(connection: duckdb.DuckDBPyConnection, kinds: list[str], base: ContactBase, secret: HashKey) -> None:
    """`carnet_event_keys`: who (as a row names them) → kind, key, and the one contact that ever had it, if so."""
    read = [_read_keys(connection, kind, base).with_columns(who=_who(kind, kinds)) for kind in kinds]
    texts = pl.concat(read).select("who", "kind", "key", "fault")
    texts = texts.with_columns(erased=erased(connection, secret, texts["key"]))
    _store(connection, "carnet_event_texts", texts)
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
    never = say(
        "No contact was ever given this contact_id: they go from 1 to {last} here. Is it another base's? Correct it, or map a "
        "column with an address or a number.",
        last=last,
    )
    no_id = say("This is no contact_id: one is a whole number.")
    message = pl.when(number.is_null()).then(pl.lit(no_id)).otherwise(pl.lit(never))
    keys = pl.select(pl.when(given).then(number).cast(pl.String)).to_series()
    return Cells(keys, (Fault(~given, pl.select(message).to_series()),))


def _why(cells: Cells) -> pl.Series:
    """The message of each cell that is at fault, NULL for the others."""
    messages = [pl.when(fault.where).then(fault.message) for fault in cells.faults]
    return pl.select(pl.coalesce(*messages, pl.repeat(None, len(cells.values), dtype=pl.String))).to_series()


def _name_people(connection: duckdb.DuckDBPyConnection, kinds: list[str], channel: str) -> None:
    """`carnet_event_named`: the rows with `who` each of them names, after `_resolve_keys`.

    The first kind that can be read counts: `unread` is that of an address or a number that cannot be, where another can. But a
    delivery or a return is of the channel's own address: where that cannot be read, it is nobody's, whoever the row names besides.
    """
    if len(kinds) == 1:
        who = f"CASE WHEN trim(r.{kinds[0]}) <> '' THEN r.{kinds[0]} END"
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW carnet_event_named AS SELECT *, {who} AS who, NULL::VARCHAR AS unread, "  # noqa: S608
            "NULL::VARCHAR AS unread_who FROM carnet_event_instants AS r"
        )
        return
    named = {kind: f"CASE WHEN trim(r.{kind}) <> '' THEN {literal(kind + ':')} || r.{kind} END" for kind in kinds}
    joins = " ".join(f"LEFT JOIN carnet_event_texts AS t_{kind} ON t_{kind}.who = {who}" for kind, who in named.items())
    known = [f"CASE WHEN t_{kind}.key IS NOT NULL THEN t_{kind}.who END" for kind in kinds]
    own = _OF_CHANNEL.get(channel)
    alone = (
        f"WHEN t_{own}.who IS NOT NULL AND t_{own}.key IS NULL AND carnet_of_address(y.type) THEN t_{own}.who"
        if own in kinds
        else ""
    )
    unread = " ".join(f"WHEN t_{kind}.who IS NOT NULL AND t_{kind}.key IS NULL THEN {literal(kind)}" for kind in kinds)
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW carnet_event_named AS "  # noqa: S608
        f"SELECT r.*, CASE {alone} ELSE coalesce({', '.join([*known, *named.values()])}) END AS who, CASE {unread} END AS unread, "
        f"CASE unread {' '.join(f'WHEN {literal(kind)} THEN t_{kind}.who' for kind in kinds)} END AS unread_who "
        f"FROM carnet_event_instants AS r LEFT JOIN carnet_event_types AS y ON y.theirs = r.type {joins}"
    )


def _resolve_instants(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> None:
    """`carnet_event_instants`: the rows with `instant` (TIMESTAMPTZ or NULL); odd texts are read as `cells.moments` reads them.

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
        instants = read_moments(tidy(odd.cast(pl.String)), base.locale, base.timezone)
        frame = pl.DataFrame({"text": odd.cast(pl.String), "instant": instants})
        _store(connection, "carnet_event_moments", frame.drop_nulls())
        instant = f"coalesce({plain}, m.instant)" if odd.len() else plain
        join = "LEFT JOIN carnet_event_moments AS m ON m.text = r.occurred_at" if odd.len() else ""
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW carnet_event_instants AS "  # noqa: S608
        f"SELECT r.*, {instant} AS moment, CASE WHEN carnet_within(moment) THEN moment END AS instant "
        f"FROM {ROWS} AS r {join}"
    )


def _store(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """The frame as a temporary table."""
    with at_hand(connection, carnet_given=frame):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM carnet_given")  # noqa: S608
