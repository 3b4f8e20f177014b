"""The component `pipelines.components.ContactBase`: the base, its key and its fields."""

from __future__ import annotations

from typing import ClassVar, Literal

import dagster as dg
from pydantic import BaseModel, ConfigDict, Field

from pipelines.components.schema import Attributes, DeclaredComponent, Name


class FieldAttributes(BaseModel):
    """One declared field (FLD-1 to FLD-4)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    label: str | None = Field(None, description="What people read and files are headed by; the name by default.")
    format: Literal["text", "number", "date", "single_select", "multi_select", "boolean"]
    values: list[str] | None = Field(None, description="Of a select: its values, in their order.")
    unknown_values: Literal["skip", "reject", "add"] | None = Field(
        None, description="Of a select: what an import does with a value that is not declared."
    )


class ActivityAttributes(BaseModel):
    """What makes a contact active (BHV-3)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    window_days: int = Field(365, ge=1, description="The degree counts the days with an activity among so many.")
    active_within_days: int = Field(180, ge=1, description="Active: something done within so many days.")


class ContactBaseAttributes(Attributes):
    """The attributes of a ContactBase."""

    key: Literal["email", "mobile"] = Field("email", description="What makes a contact one and the same (IMP-6).")
    locale: Literal["fr", "en"] = Field("fr", description="The language of labels, dates and numbers.")
    phone_region: str = Field("FR", pattern="^[A-Z]{2}$", description="The region of numbers without a country prefix.")
    timezone: str = "Europe/Paris"
    max_file_bytes: int = Field(16_777_216, ge=1)
    import_history: int = Field(100, ge=1, description="How many imports are kept whole (IMP-12).")
    soft_limit: int | None = Field(
        None, ge=1, description="So many soft returns without a delivery between them make an address invalid (STA-6)."
    )
    activity: ActivityAttributes | None = None
    fields: list[FieldAttributes] = Field([], description="The fields beside those that every base has.")


class ContactBase(DeclaredComponent):
    """The contact base: its uniqueness key, its language and the fields that the operator adds."""

    schema: ClassVar[type[Attributes]] = ContactBaseAttributes

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """No definitions: those of the base are made once, from all declarations together (`pipelines.definitions`)."""
        return dg.Definitions()
