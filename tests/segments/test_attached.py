"""Views give the same contacts under any attached name and any session time zone (SEG-1, SEG-4b, contract: the base)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.base.statements import identifier
from pipelines.declarations.model import (
    BehaviourCriterion,
    FieldCriterion,
    Group,
    ImportCriterion,
    OperationCriterion,
    Segment,
    SegmentCriterion,
    WebCriterion,
)
from pipelines.segments.views import create_views
from tests.raw_segments.test_views import raw
from tests.segments.reference import Event
from tests.segments.world import add_import, declarations, fill, fill_events, open_base

ALIASES = ("crm", "contacts", 'une "base" à moi', "events", "système", "SELECT", "member")
ZONES = ("UTC", "Europe/Paris", "Pacific/Kiritimati", "America/New_York", "Etc/GMT+12", "Asia/Kolkata")
NOW = datetime.now(UTC)
HOURS = [NOW - timedelta(hours=n) for n in range(60)]
"""Instants on both sides of every zone's midnights."""
CRITERIA = {
    "text": FieldCriterion("last_name", "contains", ("é",)),
    "born": FieldCriterion("birth_date", "in_last_days", (2.0,)),
    "anniversary": FieldCriterion("birth_date", "anniversary_in_days", (1.0,)),
    "before": FieldCriterion("birth_date", "before", (NOW.date(),)),
    "added_today": FieldCriterion("created_at", "in_last_days", (1.0,)),
    "added_on": FieldCriterion("created_at", "equals", ((NOW - timedelta(days=1)).date(),)),
    "added_before": FieldCriterion("created_at", "before", ((NOW - timedelta(days=1)).date(),)),
    "added_between": FieldCriterion("created_at", "between", ((NOW - timedelta(days=1)).date(), NOW.date())),
    "opened": BehaviourCriterion("opened", within_days=1),
    "not_clicked": BehaviourCriterion("clicked", operations=("Soldes",), within_days=2, negate=True),
    "visited": WebCriterion("contains", ("tarifs",), within_days=2),
    "recipients": OperationCriterion("Soldes"),
    "imported": ImportCriterion("news"),
    "within": SegmentCriterion("added_today", inside=False),
    "tracked": SegmentCriterion("opened", inside=False),
}
DAY = "({} AT TIME ZONE 'Europe/Paris')::DATE"
RAW = {
    "raw_day": f"SELECT contact_id FROM contacts WHERE {DAY.format('created_at')} = {DAY.format('now()')}",
    "raw_read": (
        "SELECT contact_id FROM segments.opened JOIN events USING (contact_id) WHERE occurred_at > now() - INTERVAL 9 HOUR"
    ),
}
SEGMENTS = (
    *(Segment(name, name, Group("all", (criterion,))) for name, criterion in CRITERIA.items()),
    *(raw(name, text) for name, text in RAW.items()),
    Segment("of_raw", "", Group("any", (SegmentCriterion("raw_read"), SegmentCriterion("text")))),
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base whose contacts were added, and acted, an hour apart."""
    path = tmp_path_factory.mktemp("published") / "contacts.duckdb"
    with open_base(path) as base:
        contacts = [
            {
                "contact_id": n,
                "last_name": "Lefèvre" if n % 2 else "Martin",
                "birth_date": date.today() + timedelta(days=n - 30),
                "created_at": at,
                "do_not_track": n % 7 == 0 or None,
            }
            for n, at in enumerate(HOURS, start=1)
        ]
        fill(base, contacts)
        acts = ("opened", "clicked", "visited")
        events = [Event(n, act, "Soldes", at, "/tarifs") for n, at in enumerate(HOURS, start=1) for act in acts]
        fill_events(base, [*events, Event(3, "sent", "Soldes", NOW)])
        add_import(base, 7, "news.csv", "news", {1: "inserted", 2: "updated", 3: "deleted"})
        create_views(base, declarations(*SEGMENTS))
    return path


def held(session: duckdb.DuckDBPyConnection, schema: str) -> dict[str, set[int]]:
    found = {s.name: session.execute(f"SELECT contact_id FROM {schema}.{s.name}").fetchall() for s in SEGMENTS}
    return {name: {contact_id for (contact_id,) in rows} for name, rows in found.items()}


@pytest.fixture(scope="module")
def expected(published: Path) -> Iterator[dict[str, set[int]]]:
    """Who is in each segment, as the base itself says."""
    with duckdb.connect(str(published), read_only=True) as session:
        session.execute("SET TimeZone = 'Europe/Paris'")
        yield held(session, "segments")


def test_every_segment_tells_contacts_apart(expected: dict[str, set[int]]) -> None:
    assert {name: len(ids) for name, ids in expected.items() if not 0 < len(ids) < len(HOURS)} == {}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("alias", ALIASES)
def test_views_hold_the_same_contacts(published: Path, expected: dict[str, set[int]], alias: str, zone: str) -> None:
    with duckdb.connect() as analyst:
        analyst.execute(f"SET TimeZone = '{zone}'")
        analyst.execute(f"ATTACH '{published}' AS {identifier(alias)} (READ_ONLY)")
        assert held(analyst, f"{identifier(alias)}.segments") == expected
        analyst.execute(f"USE {identifier(alias)}")
        assert held(analyst, "segments") == expected


def test_two_names_that_duckdb_cannot_tell_or_take(published: Path) -> None:
    with duckdb.connect() as analyst:
        with pytest.raises(duckdb.BinderException, match="reserved name"):
            analyst.execute(f"ATTACH '{published}' AS main (READ_ONLY)")
        analyst.execute(f"ATTACH '{published}' AS segments (READ_ONLY)")
        with pytest.raises(duckdb.BinderException, match="Ambiguous reference"):
            analyst.execute("FROM segments.segments.within")
