"""People known by keyed hashes alone, recognised in what the account still holds (EXP-9): after a kill, or in a restored base.

Belongs here: every place where an address may stand, hashed and compared. Does not: what is done with it.
"""

from __future__ import annotations

import polars as pl

from pipelines.base.statements import at_hand, statement
from pipelines.base.store import Writer
from pipelines.contacts.erased import addresses_in
from pipelines.layout import Layout
from pipelines.rights.journal import Hashes
from pipelines.rights.people import Addresses, Person, person_of
from pipelines.traces.reading import pieces_of

_ROOMS = ("archive", "refused", "rejects", "exports")


def recognised(writer: Writer, layout: Layout, hashes: Hashes) -> Person:
    """Whoever of `hashes` is still there: contacts with all that is theirs, and addresses that no contact has."""
    connection, base = writer.connection, writer.contact_base
    wanted = pl.DataFrame(
        {"key_hash": [digest for each in hashes.values() for digest in each]}, schema={"key_hash": pl.String}
    )
    with at_hand(connection, carnet_wanted=wanted):
        bound = writer.hash_key.bind(connection)
        rows = connection.execute(statement("rights/recognised"), bound).fetchall()
    addresses: Addresses = (
        frozenset(rows) | _in_texts(writer, _reject_cells(writer), wanted) | _in_files(writer, layout, wanted)
    )
    bound = {"kind": base.key, "keys": [address for kind, address in addresses if kind == base.key]}
    ids = [row[0] for row in connection.execute(statement("rights/key_holders"), bound).fetchall()]
    return person_of(connection, base, ids, addresses)


def is_heard_of(writer: Writer, layout: Layout, person: Person) -> bool:
    """Whether anything speaks of an address that no contact has: a table, a file, or the list of those who were erased."""
    hashes = person.hashes(writer.hash_key)
    wanted = [digest for each in hashes.values() for digest in each]
    query = "SELECT count(*) FROM main.suppression_list WHERE list_contains(?, key_hash)"
    if writer.connection.execute(query, [wanted]).fetchall() != [(0,)]:
        return True
    return bool(recognised(writer, layout, hashes).addresses)


def _reject_cells(writer: Writer) -> pl.Series:
    query = "SELECT DISTINCT unnest(cells) AS cell FROM main.import_rejects"
    return writer.connection.sql(query).pl()["cell"].cast(pl.String)


def _in_texts(writer: Writer, texts: pl.Series, wanted: pl.DataFrame) -> Addresses:
    """The addresses in texts whose keyed hash is wanted."""
    found: set[tuple[str, str]] = set()
    for kind, addresses in addresses_in(texts, writer.contact_base).items():
        with at_hand(writer.connection, carnet_asked=addresses.rename("address").to_frame(), carnet_wanted=wanted):
            bound = writer.hash_key.bind(writer.connection)
            rows = writer.connection.execute(statement("rights/wanted"), bound).fetchall()
        found |= {(kind, row[0]) for row in rows}
    return frozenset(found)


def _in_files(writer: Writer, layout: Layout, wanted: pl.DataFrame) -> Addresses:
    found: Addresses = frozenset()
    for room in _ROOMS:
        for path in sorted((layout.data / room).rglob("*")):
            if path.is_file() and not path.is_symlink():
                for pieces in pieces_of(path):
                    found |= _in_texts(writer, pieces, wanted)
    return found
