"""Criteria on events, tallied in memory: the events are read once, each with what the criteria ask of it (SEG-2, SEG-12).

What depends on the link is asked once a link, what depends on the operation once an operation; who did what how often is then
counted with arrays. Belongs here: those arrays and the queries that fill them. Does not: which events a criterion counts
(`behaviours`), nor what is not decided (`vectors`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

import duckdb
import numpy as np
import polars as pl
from sqlglot import exp

from pipelines.declarations.events import RECIPIENT_TYPES
from pipelines.declarations.model import OperationCriterion
from pipelines.segments.behaviours import (
    EVENT,
    Behaviour,
    days_ago,
    link_test,
    needed,
    of_types,
    operations_of,
    types_of,
)
from pipelines.segments.literals import column, literal, number
from pipelines.segments.sharing import with_shared_parts
from pipelines.segments.truths import WORD, Flags, Words, packed

Numbers = np.ndarray[Any, np.dtype[np.int64]]
_KIND, _AGO, _PAGE, _PAGE_LINK = "kind", "ago", "page", "page link"
_LONG_AGO = 36_500
"""Days: where a criterion looks further back, the day of every event is worked out."""
_BITS = 62
"""Tests of links in one number: a BIGINT holds so many."""
_BLOCK = 64 << 20
"""Flags that are held at a time while the recipients of many operations are told apart."""


class Places:
    """Where each contact stands in a scan; `size` is a multiple of 64 that leaves one place at least for nobody."""

    def __init__(self, ids: Numbers) -> None:
        nobody = len(ids)
        self.size = (nobody // WORD + 1) * WORD
        self._of = np.full(int(ids.max(initial=0)) + 2, nobody, np.int64)
        self._of[ids] = np.arange(nobody)

    def marked(self, flags: pl.Series) -> Words:
        """The flags of the contacts, which are in the order of the scan."""
        padded = np.zeros(self.size, np.bool_)
        padded[: len(flags)] = flags.to_numpy()
        return packed(padded)

    def of(self, ids: Numbers) -> Numbers:
        """The places of these contacts; of those that were deleted, nobody's."""
        unknown = len(self._of) - 1
        # Contacts that were deleted may be the last that had an id.
        return self._of[ids if ids.max(initial=0) < unknown else np.minimum(ids, unknown)]

    def among(self, places: Numbers) -> Words:
        """Whether each place is among these."""
        flags = np.zeros(self.size, np.bool_)
        flags[places] = True
        return packed(flags)

    def at_least(self, places: Numbers, times: int) -> Words:
        """Whether each place stands `times` times or more among these."""
        return self.among(places) if times < 2 else packed(np.bincount(places, minlength=self.size) >= times)


