"""A person who was erased asks to be written to again: by hand alone, and written down (EXP-9, STA-5)."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.base.store import Writer
from pipelines.contacts.erased import any_erased, lift_erased
from pipelines.contacts.finding import ways_to_read
from pipelines.errors import UsageError
from pipelines.layout import Layout
from pipelines.rights import journal


def lift(writer: Writer, layout: Layout, texts: Iterable[str], who: str) -> int:
    """Take the addresses among `texts` off the list of those who were erased; how many were on it."""
    if not any_erased(writer.connection):
        return 0
    hashes: dict[str, list[str]] = {}
    for text in texts:
        for kind, address in _addresses(writer, text):
            hashes.setdefault(kind, []).append(writer.hash_key.digest(address))
    if not hashes:
        return 0
    # The list outside first: cut short after it, the base still rejects, and the command can be given again.
    journal.lift(layout, hashes, who)
    with writer.transaction() as connection:
        return lift_erased(connection, [digest for digests in hashes.values() for digest in digests])


def _addresses(writer: Writer, text: str) -> list[tuple[str, str]]:
    try:
        return [(kind, value) for kind, value in ways_to_read(writer.contact_base, text) if kind != "contact_id"]
    except UsageError:
        return []
