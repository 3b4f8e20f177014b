"""One contact, named by a person: by e-mail address, mobile number or contact_id (contract: KEY)."""

from __future__ import annotations

import duckdb

from pipelines.base.statements import identifier
from pipelines.cells.emails import read_email
from pipelines.cells.mobiles import read_mobile
from pipelines.declarations.model import ContactBase
from pipelines.errors import UsageError, listed_names
from pipelines.language import say


def find_contact(connection: duckdb.DuckDBPyConnection, base: ContactBase, key: str) -> int | None:
    """The contact_id that `key` names; None where an address or a number is nobody's.

    UsageError where it is no address, number or id, where several contacts have that address or number, or nobody that id.
    """
    ways = ways_to_read(base, key)
    for field, value in ways:
        found = contacts_with(connection, field, value)
        if len(found) > 1:
            raise UsageError(
                say("{count} contacts have the {field} {key!r}.", count=len(found), field=field, key=key),
                say("Name one by its contact_id: {contacts}.", contacts=listed_names(found)),
            )
        if found:
            return found[0]
        if ways == [("contact_id", value)]:
            raise unknown_contact(key)
    return None


def unknown_contact(key: str) -> UsageError:
    """The error of a key that no contact has."""
    return UsageError(
        say("No contact has {key!r}.", key=key),
        say("Give the e-mail address, mobile number or contact_id of one in the base."),
    )


def ways_to_read(base: ContactBase, key: str) -> list[tuple[str, str]]:
    """What `key` may be: pairs of a field and the value as the base stores it. UsageError where it is nothing of these."""
    text = key.strip()
    address, email_fault = read_email(text)
    number, mobile_fault = read_mobile(text, base.phone_region)
    ways = [("email", address), ("mobile", number), ("contact_id", text if text.isascii() and text.isdigit() else None)]
    found = [(field, value) for field, value in ways if value is not None]
    if not found:
        fault = email_fault if "@" in text or base.key == "email" else mobile_fault
        raise UsageError(
            say("{key!r} names no contact: {fault}", key=key, fault=fault),
            say("Give an e-mail address, a mobile number or a contact_id."),
        )
    return found


def contacts_with(connection: duckdb.DuckDBPyConnection, field: str, value: str | float) -> list[int]:
    """The contact_ids of those who have that value of the field, as the base stores it."""
    bound = int(value) if field == "contact_id" else value
    rows = connection.execute(
        f"SELECT contact_id FROM main.contacts WHERE {identifier(field)} = ? ORDER BY contact_id",  # noqa: S608
        [bound],
    ).fetchall()
    return [row[0] for row in rows]
