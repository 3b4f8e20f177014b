"""Counts that follow the contacts that changed are those of everybody (SEG-6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.base.looks import Look, keep_look, last_look
from pipelines.base.store import Store
from pipelines.base.versions import FORMER
from pipelines.contacts.revisions import begin, version_columns, versioned, write
from pipelines.declarations.model import (
    BehaviourCriterion,
    Declarations,
    FieldCriterion,
    Group,
    ImportCriterion,
    Segment,
    SegmentCriterion,
)
from pipelines.layout import Layout
from pipelines.segments import following
from pipelines.segments.counting import count_all
from pipelines.segments.following import count_anew, count_followed
from pipelines.segments.views import create_views
from tests.examples import examples
from tests.segments.reference import Contact
from tests.segments.world import BASE, contact_lists, declarations, groups

AT = datetime(2026, 6, 15, 8, tzinfo=UTC)
CROWD = [{"contact_id": 100 + n, "postcode": f"{n:05}"} for n in range(40)]
"""Contacts who never change: where half of a base changed, everybody is looked at."""
PARIS = Segment("paris", "Parisiens", Group("all", (FieldCriterion("postcode", "starts_with", ("75",)),)))
OTHERS = Segment("others", "Autres", Group("not", (SegmentCriterion("paris"),)))
RECENT = Segment("recent", "Récents", Group("all", (FieldCriterion("birth_date", "in_last_days", (30.0,)),)))
NEWS = Segment("news", "News", Group("all", (ImportCriterion("news"),)))
READERS = Segment("readers", "Lecteurs", Group("all", (BehaviourCriterion("opened"),)))
OF_NEWS = Segment("of_news", "De News", Group("all", (SegmentCriterion("news"), SegmentCriterion("paris"))))


class House:
    """A base, and the people in it as they were last written."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(Layout(folder, folder), BASE, "a test")
        self.people: dict[int, Contact] = {}

    def become(self, contacts: list[Contact], *, kind: str = "hand") -> None:
        """One revision after which these are the contacts."""
        now = {c["contact_id"]: {"email": f"p{c['contact_id']}@ex.fr", **c} for c in [*contacts, *CROWD]}
        rows = [self._row(number, self.people.get(number), now.get(number)) for number in sorted({*self.people, *now})]
        schema = {"contact_id": pl.Int64(), "outcome": pl.String()}
        schema |= {p + f.name: f.polars_type for p in ("", FORMER) for f in versioned(BASE)}
        changed = pl.DataFrame([row for row in rows if row], schema=schema).select(version_columns(BASE))
        with self.store.write() as writer, writer.transaction():
            write(writer, changed, begin(writer, kind, "a test", AT), BASE)
        self.people = now

    @staticmethod
    def _row(number: int, before: Contact | None, after: Contact | None) -> dict | None:
        if before == after:
            return None
        outcome = "inserted" if before is None else "updated" if after is not None else "deleted"
        images = {
            p + f.name: (c or {}).get(f.name) for p, c in (("", after), (FORMER, before)) for f in versioned(BASE)
        }
        return {"contact_id": number, "outcome": outcome, **images}

    def count(self, declared: Declarations, *names: str, anew: bool = False) -> dict[str, int]:
        """The counts of these segments, or of all, as a refresh takes them."""
        wanted = names or tuple(segment.name for segment in declared.segments)
        with self.store.write() as writer, writer.transaction() as connection:
            create_views(connection, declared)
            return (count_anew if anew else count_followed)(connection, declared, wanted)

    def count_all(self, declared: Declarations) -> dict[str, int]:
        with self.store.write() as writer:
            return count_all(writer.connection, declared)

    @property
    def look(self) -> Look:
        with self.store.write() as writer:
            found = last_look(writer.connection, "counted")
            assert found is not None
            return found


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The segments for which everybody was looked at, in order."""
    names: list[str] = []

    def noticed(connection, declared, wanted):
        names.extend(wanted)
        return count_all(connection, declared, wanted)

    monkeypatch.setattr(following, "count_all", noticed)
    return names


# Shrinking a failure would take longer than reading it.
PLAYED = settings(
    max_examples=examples(12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@PLAYED
@given(
    states=st.lists(contact_lists, min_size=2, max_size=4),
    one=groups(),
    two=groups(["one"]),
    three=groups(["one", "two"], ["news"]),
)
def test_counts_that_follow_are_those_of_everybody(tmp_path_factory: pytest.TempPathFactory, states, one, two, three):
    declared = declarations(*(Segment(name, "", root) for name, root in (("one", one), ("two", two), ("three", three))))
    house = House(tmp_path_factory.mktemp("base"))
    for contacts in states:
        house.become(contacts)
        assert house.count(declared) == house.count_all(declared)


def test_segments_of_fields_follow_and_the_others_are_counted(house: House, scanned: list[str]) -> None:
    declared = declarations(PARIS, OTHERS, RECENT, NEWS, READERS, OF_NEWS)
    house.become([{"contact_id": 1, "postcode": "75001"}, {"contact_id": 2, "birth_date": AT.date()}])
    house.count(declared)
    assert scanned == ["paris", "others", "recent", "news", "readers", "of_news"], "nothing was counted yet"
    scanned.clear()
    house.become([{"contact_id": 1, "postcode": "69001"}, {"contact_id": 3, "postcode": "75003"}])
    house.become([{"contact_id": 1, "postcode": "75001"}, {"contact_id": 3, "postcode": "75003"}])
    assert house.count(declared) == {"paris": 2, "others": 40, "recent": 0, "news": 0, "readers": 0, "of_news": 0}
    assert scanned == ["news", "readers", "of_news"]


def test_a_segment_that_means_something_else_is_counted(house: House, scanned: list[str]) -> None:
    house.become([{"contact_id": 1, "postcode": "75001"}])
    house.count(declarations(PARIS, OTHERS))
    scanned.clear()
    lyon = Segment("paris", "", Group("all", (FieldCriterion("postcode", "starts_with", ("69",)),)))
    assert house.count(declarations(lyon, OTHERS)) == {"paris": 0, "others": 41}
    assert scanned == ["paris", "others"]


def test_another_day_counts_what_depends_on_it(house: House, scanned: list[str]) -> None:
    declared = declarations(PARIS, RECENT)
    house.become([{"contact_id": 1, "postcode": "75001"}])
    house.count(declared)
    yesterday = str((datetime.now(UTC) - timedelta(days=2)).date())
    with house.store.write() as writer:
        look = last_look(writer.connection, "counted")
        assert look is not None
        keep_look(writer.connection, "counted", Look(**{**vars(look), "found": {**look.found, "day": yesterday}}))
    scanned.clear()
    house.count(declared)
    assert scanned == ["recent"]


def test_what_was_counted_alone_meanwhile_follows_from_then(house: House, scanned: list[str]) -> None:
    declared = declarations(PARIS, OTHERS)
    house.become([{"contact_id": 1, "postcode": "75001"}])
    house.count(declared)
    house.become([{"contact_id": 1, "postcode": "75001"}, {"contact_id": 2, "postcode": "75002"}])
    house.count(declared, "paris", anew=True)
    scanned.clear()
    assert house.count(declared) == {"paris": 2, "others": 40}
    assert scanned == ["others"]


def test_contacts_that_change_without_a_version_are_noticed(house: House, scanned: list[str]) -> None:
    declared = declarations(PARIS)
    house.become([{"contact_id": 1, "postcode": "75001"}])
    house.count(declared)
    with house.store.write() as writer, writer.transaction() as connection:
        connection.execute("DELETE FROM main.contacts WHERE contact_id = 1")
    scanned.clear()
    assert house.count(declared) == {"paris": 0}
    assert scanned == ["paris"]


def test_where_half_of_the_base_changed_everybody_is_looked_at(house: House, scanned: list[str]) -> None:
    declared = declarations(PARIS)
    house.become([])
    house.count(declared)
    house.become([{"contact_id": n, "postcode": "75001"} for n in range(1, 60)])
    scanned.clear()
    assert house.count(declared) == {"paris": 59}
    assert scanned == ["paris"]


def test_nothing_is_kept_of_a_refresh_that_failed(house: House) -> None:
    declared = declarations(PARIS)
    house.become([{"contact_id": 1, "postcode": "75001"}])
    house.count(declared)
    before = house.look
    house.become([{"contact_id": 1, "postcode": "69001"}])
    with pytest.raises(ZeroDivisionError), house.store.write() as writer, writer.transaction() as connection:
        count_followed(connection, declared, ["paris"])
        _ = 1 / 0
    assert house.look == before
    assert house.count(declared) == {"paris": 0}
