"""A changed uniqueness key: the base is asked first whether the new one tells its contacts apart (IMP-6).

Belongs here: what stands in the way of another key. Does not: keys of a file (pipelines/imports/contacts/cleaning.py).
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.base.statements import first_row, identifier
from pipelines.cells.emails import read_emails
from pipelines.cells.mobiles import read_mobiles
from pipelines.cells.reading import Cells
from pipelines.declarations.model import ContactBase
from pipelines.errors import RefusedError, listed_names
from pipelines.language import say, say_many

_SHOWN = 20


class KeyChangeError(RefusedError):
    """Contacts that another key does not tell apart: `collisions` groups that would become one each, `keyless` contacts."""

    def __init__(self, before: str, after: str, collisions: pl.DataFrame, keyless: pl.DataFrame) -> None:
        """`collisions`: `key` and `contacts` (ids); `keyless`: `contact_id`, `former` and `key`, NULL or malformed."""
        self.collisions, self.keyless = collisions.height, keyless.height
        reasons = [
            say(
                "{contacts:,} contacts would become {groups:,} ({listed})",
                contacts=int(collisions["contacts"].list.len().sum()),
                groups=collisions.height,
                listed=_groups(collisions),
            )
            if collisions.height
            else "",
            say_many(
                "{n:,} contact without a valid {key} could not be found by an import ({contacts})",
                "{n:,} contacts without a valid {key} could not be found by an import ({contacts})",
                keyless.height,
                key=after,
                contacts=listed_names(keyless["contact_id"].to_list()),
            )
            if keyless.height
            else "",
        ]
        super().__init__(
            say(
                "The base's uniqueness key cannot change from {before!r} to {after!r}: {reasons}.",
                before=before,
                after=after,
                reasons=say("; ").join(filter(None, reasons)),
            ),
            say(
                "Put `key: {before}` back. Then give each of these contacts a {after} of its own, or delete it, and change the "
                "key again. The base is unchanged.",
                before=before,
                after=after,
            ),
            private="\n".join(
                [
                    *(
                        say("  {key}: contacts {contacts}", key=key, contacts=listed_names(ids))
                        for key, ids in collisions.head(_SHOWN).rows()
                    ),
                    *(
                        say(
                            "  contact {contact} ({former}): {key}",
                            contact=contact_id,
                            former=former,
                            key=key or say("no {key}", key=after),
                        )
                        for contact_id, former, key in keyless.head(_SHOWN).rows()
                    ),
                ]
            ),
        )


def follow_key(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> bool:
    """Bring the base's key to the declared one; False where it was. KeyChangeError where contacts are in the way."""
    row = first_row(connection, "SELECT value FROM main.settings WHERE name = 'key'")
    if row is None:
        connection.execute("INSERT INTO main.settings VALUES ('key', ?)", [base.key])
        return False
    if row[0] == base.key:
        return False
    _judge(connection, row[0], base)
    connection.execute("UPDATE main.settings SET value = ? WHERE name = 'key'", [base.key])
    return True


def _judge(connection: duckdb.DuckDBPyConnection, before: str, base: ContactBase) -> None:
    contacts = connection.sql(
        f"SELECT contact_id, {identifier(before)} AS former, {identifier(base.key)} AS key "  # noqa: S608
        "FROM main.contacts ORDER BY contact_id"
    ).pl()
    valid = valid_keys(contacts["key"], base)
    collisions = (
        contacts.filter(valid)
        .group_by("key", maintain_order=True)
        .agg(contacts="contact_id")
        .filter(pl.col("contacts").list.len() > 1)
    )
    keyless = contacts.filter(~valid)
    if collisions.height or keyless.height:
        raise KeyChangeError(before, base.key, collisions, keyless)


def valid_keys(keys: pl.Series, base: ContactBase) -> pl.Series:
    """Which of `keys` are keys in their normal form: another one was kept as it was typed (IMP-9), and no import can find it."""
    return (keys == read_addresses(base.key, keys, base).values).fill_null(value=False)


def read_addresses(address: str, cells: pl.Series, base: ContactBase) -> Cells:
    """Cells of `email` or `mobile` in the normal form in which the base keeps them."""
    return read_emails(cells) if address == "email" else read_mobiles(cells, base.phone_region)


def _groups(collisions: pl.DataFrame) -> str:
    groups = [say(" and ").join(map(str, ids[:5])) for ids in collisions["contacts"].head(_SHOWN).to_list()]
    return say("; ").join([*groups, "…"] if collisions.height > _SHOWN else groups)