class Operations:
    """The operations of a base; one name may be that of several."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        found = connection.execute("SELECT operation_id, name FROM main.operations").fetchall()
        self._ids: dict[str, list[int]] = {}
        for operation_id, name in found:
            self._ids.setdefault(name, []).append(operation_id)
        self._size = max((operation_id for operation_id, _ in found), default=0) + 1

    def named(self, names: Iterable[str]) -> list[int]:
        """The ids of the operations of these names."""
        return [operation_id for name in names for operation_id in self._ids.get(literal(name).this, ())]

    def marked(self, names: Iterable[str]) -> Flags:
        """For each id, whether its operation has one of these names."""
        flags = np.zeros(self._size, np.bool_)
        flags[self.named(names)] = True
        return flags

    def numbered(self, names: Sequence[str]) -> Numbers:
        """For each id, which of these names its operation has; their number where none."""
        numbers = np.full(self._size, len(names), np.int64)
        for position, name in enumerate(names):
            numbers[self.named([name])] = position
        return numbers


def recipients_query(criteria: Sequence[OperationCriterion], operations: Operations) -> exp.Select:
    """Who was sent what, of the operations between the first and the last that is asked for."""
    wanted = operations.named(leaf.operation for leaf in criteria)
    # An IN of many operations takes longer than to read the events of a few more.
    low, high = number(min(wanted, default=1)), number(max(wanted, default=0))
    near = exp.Between(this=column("operation_id", EVENT), low=low, high=high)
    columns = [column("contact_id", EVENT), column("operation_id", EVENT)]
    query = exp.Select(expressions=columns).from_(_events(), copy=False)
    return query.where(of_types(RECIPIENT_TYPES), near, copy=False)


def tally_recipients(
    events: pl.DataFrame, criteria: Sequence[OperationCriterion], operations: Operations, places: Places
) -> dict[OperationCriterion, Words]:
    """Whether each place is a recipient of each operation; `events`: the rows of `recipients_query`."""
    at, sent = places.of(_numbers(events, "contact_id")), _numbers(events, "operation_id")
    found: dict[OperationCriterion, Words] = {}
    at_once = max(1, _BLOCK // places.size)
    for first in range(0, len(criteria), at_once):
        block = criteria[first : first + at_once]
        # One row of flags an operation, and one for the others: marked in one go.
        rows = operations.numbered([leaf.operation for leaf in block]) * places.size
        flags = np.zeros((len(block) + 1) * places.size, np.bool_)
        flags[rows[sent] + at] = True
        words = packed(flags).reshape(len(block) + 1, -1)
        found |= dict(zip(block, words, strict=False))
    return found


class Happenings:
    """Criteria on what contacts did, each of which needs an event: the query for those events, and what its rows say."""

    def __init__(self, criteria: Sequence[Behaviour], timezone: str) -> None:
        self._criteria, self._timezone = criteria, timezone
        self._groups: dict[tuple[str, ...], list[Behaviour]] = {}
        for leaf in criteria:
            self._groups.setdefault(types_of(leaf), []).append(leaf)
        tests = {leaf: test for leaf in criteria if (test := link_test(leaf, timezone)) is not None}
        self._bits = {test: bit for bit, test in enumerate(dict.fromkeys(tests.values()))}
        self._bit_of = {leaf: self._bits[test] for leaf, test in tests.items()}
        self._linked = tuple(dict.fromkeys(type_ for leaf in tests for type_ in types_of(leaf)))

    def query(self) -> exp.Select:
        """The events that may count: whose, for which group of criteria, of which operation, how long ago, bits of the link."""
        numbers = [(type_, group) for group, types in enumerate(self._groups) for type_ in types]
        kinds = exp.values(numbers, alias=_KIND, columns=["type", "number"])
        same_type = exp.EQ(this=column("type", EVENT), expression=column("type", _KIND))
        query = exp.Select(expressions=[column("contact_id", EVENT), exp.alias_(column("number", _KIND), _KIND)])
        query = query.from_(_events(), copy=False).join(kinds, on=same_type, copy=False)
        if any(operations_of(leaf) is not None for leaf in self._criteria):
            query = query.select(column("operation_id", EVENT), copy=False)
        if windows := [leaf.within_days for leaf in self._criteria if leaf.within_days is not None]:
            query = query.select(exp.alias_(_ago(max(windows), self._timezone), _AGO), copy=False)
        if self._bits:
            same_link = exp.NullSafeEQ(this=column("link", EVENT), expression=column(_PAGE_LINK, _PAGE))
            query = query.select(*(column(name, _PAGE) for name in self._names()), copy=False)
            query = query.join(self._pages().subquery(_PAGE, copy=False), on=same_link, join_type="left", copy=False)
        return query

    def tally(self, events: pl.DataFrame, operations: Operations, places: Places) -> dict[Behaviour, Words]:
        """Whether each place has as many events as each criterion needs; `events`: the rows of `query`."""
        kinds = _numbers(events, _KIND).astype(np.uint8)
        # A stable sort of small numbers is one pass, where a mask a group would be many.
        order = np.argsort(kinds, kind="stable")
        ends = np.searchsorted(kinds[order], np.arange(len(self._groups) + 1))
        at = places.of(_numbers(events, "contact_id"))[order]
        others = {name: _numbers(events, name)[order] for name in events.columns[2:]}
        found: dict[Behaviour, Words] = {}
        for first, end, alike in zip(ends, ends[1:], self._groups.values(), strict=False):
            rows = _Rows(at[first:end], {name: values[first:end] for name, values in others.items()})
            for leaf in alike:
                found[leaf] = places.at_least(self._chosen(leaf, rows, operations), needed(leaf))
        return found

    def _chosen(self, leaf: Behaviour, rows: _Rows, operations: Operations) -> Numbers:
        """The places of the events that the criterion counts."""
        tests: list[Flags] = []
        if (names := operations_of(leaf)) is not None:
            tests.append(operations.marked(names)[rows.of["operation_id"]])
        if (bit := self._bit_of.get(leaf)) is not None:
            tests.append(rows.of[_bits_name(bit)] & (1 << bit % _BITS) != 0)
        if leaf.within_days is not None:
            # What is to come is below 0: without a sign, that is more than any.
            tests.append(rows.of[_AGO].view(np.uint32) < min(leaf.within_days, 1 << 31))
        return rows.places[reduce(and_, tests)] if tests else rows.places

    def _pages(self) -> exp.Select:
        """Each link once, with a bit for each test that holds for it: there are fewer pages than times they were seen."""
        link = column("link", EVENT)
        links = exp.Select(expressions=[link]).distinct(copy=False).from_(_events(), copy=False)
        links = links.where(of_types(self._linked), copy=False)
        tests = list(self._bits)
        numbers = [_bits(tests[first : first + _BITS]) for first in range(0, len(tests), _BITS)]
        named = [exp.alias_(link.copy(), _PAGE_LINK, quoted=True)]
        named += [exp.alias_(bits, name) for name, bits in zip(self._names(), numbers, strict=True)]
        return with_shared_parts(named, links.subquery(EVENT, copy=False))

    def _names(self) -> list[str]:
        return list(dict.fromkeys(map(_bits_name, self._bits.values())))


@dataclass(frozen=True)
class _Rows:
    """Events: the place of each one's contact, and what else was asked of it, by column."""

    places: Numbers
    of: Mapping[str, Numbers]


