"""Counts that follow the contacts that changed: what a segment held, and what versions say came into it and left it since (SEG-6).

Belongs here: which segments can be followed, and by how much their counts move. Does not: the counts of all others (`counting`),
nor what an operator means. A property test holds these counts and those of everybody together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import duckdb
from sqlglot import exp

from pipelines.base.looks import Look, keep_look, last_look, look, told_since
from pipelines.base.statements import statement
from pipelines.base.versions import FORMER
from pipelines.declarations.model import Declarations, FieldCriterion, Group, Segment, SegmentCriterion
from pipelines.segments.counting import count_all
from pipelines.segments.flat import Flat
from pipelines.segments.literals import column, number, today

_COUNTED = "counted"
"""The name of the last look at the contacts of all segments."""
_UNVERSIONED = frozenset(("activity_degree", "contact_id"))
"""Fields that are written without a version (sql/behaviours/copy_degrees.sql), or have none."""
_CONTACTS, _VERSION, _CAME = "contacts", "version", "came"


@dataclass(frozen=True)
class _Followed:
    """A segment that only the fields of each contact decide.

    `meaning`: what its views say, and those of the segments that it refers to, as a hash. `by_day`: whether it may hold others
    tomorrow though nothing changes.
    """

    segment: Segment
    fields: frozenset[str]
    meaning: str
    by_day: bool


def count_followed(
    connection: duckdb.DuckDBPyConnection, declarations: Declarations, names: Collection[str]
) -> dict[str, int]:
    """As `count_all`: the last counts, moved by the contacts that changed since, where that can be said; the others anew.

    In the caller's transaction, in which the counts are kept too: the next ones follow from these.
    """
    return _count(connection, declarations, names, anew=False)


def count_anew(
    connection: duckdb.DuckDBPyConnection, declarations: Declarations, names: Collection[str]
) -> dict[str, int]:
    """As `count_all`, and the next counts follow from these. In the caller's transaction."""
    return _count(connection, declarations, names, anew=True)


def _count(
    connection: duckdb.DuckDBPyConnection, declarations: Declarations, names: Collection[str], *, anew: bool
) -> dict[str, int]:
    followable = _followable(connection, declarations)
    # All statements of one transaction have one `now`.
    [(day,)] = connection.execute(exp.select(today(declarations.base.timezone)).sql("duckdb")).fetchall()
    before, now = last_look(connection, _COUNTED), look(connection, {"day": str(day), "segments": {}})
    counts: dict[str, int] = {}
    if not anew and before is not None and told_since(connection, before, now) is not None:
        follow = _that_follow({name: each for name, each in followable.items() if name in names}, before, now)
        counts = _moved(connection, declarations, follow, before)
    counts |= count_all(connection, declarations, [name for name in names if name not in counts])
    counted = {name: [each.meaning, counts[name]] for name, each in followable.items() if name in counts}
    keep_look(connection, _COUNTED, replace(now, found={**now.found, "segments": _still_so(before, now) | counted}))
    return {segment.name: counts[segment.name] for segment in declarations.segments if segment.name in counts}


def _still_so(before: Look | None, now: Look) -> dict[str, list[Any]]:
    """What was counted at the last look, where nothing came since: nothing else can be followed from here."""
    if before is None or before.found["day"] != now.found["day"] or replace(before, found=now.found) != now:
        return {}
    return before.found["segments"]


def _that_follow(asked: Mapping[str, _Followed], before: Look, now: Look) -> list[_Followed]:
    """Those that were counted at the last look, and mean what they meant then."""
    same_day, counted = before.found["day"] == now.found["day"], before.found["segments"]
    return [
        each
        for name, each in asked.items()
        if name in counted and counted[name][0] == each.meaning and (same_day or not each.by_day)
    ]


def _moved(
    connection: duckdb.DuckDBPyConnection, declarations: Declarations, follow: Sequence[_Followed], before: Look
) -> dict[str, int]:
    """The last counts of these segments, moved by the versions since: who came in, less who left."""
    if not follow:
        return {}
    fields = sorted(frozenset[str]().union(*(each.fields for each in follow)))
    images = exp.union(_after(fields), _before(fields), distinct=False, copy=False)
    flat = Flat(declarations)
    moves = [exp.alias_(_move(flat.condition(each.segment.root)), f"n{at}") for at, each in enumerate(follow)]
    query = flat.over_contacts(*moves, contacts=images.subquery(_CONTACTS, copy=False))
    [row] = connection.execute(query.sql("duckdb"), {"revision_id": before.revision_id}).fetchall()
    last = {name: count for name, (_, count) in before.found["segments"].items()}
    return {each.segment.name: last[each.segment.name] + int(move) for each, move in zip(follow, row, strict=True)}


def _move(held: exp.Expr) -> exp.Expr:
    moved = exp.Sum(this=exp.Case(ifs=[exp.If(this=held, true=column(_CAME, _CONTACTS))], default=number(0)))
    return exp.Coalesce(this=moved, expressions=[number(0)])


def _after(fields: Collection[str]) -> exp.Select:
    """How revisions left contacts: 1 for each that is there then."""
    return _images({name: name for name in fields}, came=1, without="deleted")


def _before(fields: Collection[str]) -> exp.Select:
    """How revisions found contacts: -1 for each that was there."""
    return _images({name: FORMER + name for name in fields}, came=-1, without="inserted")


def _images(columns: Mapping[str, str], *, came: int, without: str) -> exp.Select:
    selected = [exp.alias_(column(stored, _VERSION), name, quoted=True) for name, stored in columns.items()]
    return (
        exp.Select(expressions=[exp.alias_(number(came), _CAME), *selected])
        .from_(exp.table_("contact_versions", db="main", alias=_VERSION), copy=False)
        .where(
            exp.GT(this=column("revision_id", _VERSION), expression=exp.Parameter(this=exp.Var(this="revision_id"))),
            exp.NEQ(this=column("outcome", _VERSION), expression=exp.Literal.string(without)),
            copy=False,
        )
    )


def _followable(connection: duckdb.DuckDBPyConnection, declarations: Declarations) -> dict[str, _Followed]:
    """The segments that nothing but fields decides, by themselves or through others: no event, import, other person or SQL."""
    meanings = {row[0]: row[1:] for row in connection.execute(statement("segments/meanings")).fetchall()}
    known: dict[str, _Followed] = {}
    for segment in declarations.segments:
        if segment.name in meanings and (found := _followed(segment, known, *meanings[segment.name])):
            known[segment.name] = found
    return known


def _followed(segment: Segment, known: Mapping[str, _Followed], meaning: str, by_day: bool) -> _Followed | None:
    leaves = list(_leaves(segment.root))
    own = {leaf.field for leaf in leaves if isinstance(leaf, FieldCriterion)}
    inner = [known.get(leaf.segment) for leaf in leaves if isinstance(leaf, SegmentCriterion)]
    others = [each for each in inner if each is not None]
    if (
        own & _UNVERSIONED
        or any(not isinstance(leaf, FieldCriterion | SegmentCriterion) for leaf in leaves)
        or None in inner
    ):
        return None
    meanings = sorted({meaning, *(each.meaning for each in others)})
    return _Followed(
        segment,
        frozenset(own).union(*(each.fields for each in others)),
        sha256(" ".join(meanings).encode()).hexdigest()[:16] if others else meaning[:16],
        by_day or any(each.by_day for each in others),
    )


def _leaves(group: Group) -> Iterator[object]:
    for inner in group.criteria:
        if isinstance(inner, Group):
            yield from _leaves(inner)
        else:
            yield inner
