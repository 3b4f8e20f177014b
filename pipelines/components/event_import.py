"""The component `pipelines.components.EventImport`: how files of events are read."""

from __future__ import annotations

from typing import ClassVar, Literal

import dagster as dg
from pydantic import Field

from pipelines.components.schema import Attributes, DeclaredComponent, Name


class EventImportAttributes(Attributes):
    """The attributes of an EventImport (BHV-1)."""

    name: Name
    file: str = Field(description="A file name or a pattern, such as events*.ndjson: CSV, NDJSON or Parquet.")
    channel: Literal["email", "sms", "form", "web"]
    mapping: dict[str, str | None] = Field(
        description="Column: event_id, operation, email, mobile, contact_id, type, occurred_at, link or detail; null to ignore it."
    )
    types: dict[str, str | None] | None = Field(None, description="Their word: our type, or null to leave it out.")
    operation: str | None = Field(None, description="The operation of all events, where no column names it.")
    separator: Literal[";", ",", "\t", "\\t", "tab", "|"] | None = Field(
        None, description="Of CSV files; ; by default."
    )
    notify: list[str] | None = Field(None, description="E-mail addresses told of refused files and of failures.")


class EventImport(DeclaredComponent):
    """How files of events are read: what happened to contacts in an operation, and what they did."""

    schema: ClassVar[type[Attributes]] = EventImportAttributes

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """No definitions: imports are made once, from all declarations together (`pipelines.definitions`)."""
        return dg.Definitions()
