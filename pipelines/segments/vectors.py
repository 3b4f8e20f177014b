"""Many criteria judged for every contact at once: one boolean a contact and criterion, from as few scans as can be (SEG-6).

Belongs here: what each criterion says by itself, as a vector. Does not: how segments combine them (`counting`). The second
way to say what the views say: a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
import polars as pl
from sqlglot import exp

from pipelines.base.stopping import at_most
from pipelines.declarations.model import (
    BehaviourCriterion,
    Declarations,
    FieldCriterion,
    ImportCriterion,
    OperationCriterion,
    SegmentCriterion,
    SqlCriterion,
    WebCriterion,
)
from pipelines.segments.behaviours import (
    EVENT,
    Behaviour,
    event_test,
    needed,
    of_types,
    page_test,
    recipients,
    types_of,
)
from pipelines.segments.compiling import Criteria, imported, members
from pipelines.segments.literals import column
from pipelines.segments.sharing import with_shared_parts
from pipelines.segments.tracking import Leaf

Ids = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
_CONTACTS = "contacts"


def affirmed(leaf: Leaf) -> Leaf:
    """The criterion that `leaf` affirms or denies: both share one vector."""
    match leaf:
        case SegmentCriterion() | ImportCriterion():
            return replace(leaf, inside=True, place=None)
        case OperationCriterion():
            return replace(leaf, recipient=True, place=None)
        case BehaviourCriterion() | WebCriterion():
            return replace(leaf, at_least=needed(leaf), negate=False, place=None)
        case FieldCriterion() | SqlCriterion():
            return leaf


def denies(leaf: Leaf) -> bool:
    """Whether `leaf` denies what its vector says."""
    match leaf:
        case SegmentCriterion() | ImportCriterion():
            return not leaf.inside
        case OperationCriterion():
            return not leaf.recipient
        case BehaviourCriterion() | WebCriterion():
            return leaf.negate
        case FieldCriterion() | SqlCriterion():
            return False


@dataclass(frozen=True)
class Vectors:
    """A boolean for each contact and criterion, NULL where it is not decided; `everybody` is TRUE for each contact."""

    everybody: pl.Series
    of: Mapping[Leaf, pl.Series]


def judge_all(connection: duckdb.DuckDBPyConnection, declarations: Declarations, leaves: Iterable[Leaf]) -> Vectors:
    """The vectors of `leaves`, criteria on segments excepted: those follow from their segments' own."""
    wanted = list(dict.fromkeys(affirmed(leaf) for leaf in leaves if not isinstance(leaf, SegmentCriterion)))
    fields = [leaf for leaf in wanted if isinstance(leaf, FieldCriterion)]
    behaviours = [leaf for leaf in wanted if isinstance(leaf, BehaviourCriterion | WebCriterion)]
    found: dict[Leaf, pl.Series] = {}
    # Criteria of all segments are judged together, and may take what their segments may.
    seconds = sum(segment.timeout_seconds for segment in declarations.segments if segment.sql is None)
    with at_most(connection, seconds):
        contacts = _scan_contacts(connection, declarations, fields, found)
        imports = [leaf for leaf in wanted if isinstance(leaf, ImportCriterion)]
        found |= {
            leaf: pl.Series(contacts.among(_ids(connection, imported(leaf.source, last=leaf.last)))) for leaf in imports
        }
        _scan_recipients(connection, [leaf for leaf in wanted if isinstance(leaf, OperationCriterion)], contacts, found)
        _scan_events(connection, declarations, behaviours, contacts, found)
    for leaf in wanted:
        if isinstance(leaf, SqlCriterion):
            with at_most(connection, declarations.segment(leaf.segment).timeout_seconds, leaf.segment):
                found[leaf] = pl.Series(contacts.among(_ids(connection, members(leaf.segment))))
    return Vectors(pl.repeat(True, len(contacts.ids), eager=True), found)


@dataclass(frozen=True)
class _Contacts:
    """All contacts in the order of the scan: their ids, and who may be tracked."""

    ids: Ids
    tracked: pl.Series

    @cached_property
    def _size(self) -> int:
        return int(self.ids.max(initial=0)) + 1

    def among(self, ids: Ids) -> Flags:
        """Whether each contact is among `ids`."""
        flags = np.zeros(self._size, np.bool_)
        flags[self._known(ids)] = True
        return flags[self.ids]

    def at_least(self, ids: Ids, times: int) -> Flags:
        """Whether each contact stands `times` times or more in `ids`."""
        if times < 2:
            return self.among(ids)
        return np.bincount(self._known(ids), minlength=self._size)[self.ids] >= times

    def decided(self, held: Flags) -> pl.Series:
        """`held`, NULL for contacts that set `do_not_track` (SEG-9)."""
        flags = pl.Series(held)
        return flags.zip_with(self.tracked, pl.repeat(None, len(flags), dtype=pl.Boolean, eager=True))

    def _known(self, ids: Ids) -> Ids:
        """Contacts that were deleted may be the last that had an id: events of theirs are nobody's."""
        return ids if ids.max(initial=0) < self._size else ids[ids < self._size]


