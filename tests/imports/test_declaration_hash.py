"""What tells whether declarations changed since a file was imported (IMP-14): a hash of their classes, names and values.

Pinned: another hash for the same declarations would have every model's last file taken anew, once, in every base.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pipelines.declarations.hashing import LATER, hash_declared
from pipelines.declarations.model import Activity, ContactBase, EventImport, ImportModel, Place
from pipelines.fields import Field, Format, Labels, declared_value
from pipelines.imports.contacts.contact_file import declaration_hash
from pipelines.imports.events.event_file import declaration_hash as event_declaration_hash

BASE = ContactBase(
    soft_limit=5,
    activity=Activity(200, 100),
    declared_fields=(
        Field("postcode", Labels("Code postal", "Code postal"), Format.TEXT),
        Field(
            "interests",
            Labels("Centre d'intérêt", "Centre d'intérêt"),
            Format.MULTI_SELECT,
            (declared_value("Perle"), declared_value("Agathe")),
            "add",
        ),
    ),
)
MODEL = ImportModel(
    "newsletter",
    "newsletter*.csv",
    separator=",",
    mapping={"Email": "email", "Divers": None},
    constants={"opt_in_email": "yes", "interests": ("Perle",)},
    max_rejected=0.05,
)
EVENTS = EventImport(
    "esp", "esp*.ndjson", "email", mapping={"e": "email", "x": None}, types={"open": "opened", "deferred": None}
)
ELSEWHERE = Place(Path("defs.yaml"), 12, 3)


def test_the_hash_of_a_model_is_what_it_always_was() -> None:
    assert (
        declaration_hash(ImportModel("clients", "clients*.csv"), ContactBase())
        == "b0bf95d7f604999e508f91ed18acd08c2d58426779318a729ce7439aa2a11362"
    )
    assert declaration_hash(MODEL, BASE) == "ebe3e7d704227c6343aa6f8ed0cc666bd0d2e7b44b6aede6a01781caca022a6a"


def test_the_hash_of_an_event_import_is_what_it_always_was() -> None:
    assert event_declaration_hash(EVENTS, BASE) == "d8d31702457f6f9d9e2a27662f5add6f9ce6dfcb1c406a33e10a25891ba574c6"


@pytest.mark.parametrize("name", ["place", "source", "interval_minutes", "notify"])
def test_where_files_come_from_and_who_is_told_does_not_count(name: str) -> None:
    other = {"place": ELSEWHERE, "source": "sftp://u@h/x*.csv", "interval_minutes": 60, "notify": ("a@ex.fr",)}[name]
    assert declaration_hash(replace(MODEL, **{name: other}), BASE) == declaration_hash(MODEL, BASE)


def test_what_programs_call_a_field_does_not_count() -> None:
    called = tuple(replace(each, api="zipcode") for each in BASE.declared_fields)
    assert declaration_hash(MODEL, replace(BASE, declared_fields=called)) == declaration_hash(MODEL, BASE)


def test_what_decides_how_a_file_is_read_counts() -> None:
    assert declaration_hash(replace(MODEL, action="insert"), BASE) != declaration_hash(MODEL, BASE)
    assert declaration_hash(MODEL, replace(BASE, locale="en")) != declaration_hash(MODEL, BASE)
    assert event_declaration_hash(EVENTS, replace(BASE, soft_limit=None)) != event_declaration_hash(EVENTS, BASE)
    assert event_declaration_hash(EVENTS, replace(BASE, declared_fields=())) == event_declaration_hash(EVENTS, BASE)


def test_an_attribute_that_came_later_counts_once_it_is_said() -> None:
    @dataclass(frozen=True)
    class Told:
        name: str
        lists: tuple[str, ...] = field(default=(), metadata=LATER)
        words: dict[str, str] = field(default_factory=dict, metadata=LATER)

    before = dataclass(frozen=True)(type("before", (), {"__annotations__": {"name": str}}))
    before.__qualname__ = Told.__qualname__
    assert hash_declared(Told("a")) == hash_declared(before("a"))
    assert len({hash_declared(told) for told in (Told("a"), Told("a", ("x",)), Told("a", words={"x": "y"}))}) == 3
