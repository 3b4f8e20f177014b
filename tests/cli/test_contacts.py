"""`carnet contact show|set|history`: JSON as the contract has it, exit codes, errors that say how to mend (IMP-16)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.cli.conftest import SAMPLES, Terminal

AMELIE = "amelie.durand@exemple.fr"
FIELDS = [
    *("contact_id", "email", "mobile", "first_name", "last_name", "company", "opt_in_email", "email_status"),
    *("email_return_detail", "email_return_at", "opt_in_sms", "mobile_status", "do_not_track", "activity_degree"),
    *("created_at", "modified_at", "postcode", "birth_date", "basket", "member", "interests", "civility"),
]


def test_show_gives_every_field_the_segments_and_the_imports(filled: Terminal) -> None:
    shown = filled.json("contact", "show", AMELIE)
    assert list(shown) == [*FIELDS, "segments", "imports"]
    assert datetime.fromisoformat(shown.pop("created_at")) == datetime.fromisoformat(shown.pop("modified_at"))
    assert {"all_contacts", "email_reachable", "paris_perle", "inscrits_newsletter"} <= set(shown.pop("segments"))
    assert {name: value for name, value in shown.items() if value is not None} == {
        "contact_id": shown["contact_id"],
        "email": AMELIE,
        "mobile": "+33612340112",
        "first_name": "Amélie",
        "last_name": "Durand-Vidal",
        "opt_in_email": "yes",
        "email_status": "unknown",
        "mobile_status": "unknown",
        "postcode": "75011",
        "birth_date": "1984-03-14",
        "interests": ["Perle", "Diamant"],
        "imports": [1],
    }


@pytest.mark.parametrize("key", [" Amelie.DURAND@exemple.fr ", "06 12 34 01 12", "contact_id"])
def test_a_contact_is_named_by_address_number_or_id(filled: Terminal, key: str) -> None:
    contact_id = filled.json("sql", f"SELECT contact_id FROM contacts WHERE email = '{AMELIE}'")[0]["contact_id"]
    shown = filled.json("contact", "show", str(contact_id) if key == "contact_id" else key)
    assert (shown["contact_id"], shown["email"]) == (contact_id, AMELIE)


def test_set_edits_and_shows_the_contact_as_it_is_then(filled: Terminal) -> None:
    before = filled.json("contact", "show", AMELIE)
    after = filled.json(
        "contact", "set", AMELIE, "Société=Durand & Cie", "interests=agathe", "postcode=", "basket=1 234,5"
    )
    changed = {name: after[name] for name in FIELDS if after[name] != before[name]}
    assert datetime.fromisoformat(changed.pop("modified_at")) > datetime.fromisoformat(before["modified_at"])
    assert changed == {"company": "Durand & Cie", "interests": ["Agathe"], "postcode": None, "basket": 1234.5}
    assert "paris_perle" in before["segments"]
    assert "paris_perle" not in after["segments"], "the segments and the published copy follow"
    assert filled.json("contact", "show", AMELIE) == after


def test_set_adds_whom_nobody_knows(filled: Terminal) -> None:
    added = filled.json("contact", "set", "zoe@exemple.fr", "first_name=Zoé", "civility=mme")
    assert (added["email"], added["first_name"], added["civility"], added["imports"]) == (
        "zoe@exemple.fr",
        "Zoé",
        "Mme",
        [],
    )
    assert added["contact_id"] == 51
    assert added["opt_in_email"] is None


@pytest.mark.parametrize("number", ["0698765432", "06 98 76 54 32", "+33698765432"])
def test_where_the_key_is_the_mobile_a_contact_is_added_by_its_number(terminal: Terminal, number: str) -> None:
    """A national number holds nothing but figures, as an id does: what reads as a number is one."""
    declared = terminal.folder / "assets" / "base" / "defs.yaml"
    declared.write_text(declared.read_text(encoding="utf-8").replace("key: email", "key: mobile"), encoding="utf-8")
    added = terminal.json("contact", "set", number, "first_name=Zoé")
    assert (added["mobile"], added["contact_id"]) == ("+33698765432", 1)
    assert terminal.json("contact", "show", "1") == added


def test_history_lists_every_change_newest_first(filled: Terminal) -> None:
    filled.json("contact", "set", AMELIE, "first_name=Amy", "interests=Agathe")
    told = filled.json("contact", "history", AMELIE)
    assert all(list(change) == ["field", "old", "new", "occurred_at", "source"] for change in told)
    assert [[change[name] for name in ("field", "old", "new", "source")] for change in told[:2]] == [
        ["first_name", "Amélie", "Amy", "hand"],
        ["interests", ["Perle", "Diamant"], ["Agathe"], "hand"],
    ]
    assert {change["source"] for change in told[2:]} == {"import 1"}
    assert {change["field"]: change["new"] for change in told[2:]}["birth_date"] == "1984-03-14"
    instants = [datetime.fromisoformat(change["occurred_at"]) for change in told]
    assert instants == sorted(instants, reverse=True)


def test_history_of_a_deleted_contact_is_shown_by_its_id(filled: Terminal) -> None:
    """Its changes are kept until the import is trimmed (IMP-12); `show` still says that nobody has that id."""
    before = filled.json("contact", "history", AMELIE)
    contact_id = filled.json("contact", "show", AMELIE)["contact_id"]
    models = filled.folder / "assets" / "imports" / "defs.yaml"
    document = (
        "---\ntype: pipelines.components.ImportModel\nattributes: {name: gone, file: 'gone*.csv', action: delete}\n"
    )
    models.write_text(models.read_text() + document)
    assert filled.json("import", filled.write(f"Email\n{AMELIE}\n", "gone.csv"))["deleted"] == 1
    told = filled.json("contact", "history", str(contact_id))
    gone = {change["field"]: (change["old"], change["new"], change["source"]) for change in told[: -len(before)]}
    assert gone["email"] == (AMELIE, None, "import 2")
    assert told[-len(before) :] == before
    assert (
        filled.json("contact", "show", str(contact_id), code=2)["error"]["message"] == f"No contact has '{contact_id}'."
    )
    assert filled.json("contact", "history", "999", code=2)["error"]["message"] == "No contact has '999'."


def test_only_by_hand_someone_is_subscribed_again(filled: Terminal) -> None:
    """STA-5: an import keeps the refusal and says so; `contact set` takes the word of a person for it."""
    assert filled.json("contact", "set", AMELIE, "opt_in_email=suppression_list")["opt_in_email"] == "suppression_list"
    [listed] = filled.json("sql", "SELECT channel, key, reason FROM suppression_list")
    assert listed == {"channel": "email", "key": AMELIE, "reason": "suppressed"}
    document = filled.json("import", SAMPLES / "newsletter-2026-11.csv", "--force")
    assert [problem["line"] for problem in document["problems"] if problem["rule"] == "consent_kept"] == [19]
    assert filled.json("contact", "show", AMELIE)["opt_in_email"] == "suppression_list"
    assert filled.json("contact", "set", AMELIE, "opt_in_email=Oui")["opt_in_email"] == "yes"
    assert filled.json("sql", "SELECT * FROM suppression_list") == []
    log = filled.json("sql", "SELECT old, new, source FROM consents WHERE contact_id = 13 ORDER BY occurred_at")
    assert [list(change.values()) for change in log] == [
        [None, "yes", "import 1"],
        ["yes", "suppression_list", "hand"],
        ["suppression_list", "yes", "hand"],
    ]


WRONG: dict[str, tuple[list[str], int, str, str]] = {
    "an address of nobody": (["show", "nobody@exemple.fr"], 2, "No contact has 'nobody@exemple.fr'", "in the base"),
    "no address at all": (["show", "nobody"], 2, "'nobody' names no contact", "contact_id"),
    "an id of nobody": (["set", "999", "first_name=Zoé"], 2, "No contact has '999'", "in the base"),
    "a number of nobody": (
        ["set", "06 98 76 54 32", "first_name=Zoé"],
        2,
        "a contact is added by its email",
        "Give the email",
    ),
    "the history of nobody": (["history", "nobody@exemple.fr"], 2, "No contact has", "in the base"),
    "an unknown field": (["set", AMELIE, "first_nam=Zoé"], 2, "There is no field 'first_nam'", "first_name"),
    "no value": (["set", AMELIE, "first_name"], 2, "'first_name' sets nothing", "FIELD=VALUE"),
    "a read-only field": (["set", AMELIE, "created_at=2026-01-01"], 2, "created_at is read-only", "Leave it out"),
    "an emptied consent": (["set", AMELIE, "opt_in_email="], 2, "never emptied", "yes"),
    "an emptied key": (["set", AMELIE, "email="], 2, "no contact is without it", "another one"),
    "no date": (["set", AMELIE, "birth_date=31/02/1985"], 1, "birth_date: This is no date that exists", "unchanged"),
    "no number": (["set", AMELIE, "basket=beaucoup"], 1, "basket: This is no number", "unchanged"),
    "no such value": (
        ["set", AMELIE, "interests=Rubis"],
        1,
        "'Rubis' is not a value of interests",
        "Perle, Diamant, Agathe",
    ),
    "another's key": (["set", AMELIE, "email=benoit.lefevre@exemple.fr"], 1, "has that email already", "unchanged"),
    "no address as the key": (["set", AMELIE, "email=amelie"], 1, "no @", "unchanged"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_done_is_said_and_changes_nothing(filled: Terminal, name: str) -> None:
    arguments, code, message, hint = WRONG[name]
    before = contacts(filled)
    error = filled.json("contact", *arguments, code=code)
    assert list(error) == ["error"]
    assert list(error["error"]) == ["type", "message", "hint"]
    assert message in error["error"]["message"]
    assert hint in error["error"]["hint"]
    assert contacts(filled) == before


def test_without_json_the_error_stands_on_standard_error(filled: Terminal) -> None:
    printed = filled.carnet("contact", "show", "nobody@exemple.fr", code=2)
    assert printed.startswith("Error: No contact has 'nobody@exemple.fr'.")


def test_for_people_there_are_tables(filled: Terminal) -> None:
    shown = filled.carnet("contact", "show", AMELIE)
    assert " interests             Perle, Diamant\n" in shown
    assert " import 1   birth_date      –     1984-03-14\n" in filled.carnet("contact", "history", AMELIE)


def contacts(terminal: Terminal) -> Any:
    return terminal.json("sql", "SELECT * FROM contacts ORDER BY contact_id")
