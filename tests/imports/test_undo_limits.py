"""What an undo may not take back, or cannot, stays and is listed: keys, lost values, entries of lists (IMP-6, IMP-15, FLD-5)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pipelines.base.measures import measure_base
from pipelines.errors import CarnetError
from pipelines.imports import undo_contacts as undoing
from pipelines.imports.contacts.by_hand import edit_contact
from pipelines.imports.undoing import undo_import
from tests.conftest import Account

BASE = """\
type: pipelines.components.ContactBase
attributes:
  key: KEY
  fields:
    - {name: score, label: Score, format: FORMAT}
    - {name: member, label: Membre, format: single_select, values: [Or], unknown_values: add}
"""
ONE, TWO, THREE = "+33612345678", "+33612345670", "+33612345600"
TAKEN = "another contact has this key by now"
KEYLESS = "the contact would be without a valid mobile, which is the key"


def declare(account: Account, key: str = "email", score: str = "text") -> None:
    documents = [BASE.replace("KEY", key).replace("FORMAT", score)]
    documents += [
        f'type: pipelines.components.ImportModel\nattributes: {{name: {name}, file: "{name}*.csv", action: {name}}}\n'
        for name in ("upsert", "delete", "suppress")
    ]
    account.declare("---\n".join(documents))


@pytest.fixture
def known(account: Account) -> Account:
    declare(account)
    return account


def load(account: Account, text: str, model: str = "upsert") -> None:
    number = account.rows("SELECT count(*) FROM main.imports")[0][0]
    assert account.load(text, f"{model}{number}.csv", model=model).status == "imported"


def undo(account: Account, import_id: int) -> list[dict[str, Any]]:
    with account.workspace.store.write() as writer:
        undone = undo_import(writer, import_id, "a test", datetime.now(UTC))
        measures = measure_base(writer.connection, writer.contact_base)
    assert {name for name, count in measures.items() if count} <= {"contacts"}
    return undone.kept


def test_a_key_that_another_contact_has_by_now_is_not_given_back(known: Account) -> None:
    load(known, f"Email;Mobile;Score\na@ex.fr;{ONE};1\n")
    load(known, f"Email;Mobile;Score;Statut Mobile\na@ex.fr;{TWO};2;Valide\n")
    load(known, f"Email;Mobile\nc@ex.fr;{ONE}\n")
    declare(known, "mobile")
    assert undo(known, 2) == [{"key": TWO, "field": "mobile", "why": TAKEN}]
    found = known.contacts("email", "mobile", "score", "mobile_status")
    assert found == [("a@ex.fr", TWO, "1", "valid"), ("c@ex.fr", ONE, None, "unknown")], "the rest is undone"


def test_a_key_is_not_taken_back_to_nothing(known: Account) -> None:
    load(known, "Email\na@ex.fr\n")
    load(known, f"Email;Mobile;Score\na@ex.fr;{ONE};2\n")
    declare(known, "mobile")
    assert undo(known, 2) == [{"key": ONE, "field": "mobile", "why": KEYLESS}]
    assert known.contacts("email", "mobile", "score") == [("a@ex.fr", ONE, None)]


def test_a_key_is_not_taken_back_to_a_number_that_is_none(known: Account) -> None:
    load(known, "Email;Mobile\na@ex.fr;06 1\n")
    load(known, f"Email;Mobile\na@ex.fr;{ONE}\n")
    declare(known, "mobile")
    assert undo(known, 2) == [{"key": ONE, "field": "mobile", "why": KEYLESS}]


def test_of_two_contacts_with_one_former_key_one_gets_it_back(known: Account) -> None:
    load(known, f"Email;Mobile\na@ex.fr;{ONE}\nb@ex.fr;{ONE}\n")
    load(known, f"Email;Mobile\na@ex.fr;{TWO}\nb@ex.fr;{THREE}\n")
    declare(known, "mobile")
    assert undo(known, 2) == [{"key": THREE, "field": "mobile", "why": TAKEN}]
    assert known.contacts("email", "mobile") == [("a@ex.fr", ONE), ("b@ex.fr", THREE)]


def test_a_deleted_contact_without_the_new_key_is_not_brought_back(known: Account) -> None:
    load(known, f"Email;Mobile\na@ex.fr;\nb@ex.fr;{ONE}\n")
    load(known, "Email\na@ex.fr\n", "delete")
    declare(known, "mobile")
    why = "it would be without a valid mobile, which is the key: it is not brought back"
    assert undo(known, 2) == [{"key": "a@ex.fr", "field": None, "why": why}]


def test_an_undo_that_would_break_the_key_writes_nothing(known: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check stands behind what finds these keys: a fault of the one is stopped by the other."""
    load(known, f"Email;Mobile\na@ex.fr;{ONE}\n")
    load(known, f"Email;Mobile\na@ex.fr;{TWO}\n")
    load(known, f"Email;Mobile\nc@ex.fr;{ONE}\n")
    declare(known, "mobile")
    blind = pl.DataFrame(schema={"contact_id": pl.Int64, undoing.BARRED: pl.String})
    monkeypatch.setattr(undoing, "barred_keys", lambda *_: blind)
    before = known.contacts()
    with pytest.raises(CarnetError, match="without a mobile of their own"):
        undo(known, 2)
    assert known.contacts() == before
    assert known.rows("SELECT count(*) FROM main.imports") == [(3,)]


