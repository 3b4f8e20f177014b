"""The component `pipelines.components.Export`: a snapshot file."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import dagster as dg
from pydantic import Field

from pipelines.components.schema import Attributes, DeclaredComponent, Name


class ExportAttributes(Attributes):
    """The attributes of an Export (EXP-1 to EXP-4, EXP-7)."""

    name: Name
    audience: str | dict[str, Any] = Field(
        "all_contacts",
        description="A segment; {match, criteria}; {include: [segments], exclude: [segments]}; {search: a saved search's name}; "
        "{operation: its name, figure: clicked}.",
    )
    fields: Literal["main"] | list[str] = Field("main", description="main, or names of fields in the file's order.")
    format: Literal["csv", "txt", "parquet"] = "csv"
    multi_select: Literal["columns", "joined"] = "columns"
    excel: bool = False
    do_not_track: Literal["keep", "omit"] = "keep"
    schedule: str | None = Field(None, description="A cron schedule in the base's time zone, such as 0 6 * * *.")
    deliver: str | None = None
    notify: list[str] | None = None


class Export(DeclaredComponent):
    """A snapshot file: who, which fields, in which format, when."""

    schema: ClassVar[type[Attributes]] = ExportAttributes

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """No definitions: exports are made once, from all declarations together (`pipelines.definitions`)."""
        return dg.Definitions()
