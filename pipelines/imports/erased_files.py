"""Files as they are kept here, without the rows of people who were erased (EXP-9): the row is rejected, and so is its text.

Belongs here: what lies in `archive/` and `refused/` after an import. Does not: what was there before (`pipelines.rights`).
"""

from __future__ import annotations

from pathlib import Path

from pipelines.base.store import Writer
from pipelines.contacts.erased import any_erased, erased_addresses
from pipelines.layout import Layout


def leave_out_erased(layout: Layout, importer: str, partition: str, writer: Writer) -> int:
    """Rewrite what is kept of one import's file, where it names somebody who was erased; how many rows went.

    Nothing is read where nobody ever was.
    """
    if not any_erased(writer.connection):
        return 0
    folders = (room / importer / partition for room in (layout.archive, layout.refused))
    return sum(_leave_out(path, writer) for folder in folders if folder.is_dir() for path in sorted(folder.iterdir()))


def _leave_out(path: Path, writer: Writer) -> int:
    import phonenumbers

    from pipelines.traces.files import remove_from
    from pipelines.traces.person import Traces
    from pipelines.traces.reading import pieces_of

    base, found = writer.contact_base, set[tuple[str, str]]()
    for pieces in pieces_of(path):
        found |= erased_addresses(writer.connection, writer.hash_key, pieces, base)
    if not found:
        return 0
    of = {kind: frozenset(address for each, address in found if each == kind) for kind in ("email", "mobile")}
    country = phonenumbers.country_code_for_region(base.phone_region)
    return remove_from(path, Traces(of["email"], of["mobile"], {}, country), writer.scratch).rows
