"""Merging against a plain Python model of the base (IMP-6, IMP-8, STA-2, STA-5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.base.measures import measure_base
from pipelines.base.store import Store
from pipelines.channels import CONSENT_STRICTNESS
from pipelines.contacts.revisions import begin
from pipelines.declarations.model import ContactBase
from pipelines.fields import Field, Format, Labels, declared_value
from pipelines.imports.contacts.frames import LINE
from pipelines.imports.contacts.merging import MergeRules, apply, combine
from pipelines.layout import Layout
from tests.examples import examples

STONES = ("Perle", "Diamant", "Agathe")
BASE = ContactBase(
    declared_fields=(
        Field("city", Labels("Ville", "City"), Format.TEXT),
        Field("basket", Labels("Panier", "Basket"), Format.NUMBER),
        Field("interests", Labels("Pierres", "Stones"), Format.MULTI_SELECT, tuple(map(declared_value, STONES))),
    )
)
GIVEN = ("email", "mobile", "mobile_status", "opt_in_email", "city", "basket", "interests")
START = datetime(2026, 1, 1, tzinfo=UTC)

rows = st.fixed_dictionaries(
    {
        "email": st.sampled_from([f"{name}@ex.fr" for name in "abcdef"]),
        "mobile": st.sampled_from([None, "+33612345678", "+33687654321"]),
        "mobile_status": st.sampled_from([None, None, "valid", "bad_number"]),
        "opt_in_email": st.sampled_from([None, "yes", "no", "orange_list", "suppression_list"]),
        "city": st.sampled_from([None, "Paris", "Nîmes"]),
        "basket": st.sampled_from([None, 1.5, -0.0]),
        "interests": st.lists(st.sampled_from(STONES), unique=True).map(
            lambda found: sorted(found, key=STONES.index) or None
        ),
    }
)
imports = st.tuples(
    st.lists(rows, max_size=6, unique_by=lambda row: row["email"]),
    st.sampled_from(["keep", "clear"]),
    st.booleans(),
    st.sets(st.sampled_from(GIVEN[1:])),
)


def frame_of(found: list[dict], left_out: set[str]) -> pl.DataFrame:
    names = [name for name in GIVEN if name not in left_out]
    schema = {LINE: pl.UInt32(), **{name: BASE.field(name).polars_type for name in names}}
    return pl.DataFrame(
        [{LINE: line, **{name: row[name] for name in names}} for line, row in enumerate(found, start=2)], schema=schema
    )


def merged(former: dict | None, row: dict, empty_cells: str, may_resubscribe: bool, left_out: set[str]) -> dict:
    """The same as `combine`, as a person would write it for one contact."""
    known = former or {"mobile_status": "unknown", "opt_in_email": None, **dict.fromkeys(GIVEN[1:2] + GIVEN[4:])}
    new = dict(known, email=row["email"])
    for name in ("mobile", "city", "basket"):
        if name not in left_out and (row[name] is not None or empty_cells == "clear"):
            new[name] = row[name]
    if new["mobile"] != known["mobile"]:
        new["mobile_status"] = "unknown"
    if "mobile_status" not in left_out and row["mobile_status"] is not None:
        new["mobile_status"] = row["mobile_status"]
    if "opt_in_email" not in left_out and row["opt_in_email"] is not None:
        old, wanted = known["opt_in_email"], row["opt_in_email"]
        loosens = old is not None and CONSENT_STRICTNESS[wanted] < CONSENT_STRICTNESS[old]
        if not loosens or (may_resubscribe and old != "suppression_list"):
            new["opt_in_email"] = wanted
    if "interests" not in left_out:
        kept = set() if empty_cells == "clear" else set(known["interests"] or ())
        new["interests"] = [v for v in STONES if v in kept | set(row["interests"] or ())] or None
    return new


def do_import(store: Store, frame: pl.DataFrame, rules: MergeRules, at: datetime) -> dict[str, int]:
    with store.write() as writer, writer.transaction() as connection:
        combined = combine(writer, frame, rules, at)
        apply(writer, combined, BASE, begin(writer, "import", "a test", at, writer.next_id("import_id")))
        measures = measure_base(connection, BASE)
    assert {name: value for name, value in measures.items() if name != "contacts"} == dict.fromkeys(
        set(measures) - {"contacts"}, 0
    )
    return {outcome: combined.count(outcome) for outcome in ("inserted", "updated", "unchanged")}


def contacts(store: Store) -> dict[str, dict]:
    with store.write() as writer:
        found = writer.connection.sql("SELECT * FROM main.contacts").pl().to_dicts()
    return {row["email"]: row for row in found}


@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(played=st.lists(imports, min_size=1, max_size=4))
def test_any_sequence_of_imports_agrees_with_a_plain_model(tmp_path_factory: pytest.TempPathFactory, played) -> None:
    folder: Path = tmp_path_factory.mktemp("base")
    store = Store(Layout(folder, folder), BASE, "a test")
    model: dict[str, dict] = {}
    for number, (found, empty_cells, may_resubscribe, left_out) in enumerate(played):
        rules = MergeRules(
            BASE, empty_cells=empty_cells, may_resubscribe=may_resubscribe, crossed={"interests": STONES}
        )
        expected = {
            row["email"]: merged(model.get(row["email"]), row, empty_cells, may_resubscribe, left_out) for row in found
        }
        counts = do_import(store, frame_of(found, left_out), rules, START + timedelta(days=number))
        assert counts == {
            "inserted": len(expected.keys() - model.keys()),
            "updated": sum(model[k] != expected[k] for k in expected.keys() & model.keys()),
            "unchanged": sum(model[k] == expected[k] for k in expected.keys() & model.keys()),
        }
        model |= expected
    stored = contacts(store)
    assert {key: {name: row[name] for name in GIVEN} for key, row in stored.items()} == {
        key: {name: row[name] for name in GIVEN} for key, row in model.items()
    }
    assert len({row["contact_id"] for row in stored.values()}) == len(stored)


def test_importing_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    store = Store(Layout(tmp_path, tmp_path), BASE, "a test")
    frame = frame_of([dict.fromkeys(GIVEN) | {"email": "a@ex.fr", "interests": ["Perle"], "basket": 2.0}], set())
    assert do_import(store, frame, MergeRules(BASE), START) == {"inserted": 1, "updated": 0, "unchanged": 0}
    before = contacts(store)
    later = START + timedelta(days=1)
    assert do_import(store, frame, MergeRules(BASE), later) == {"inserted": 0, "updated": 0, "unchanged": 1}
    assert contacts(store) == before


def test_a_loosened_consent_is_kept_and_told(tmp_path: Path) -> None:
    store = Store(Layout(tmp_path, tmp_path), BASE, "a test")
    strict = frame_of([dict.fromkeys(GIVEN) | {"email": "a@ex.fr", "opt_in_email": "no"}], set())
    do_import(store, strict, MergeRules(BASE), START)
    with store.write() as writer:
        loose = strict.with_columns(opt_in_email=pl.lit("yes"))
        combined = combine(writer, loose, MergeRules(BASE), START)
    assert combined.consent_kept.to_dicts() == [
        {LINE: 2, "field": "opt_in_email", "old": "no", "new": "yes", "on_the_list": False}
    ]
    assert combined.rows["opt_in_email"].to_list() == ["no"]


def test_another_number_is_unknown_again_and_keeps_its_consent(tmp_path: Path) -> None:
    store = Store(Layout(tmp_path, tmp_path), BASE, "a test")
    row = dict.fromkeys(GIVEN) | {"email": "a@ex.fr", "mobile": "+33612345678", "mobile_status": "bad_number"}
    do_import(store, frame_of([row], set()), MergeRules(BASE), START)
    moved = frame_of([row | {"mobile": "+33687654321", "mobile_status": None}], set())
    do_import(store, moved, MergeRules(BASE), START)
    assert contacts(store)["a@ex.fr"]["mobile_status"] == "unknown"