def _scan_contacts(
    connection: duckdb.DuckDBPyConnection,
    declarations: Declarations,
    criteria: Sequence[FieldCriterion],
    found: dict[Leaf, pl.Series],
) -> _Contacts:
    """One scan of the contacts, with a boolean column a criterion."""
    judge = Criteria(declarations, _CONTACTS)
    untracked = exp.Is(this=column("do_not_track", _CONTACTS), expression=exp.true())
    fixed = [column("contact_id", _CONTACTS), exp.alias_(exp.not_(untracked), "tracked")]
    judged = [exp.alias_(judge.sql(leaf), f"c{number}") for number, leaf in enumerate(criteria)]
    query = with_shared_parts([*fixed, *judged], exp.table_(_CONTACTS, db="main", alias=_CONTACTS))
    frame = connection.sql(query.sql("duckdb")).pl()
    found |= {leaf: frame[f"c{number}"] for number, leaf in enumerate(criteria)}
    return _Contacts(frame["contact_id"].to_numpy(), frame["tracked"])


def _ids(connection: duckdb.DuckDBPyConnection, query: exp.Select) -> Ids:
    return connection.sql(query.sql("duckdb")).pl()["contact_id"].to_numpy()


def _scan_recipients(
    connection: duckdb.DuckDBPyConnection,
    criteria: Sequence[OperationCriterion],
    contacts: _Contacts,
    found: dict[Leaf, pl.Series],
) -> None:
    """One scan of the events for the recipients of all the operations; one name may be that of several."""
    if not criteria:
        return
    numbered = {leaf.operation: number for number, leaf in enumerate(criteria)}
    query = recipients(*numbered, and_what=column("operation_id", EVENT))
    events = connection.sql(query.sql("duckdb")).pl()
    operations = connection.execute("SELECT operation_id, name FROM main.operations").fetchall()
    numbers = np.full(max((id_ for id_, _ in operations), default=0) + 1, len(criteria), np.uint16)
    for id_, name in operations:
        numbers[id_] = numbered.get(name, len(criteria))
    of_each = numbers[events["operation_id"].to_numpy()]
    # A stable sort of 16-bit numbers is numpy's radix sort: one pass, where a mask a criterion would be many.
    order = np.argsort(of_each, kind="stable")
    ids, ends = events["contact_id"].to_numpy()[order], np.searchsorted(of_each[order], np.arange(len(criteria) + 1))
    for number, leaf in enumerate(criteria):
        found[leaf] = pl.Series(contacts.among(ids[ends[number] : ends[number + 1]]))


def _scan_events(
    connection: duckdb.DuckDBPyConnection,
    declarations: Declarations,
    criteria: Iterable[Behaviour],
    contacts: _Contacts,
    found: dict[Leaf, pl.Series],
) -> None:
    """One scan of the events for all the criteria that count the same types of them."""
    groups: dict[tuple[str, ...], list[Behaviour]] = {}
    for leaf in criteria:
        groups.setdefault(types_of(leaf), []).append(leaf)
    for types, alike in groups.items():
        counted = [leaf for leaf in alike if needed(leaf)]
        found |= {leaf: contacts.decided(np.ones(len(contacts.ids), np.bool_)) for leaf in alike if not needed(leaf)}
        events = connection.sql(_events_query(types, counted, declarations).sql("duckdb")).pl()
        ids = events["contact_id"].to_numpy()
        for number, leaf in enumerate(counted):
            chosen = ids[events[f"c{number}"].fill_null(False).to_numpy()]
            found[leaf] = contacts.decided(contacts.at_least(chosen, needed(leaf)))


def _events_query(types: tuple[str, ...], criteria: Sequence[Behaviour], declarations: Declarations) -> exp.Select:
    """The events of these types: whose, and whether each criterion counts them."""
    timezone = declarations.base.timezone
    tests = {leaf: test for leaf in criteria if (test := page_test(leaf, timezone)) is not None}
    pages = {test: f"page {n}" for n, test in enumerate(dict.fromkeys(tests.values()))}
    known = {leaf: column(pages[test], EVENT) for leaf, test in tests.items()}
    judged = [exp.alias_(event_test(leaf, timezone, known.get(leaf)), f"c{n}") for n, leaf in enumerate(criteria)]
    return with_shared_parts(
        [column("contact_id", EVENT), *judged],
        _events(),
        of_types(types),
        joined=_pages(types, pages) if pages else None,
    )


def _pages(types: tuple[str, ...], tests: Mapping[exp.Expr, str]) -> tuple[exp.Subquery, exp.Expr]:
    """Each link of these events once, with what the tests say of it: there are fewer pages than times they were seen."""
    link = column("link", EVENT)
    links = exp.Select(expressions=[link]).distinct(copy=False).from_(_events(), copy=False)
    named = [exp.alias_(link.copy(), "page link", quoted=True)]
    named += [exp.alias_(test, name, quoted=True) for test, name in tests.items()]
    judged = with_shared_parts(named, links.where(of_types(types), copy=False).subquery(EVENT, copy=False))
    same = exp.NullSafeEQ(this=link.copy(), expression=column("page link", "page"))
    return judged.subquery("page", copy=False), same


def _events() -> exp.Table:
    return exp.table_("events", db="main", alias=EVENT)
