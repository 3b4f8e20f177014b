"""Refusals that arrive before their contact (STA-5): whose they are, and that they are kept.

Belongs here: which rows refuse for somebody whom the base does not know. Does not: the list itself (`contacts.suppression`).
"""

from __future__ import annotations

import polars as pl

from pipelines.base.store import Writer
from pipelines.base.versions import FORMER
from pipelines.contacts.revision import Revision
from pipelines.contacts.suppression import remember
from pipelines.declarations.model import KEY_ONLY, ContactBase, ImportModel
from pipelines.imports.contacts.actions import REMEMBERING
from pipelines.imports.contacts.frames import LINE
from pipelines.imports.contacts.merging import Combined


def remember_refusals(
    incoming: pl.DataFrame,
    combined: Combined,
    model: ImportModel,
    base: ContactBase,
    writer: Writer,
    revision: Revision,
) -> int:
    """Keep the refusals of people whom the base does not know, and whom the action does not add; of how many."""
    if model.action not in REMEMBERING:
        return 0
    key, unknown = base.key, pl.col("contact_id").is_null()
    # Of a contact that was found by another field, a file may name an address that is nobody's.
    elsewhere = (pl.col(key) != pl.col(FORMER + key)).fill_null(value=False)
    rows = incoming.join(combined.rows.select(LINE, "outcome", "contact_id", FORMER + key), on=LINE)
    if key in incoming.columns and model.action in KEY_ONLY:
        remember(writer.connection, rows.filter(elsewhere), key, writer.hash_key, revision)
    strangers = rows.filter((pl.col("outcome") == "skipped") & unknown)
    return remember(writer.connection, strangers, key, writer.hash_key, revision)
