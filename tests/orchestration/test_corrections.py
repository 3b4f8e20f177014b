"""The jobs that put things right: what their Launchpad explains, what they leave in the base and in Dagster (IMP-15, IMP-16)."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from pipelines.imports.undoing import Undone
from tests.orchestration.conftest import SAMPLES, House
from tests.orchestration.stored import places_of

EDIT, UNDO, ERASE = ("edit_contact", "edit"), ("undo_import", "undo"), ("erase_contact", "erase")


def config(op: str, **values: Any) -> dict[str, Any]:
    return {"ops": {op: {"config": values}}}


def metadata(ended: dg.ExecuteInProcessResult, op: str) -> dict[str, Any]:
    [output] = [event for event in ended.events_for_node(op) if event.is_successful_output]
    return {name: value.value for name, value in output.step_output_data.metadata.items()}


@pytest.fixture
def filled(house: House) -> House:
    assert house.imported(SAMPLES / "newsletter-2026-11.csv").success
    return house


@pytest.mark.parametrize(
    ("job", "op", "fields"),
    [
        (*UNDO, ["import_id", "meant"]),
        (*EDIT, ["fields", "key", "meant"]),
        (*ERASE, ["contact_id", "meant"]),
        ("contact_dossier", "gather", ["contact_id", "to"]),
    ],
)
def test_the_launchpad_explains_what_to_fill_in(house: House, job: str, op: str, fields: list[str]) -> None:
    found = house.definitions.resolve_job_def(job)
    assert found.description
    schema = found.graph.node_named(op).definition.config_schema.config_type.fields
    assert sorted(schema) == fields
    assert all(field.description for field in schema.values())


def test_a_contact_is_added_then_edited_from_the_launchpad(filled: House) -> None:
    key = "zoe.martin@exemple.fr"
    added = filled.run(
        "edit_contact", run_config=config("edit", key=key, fields={"Prénom": "Zoé", "Opt-In Email": "Oui"})
    )
    edited = filled.run(
        "edit_contact", run_config=config("edit", key=key, fields={"interests": "Perle,Agathe", "first_name": ""})
    )
    assert (added.success, edited.success) == (True, True)
    query = f"SELECT contact_id, first_name, opt_in_email, interests FROM contacts WHERE email = '{key}'"
    [(contact_id, *row)] = filled.published(query)
    assert row == [None, "yes", ["Perle", "Agathe"]]
    assert [metadata(ended, "edit") for ended in (added, edited)] == [
        {"contact_id": contact_id, "outcome": "inserted"},
        {"contact_id": contact_id, "outcome": "updated"},
    ]
    [(held,)] = filled.published(f"SELECT count(*) FROM segments.email_reachable WHERE contact_id = {contact_id}")
    assert held == 1, "the segments and the published copy follow"


def test_what_was_edited_by_hand_stays_when_the_import_is_undone(filled: House) -> None:
    key = "amelie.durand@exemple.fr"
    assert filled.run("edit_contact", run_config=config("edit", key=key, fields={"company": "Durand SA"})).success
    undone = filled.run("undo_import", run_config=config("undo", import_id=1))
    assert undone.success
    assert metadata(undone, "undo") == {"import_id": 2, "undoes": 1, "removed": 49, "restored": 0, "kept": 1}
    assert filled.published("SELECT email, company FROM contacts") == [(key, "Durand SA")]
    assert filled.published("SELECT count FROM segment_counts WHERE segment = 'all_contacts'") == [(1,)]
    assert filled.published("SELECT undone_by FROM imports ORDER BY import_id") == [(2,), (None,)]


@pytest.mark.parametrize(
    ("job", "op", "values", "says"),
    [
        (*UNDO, {"import_id": 9}, "There is no import '9'"),
        (*ERASE, {"contact_id": 999}, "No contact has '999'"),
        (*EDIT, {"key": "1", "fields": {"birth_date": "31/02/1985"}}, "birth_date: This is no date that exists"),
        (*EDIT, {"key": "1", "fields": {"contact_id": "7"}}, "contact_id is read-only"),
        (*EDIT, {"key": "1", "fields": {"colour": "red"}}, "There is no field 'colour'"),
    ],
)
def test_what_cannot_be_done_fails_the_run_with_its_reason(
    filled: House, job: str, op: str, values: dict[str, Any], says: str
) -> None:
    before = filled.published("SELECT * FROM contacts ORDER BY contact_id")
    ended = filled.run(job, run_config=config(op, **values))
    assert not ended.success
    [failure] = [event for event in ended.events_for_node(op) if event.is_failure]
    assert says in str(failure.step_failure_data.error)
    assert filled.published("SELECT * FROM contacts ORDER BY contact_id") == before


def test_an_undo_leaves_no_value_of_a_person_in_dagster(filled: House) -> None:
    """SEC-4: what an undo kept is listed by key on the command line, and only counted here."""
    assert filled.imported(SAMPLES / "crm-2026-11.txt", "crm").success
    ended = filled.run("undo_import", run_config=config("undo", import_id=2))
    [undone] = [result for result in filled.watcher.results if isinstance(result, Undone)]
    keys = {entry["key"] for entry in undone.kept if entry["key"]}
    assert "joel.noel@exemple.fr" in keys
    assert metadata(ended, "undo")["kept"] == len(undone.kept)
    assert places_of(keys, filled.layout.dagster) == {}


def test_a_contact_erased_from_the_launchpad_takes_the_runs_that_name_it(filled: House) -> None:
    """EXP-9, SEC-4: the run that erases holds a number alone, and stays."""
    key = "amelie.durand@exemple.fr"
    edited = filled.run("edit_contact", run_config=config("edit", key=key, fields={"company": "Durand SA"}))
    [(contact_id,)] = filled.published(f"SELECT contact_id FROM contacts WHERE email = '{key}'")
    erased = filled.run("erase_contact", run_config=config("erase", contact_id=contact_id))
    assert erased.success
    assert metadata(erased, "erase").items() >= {"contacts": 1, "dagster": 1, "left: elsewhere": 1}.items()
    assert filled.instance.get_run_by_id(edited.run_id) is None
    run = filled.instance.get_run_by_id(erased.run_id)
    assert run is not None
    assert run.is_success
    assert places_of([key, "Durand SA"], filled.layout.dagster) == {}
    assert filled.published(f"SELECT count(*) FROM contacts WHERE contact_id = {contact_id}") == [(0,)]
