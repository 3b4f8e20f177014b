"""Searches by hand, kept in the base: what was asked, how many it found, when and by whom; some under a name (SEG-8).

Belongs here: the table `searches`. Does not: finding contacts (`querying`), nor what a name is (declarations).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.base.statements import statement, telling_what_is_missing
from pipelines.declarations.loading import load_condition
from pipelines.declarations.model import Declarations, Group
from pipelines.declarations.names import fault_of_name
from pipelines.declarations.spelling import condition_yaml
from pipelines.errors import UnknownNameError, UsageError
from pipelines.language import mark, say

_SAVED = mark("saved search")


@dataclass(frozen=True)
class Search:
    """One search as it was made: `condition` is YAML, `count` what it found then.

    Of those saved under one name, the last one is the name's.
    """

    search_id: int
    name: str | None
    condition: str
    count: int
    searched_at: datetime
    who: str

    def group(self, declarations: Declarations) -> Group:
        """Its condition, judged against what is declared now; DeclarationError where that no longer fits."""
        return load_condition(
            self.condition, Path(say("<search {name}>", name=self.name or self.search_id)), declarations
        )


def record_search(
    connection: duckdb.DuckDBPyConnection,
    search_id: int,
    group: Group,
    count: int,
    *,
    instant: datetime,
    who: str,
    name: str | None = None,
) -> Search:
    """Keep a search, under `name` if it has one, in the caller's transaction. Former ones of that name stay in the history."""
    made = Search(search_id, name, condition_yaml(group), count, instant, who)
    connection.execute(statement("segments/add_search"), asdict(made))
    return made


def list_searches(connection: duckdb.DuckDBPyConnection) -> list[Search]:
    """Every search, newest first."""
    with telling_what_is_missing():
        rows = connection.execute(statement("segments/list_searches")).fetchall()
    return [Search(*row) for row in rows]


def saved_searches(connection: duckdb.DuckDBPyConnection) -> dict[str, Search]:
    """Name → the last search saved under it, the latest saved name first."""
    found: dict[str, Search] = {}
    for search in list_searches(connection):
        if search.name is not None:
            found.setdefault(search.name, search)
    return found


def saved_search(connection: duckdb.DuckDBPyConnection, name: str) -> Search:
    """The search saved under that name; UnknownNameError names the nearest one."""
    saved = saved_searches(connection)
    if name not in saved:
        raise UnknownNameError(_SAVED, name, saved)
    return saved[name]


def require_free(name: str, declarations: Declarations) -> None:
    """A name in snake_case that is no segment's: an audience is called by either."""
    fault = fault_of_name(name, say("the search's name"))
    if fault is not None:
        raise UsageError(f"{fault[:1].upper()}{fault[1:]}.")
    if any(segment.name.casefold() == name for segment in declarations.segments):
        raise UsageError(
            say("A segment is called {name!r} already.", name=name),
            say("Give the search another name: audiences are named by either."),
        )