def _ago(days: int, timezone: str) -> exp.Expr:
    """How many days ago an event was; below 0 where it was longer ago than anyone asks, or is to come."""
    ago: exp.Expr = days_ago(timezone)
    if days <= _LONG_AGO:
        # Time zones are costly: only the days of events that may count are worked out. No zone is two days from another.
        span = exp.Anonymous(this="to_days", expressions=[number(days + 2)])
        since = exp.Sub(this=exp.Anonymous(this="now"), expression=span)
        lately = exp.GTE(this=column("occurred_at", EVENT), expression=since)
        ago = exp.Case(ifs=[exp.If(this=lately, true=ago)], default=number(-1))
    return exp.cast(ago, exp.DType.INT)


def _bits(tests: Sequence[exp.Expr]) -> exp.Expr:
    """A number with a bit for each test that holds."""
    set_bits: list[exp.Expr] = [
        exp.Case(ifs=[exp.If(this=test, true=exp.Literal.number(1 << bit))], default=number(0))
        for bit, test in enumerate(tests)
    ]
    return reduce(_sum, set_bits)


def _sum(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    return exp.Add(this=one, expression=other)


def _bits_name(bit: int) -> str:
    """The column of that bit."""
    return f"bits{bit // _BITS}"


def _numbers(events: pl.DataFrame, name: str) -> Numbers:
    """The values of a column; 0 where there is none, as for links that nobody asks about."""
    return events[name].fill_null(0).to_numpy()


def _events() -> exp.Table:
    return exp.table_("events", db="main", alias=EVENT)
