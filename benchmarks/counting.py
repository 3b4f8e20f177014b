"""200 segments of every kind over contacts and their events: counted in one refresh, or one `SELECT count(*)` a view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import duckdb

from benchmarks.files import SQL, Bench
from benchmarks.machine import Stopwatch
from pipelines.base.statements import identifier
from pipelines.declarations.model import (
    BehaviourCriterion,
    Criterion,
    Declarations,
    FieldCriterion,
    Group,
    ImportCriterion,
    OperationCriterion,
    Segment,
    SegmentCriterion,
    WebCriterion,
)
from pipelines.declared import declared
from pipelines.layout import Layout
from pipelines.segments.counting import count_all
from pipelines.segments.views import create_views

EACH = 40
"""Segments of each kind: fields, operations, behaviours, web, nested ones with segments and imports."""
KINDS = ("field", "operation", "behaviour", "web", "nested")
EVENTS_A_CONTACT = 10


@dataclass(frozen=True)
class Counting:
    """A base with events and the views of 200 segments, and what declares them."""

    layout: Layout
    declarations: Declarations


def prepare(bench: Bench) -> Counting:
    """A copy of the loaded base with ten events a contact; one in fifty contacts is not to be tracked."""
    layout = bench.fresh("counting")
    declarations = declared_segments(layout)
    with duckdb.connect(str(layout.base)) as connection:
        events = {"events": bench.size.contacts * EVENTS_A_CONTACT, "contacts": bench.size.contacts}
        connection.execute((SQL / "operations.sql").read_text(encoding="utf-8"))
        connection.execute((SQL / "events.sql").read_text(encoding="utf-8"), events)
        connection.execute("UPDATE main.contacts SET do_not_track = TRUE WHERE contact_id % 50 = 0")
        connection.execute("DROP SCHEMA segments CASCADE; CREATE SCHEMA segments; DELETE FROM main.segment_definitions")
        create_views(connection, declarations)
    return Counting(layout, declarations)


def declared_segments(layout: Layout) -> Declarations:
    """What the account declares, with the 200 segments in place of its own."""
    return replace(declared(layout.assets), segments=tuple(_segments()))


def count_round(prepared: Counting) -> dict[str, float]:
    """Seconds for all counts in one pass, and for one query a view, by kind; RuntimeError where they differ."""
    watch = Stopwatch()
    alone: dict[str, int] = {}
    # A connection each: the second way would find in memory what the first had to read from the file.
    with _reading(prepared) as connection, watch.step("carnet"):
        together = count_all(connection, prepared.declarations)
    with _reading(prepared) as connection:
        for name in together:
            with watch.step(name.partition("_")[0]):
                alone[name] = _count(connection, name)
    if alone != together:
        raise RuntimeError(f"Counted in one pass {together}, one by one {alone}.")
    return watch.seconds


def _reading(prepared: Counting) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(prepared.layout.base), read_only=True)


def _count(connection: duckdb.DuckDBPyConnection, segment: str) -> int:
    [(count,)] = connection.execute(f"SELECT count(*) FROM segments.{identifier(segment)}").fetchall()  # noqa: S608
    return count


def _segments() -> Iterator[Segment]:
    kinds = {
        "field": _fields(),
        "operation": _operations(),
        "behaviour": _behaviours(),
        "web": _pages(),
        "nested": _nested(),
    }
    for kind, criteria in kinds.items():
        for number, criterion in enumerate(islice(criteria, EACH)):
            yield Segment(f"{kind}_{number}", f"{kind} {number}", Group("all", (criterion,)))


def _fields() -> Iterator[Criterion]:
    for n in range(EACH):
        yield (
            FieldCriterion("postcode", "starts_with", (f"{n + 10}",)),
            FieldCriterion("basket", "at_least", (float(n * 10),)),
            FieldCriterion("birth_date", "anniversary_in_days", (float(n),)),
            FieldCriterion("last_name", "contains", ("ar", "ou", "er", "it")[n // 5 % 4 : n // 5 % 4 + 1]),
            FieldCriterion("interests", "all_of", ("Perle", "Diamant", "Agathe")[: 1 + n // 5 % 3]),
        )[n % 5]


def _operations() -> Iterator[Criterion]:
    for n in range(EACH):
        yield OperationCriterion(f"Opération {n + 1}", recipient=n % 4 != 0)


def _behaviours() -> Iterator[Criterion]:
    kinds = ("opened", "clicked", "converted", "bounced", "unsubscribed")
    for n in range(EACH):
        operations = None if n % 3 else (f"Opération {n + 1}", f"Opération {n % 7 + 1}")
        links = tuple(f"https://www.exemple.fr/offre/{link}" for link in range(n, n + 5)) if n % 10 == 1 else ()
        window = None if n % 2 else 10 + 5 * n
        yield BehaviourCriterion(kinds[n % 5], operations, links, window, 1 + n // 5 % 3, negate=n % 6 == 0)


def _pages() -> Iterator[Criterion]:
    tests = (("contains", "/TARIFS"), ("starts_with", "https://www.exemple.fr/aide"), ("ends_with", "7"))
    for n in range(EACH):
        operator, url = tests[n % 3]
        window = None if n % 2 else 5 + 4 * n
        yield WebCriterion(operator, (f"{url}/{n}" if n % 3 == 0 else url,), n % 4 == 0, window, 1 + n % 2, n % 5 == 0)


def _nested() -> Iterator[Criterion]:
    for n in range(EACH):
        yield Group(
            "any",
            (
                Group("all", (SegmentCriterion(f"behaviour_{n}"), SegmentCriterion(f"field_{n}", inside=n % 3 == 0))),
                Group("not", (SegmentCriterion(f"web_{n}"), ImportCriterion("bench", inside=n % 2 == 0))),
                Group("all", (SegmentCriterion(f"operation_{n}"), FieldCriterion("company", "is_empty"))),
            ),
        )