def test_a_value_that_a_changed_format_lost_is_not_taken_for_nothing(known: Account) -> None:
    for score in ("1", "abc", "2"):
        load(known, f"Email;Score\na@ex.fr;{score}\n")
    declare(known, score="number")
    why = "the former value was lost when the field's format changed: it stays as it is"
    assert undo(known, 3) == [{"key": "a@ex.fr", "field": "score", "why": why}]
    assert known.contacts("score") == [(2.0,)]


def test_a_contact_that_comes_back_without_a_lost_value_is_listed(known: Account) -> None:
    load(known, "Email;Score\na@ex.fr;abc\nb@ex.fr;\n")
    load(known, "Email\na@ex.fr\nb@ex.fr\n", "delete")
    declare(known, score="number")
    why = "the former value was lost when the field's format changed: it is empty"
    assert undo(known, 2) == [{"key": "a@ex.fr", "field": "score", "why": why}]
    assert known.contacts("email", "score") == [("a@ex.fr", None), ("b@ex.fr", None)]


def test_people_who_stay_on_the_suppression_list_are_listed(known: Account) -> None:
    load(known, "Email;Opt-In Email\na@ex.fr;Oui\n")
    load(known, "Email\na@ex.fr\ng@ex.fr\n", "suppress")
    kept = undo(known, 2)
    assert [(entry["key"], entry["field"]) for entry in kept] == [
        ("a@ex.fr", "opt_in_email"),
        ("a@ex.fr", "opt_in_sms"),
        ("g@ex.fr", None),
    ]
    assert kept[-1]["why"].startswith("stays on the account's suppression list")


def test_values_that_stay_in_a_list_are_listed(known: Account) -> None:
    load(known, "Email;Membre\na@ex.fr;Argent\nb@ex.fr;Or\n")
    why = "the value 'Argent', which the import added, stays in the list"
    assert undo(known, 1) == [{"key": None, "field": "member", "why": why}]
    assert known.rows("SELECT values FROM main.fields WHERE name = 'member'") == [(["Or", "Argent"],)]


def test_an_edit_by_hand_is_called_so(known: Account) -> None:
    load(known, "Email\na@ex.fr\n")
    with known.workspace.store.write() as writer:
        edit_contact(writer, "a@ex.fr", {"score": "1"}, "a test")
    why = "the contact stays: an edit by hand touched it since"
    assert undo(known, 1) == [{"key": "a@ex.fr", "field": None, "why": why}]
