"""The component `pipelines.components.Segment`: a dynamic segment."""

from __future__ import annotations

from typing import ClassVar, Literal

import dagster as dg
from pydantic import Field

from pipelines.components.schema import Attributes, Criteria, DeclaredComponent


class SegmentAttributes(Attributes):
    """The attributes of a Segment (SEG-2)."""

    name: str = Field(min_length=1, max_length=100, description="Any text; unique, whatever its case.")
    label: str | None = Field(None, description="What people read; the name by default.")
    match: Literal["all", "any"] = Field("all", description="all (ET) or any (OU) of the criteria.")
    criteria: Criteria = Field(min_length=1)
    warn_change: float | None = Field(
        None, gt=0, le=10, description="Warn when a refresh moves the count by more than this share of it, such as 0.2."
    )


class Segment(DeclaredComponent):
    """A dynamic segment: the contacts that meet its criteria, always current."""

    schema: ClassVar[type[Attributes]] = SegmentAttributes

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """No definitions: segments are made once, from all declarations together (`pipelines.definitions`)."""
        return dg.Definitions()
