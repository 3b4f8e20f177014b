"""The component `pipelines.components.ImportModel`: how files of one kind are imported."""

from __future__ import annotations

from typing import ClassVar, Literal

import dagster as dg
from pydantic import Field

from pipelines.components.schema import Attributes, DeclaredComponent, Name

Constant = str | bool | float


class ImportModelAttributes(Attributes):
    """The attributes of an ImportModel (IMP-4)."""

    name: Name
    file: str = Field(description="A file name or a pattern, such as newsletter*.csv.")
    separator: Literal[";", ",", "\t", "\\t", "tab", "|"] | None = Field(
        None, description="By default ; for CSV and a tab for TXT."
    )
    action: Literal["upsert", "insert", "update", "unsubscribe", "suppress", "delete"] = "upsert"
    mapping: dict[str, str | None] | None = Field(None, description="Header: field, or null to ignore the column.")
    constants: dict[str, Constant | list[Constant]] | None = Field(None, description="Field: value for every contact.")
    empty_cells: Literal["keep", "clear"] = "keep"
    missing_columns: Literal["refuse", "warn"] = "refuse"
    short_lines: Literal["pad", "reject_row"] = "pad"
    stray_separators: Literal["warn", "clean", "reject_row"] = "warn"
    on_error: Literal["reject_rows", "refuse_file"] = "reject_rows"
    max_rejected: float | None = Field(
        None, ge=0, le=1, description="The share of rows beyond which a file is refused."
    )
    may_resubscribe: bool = False
    source: str | None = Field(None, description="sftp://user@host/path/newsletter*.csv: files are fetched from there.")
    interval_minutes: int = Field(15, ge=1, le=1440, description="How often the source is looked at.")
    notify: list[str] | None = Field(None, description="E-mail addresses told of refused files and of failures.")


class ImportModel(DeclaredComponent):
    """How files with one name are imported: separator, mapping, constants, what to do with errors."""

    schema: ClassVar[type[Attributes]] = ImportModelAttributes

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """No definitions: imports are made once, from all declarations together (`pipelines.definitions`)."""
        return dg.Definitions()
