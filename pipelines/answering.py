"""Who answers what people ask: DuckDB from the published copy, or Spark from the lake; chosen once, with equal results (LAK-2).

Belongs here: the questions, and DuckDB's way. Does not: Spark's (`spark_answers`), what a question means (`segments`,
`behaviours`), nor who is chosen (`workspace`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import duckdb

from pipelines.behaviours.operations import FigureContacts, Report, figure_contacts, reports
from pipelines.declarations.model import Declarations, Group

if TYPE_CHECKING:
    from pipelines.segments.querying import Found


class Answers(Protocol):
    """What is asked of the base by people and programs that look at it."""

    def search(self, group: Group, limit: int = 100, *, everybody: bool = False) -> Found:
        """The contacts that satisfy `group` (`querying.search`)."""
        ...

    def members(self, segment: str, limit: int = 100, *, everybody: bool = False) -> Found:
        """The contacts of a segment (`querying.members`)."""
        ...

    def reports(self, name: str | None = None) -> list[Report]:
        """The reports of operations (`operations.reports`)."""
        ...

    def figure(self, name: str, figure: str, limit: int = 100, *, everybody: bool = False) -> FigureContacts:
        """The contacts behind a figure (`operations.figure_contacts`)."""
        ...


@dataclass(frozen=True)
class DuckDBAnswers:
    """From the published copy that `connection` reads."""

    connection: duckdb.DuckDBPyConnection
    declarations: Declarations

    def search(self, group: Group, limit: int = 100, *, everybody: bool = False) -> Found:
        """See `Answers`."""
        from pipelines.segments.querying import search  # sqlglot: 0.2 s

        return search(self.connection, group, self.declarations, limit, everybody=everybody)

    def members(self, segment: str, limit: int = 100, *, everybody: bool = False) -> Found:
        """See `Answers`."""
        from pipelines.segments.querying import members

        return members(self.connection, segment, limit, everybody=everybody)

    def reports(self, name: str | None = None) -> list[Report]:
        """See `Answers`."""
        return reports(self.connection, name)

    def figure(self, name: str, figure: str, limit: int = 100, *, everybody: bool = False) -> FigureContacts:
        """See `Answers`."""
        return figure_contacts(self.connection, name, figure, limit, everybody=everybody)
