"""`carnet undo`, and what the commands say of an import that was undone (IMP-15, contract)."""

from __future__ import annotations

from tests.cli.conftest import SAMPLES, Terminal


def state(terminal: Terminal) -> list[dict[str, object]]:
    return terminal.json(
        "sql", "SELECT * EXCLUDE (modified_at, opt_in_email, opt_in_sms) FROM contacts ORDER BY contact_id"
    )


def test_it_takes_back_what_the_import_did_but_no_consent(filled: Terminal) -> None:
    before = state(filled)
    imported = filled.json("import", SAMPLES / "crm-2026-11.txt")
    assert (imported["inserted"], imported["updated"]) == (21, 15)
    undone = filled.json("undo", 2)
    assert list(undone) == ["import_id", "removed", "restored", "kept"]
    assert (undone["import_id"], undone["removed"], undone["restored"]) == (3, 21, 15)
    assert state(filled) == before
    assert all(list(kept) == ["key", "field", "why"] for kept in undone["kept"])
    assert {kept["field"] for kept in undone["kept"] if kept["key"]} == {"opt_in_email", "opt_in_sms"}
    assert {kept["why"].split(":")[0] for kept in undone["kept"] if kept["key"]} == {"an undo never loosens a consent"}
    kept = {kept["key"] for kept in undone["kept"] if kept["field"] == "opt_in_email"}
    refusing = filled.json("sql", "SELECT email FROM contacts WHERE opt_in_email <> 'yes' ORDER BY email")
    assert kept == {row["email"] for row in refusing} != set()


def test_an_undo_is_an_import_of_its_own(merged: Terminal) -> None:
    merged.json("undo", 2)
    listed = merged.json("imports")
    assert [(row["import_id"], row["action"], row["undone_by"]) for row in listed] == [
        (3, "undo", None),
        (2, "upsert", 3),
        (1, "upsert", None),
    ]
    assert (listed[0]["deleted"], listed[0]["updated"], listed[0]["rows"]) == (21, 15, 36)
    assert "undone_by" in merged.carnet("imports").splitlines()[2]
    again = merged.json("import", SAMPLES / "crm-2026-11.txt")
    assert (again["status"], again["inserted"]) == ("imported", 21), (
        "an undone file is not taken for the last one (IMP-14)"
    )


def test_what_something_later_touched_stays_and_is_listed(merged: Terminal) -> None:
    merged.json("contact", "set", "urbaine.legrand@exemple.fr", "first_name=Urbaine")
    [new] = merged.json(
        "sql",
        "SELECT min(email) AS email FROM contacts JOIN import_contacts USING (contact_id) "
        "WHERE import_id = 2 AND outcome = 'inserted'",
    )
    merged.json("contact", "set", new["email"], "first_name=Autre")
    merged.json("contact", "set", "amelie.durand@exemple.fr", "basket=1")
    undone = merged.json("undo", 2)
    assert undone["removed"] == 20
    told = {(kept["key"], kept["field"]): kept["why"] for kept in undone["kept"]}
    assert told[new["email"], None] == "the contact stays: an edit by hand touched it since"
    assert told["amelie.durand@exemple.fr", "basket"] == "changed since, by hand"
    assert merged.json("contact", "show", "amelie.durand@exemple.fr")["basket"] == 1


CANNOT = {
    9: (2, "There is no import '9'."),
    2: (1, "Import 2 was undone already, by import 3."),
    3: (1, "Import 3 is itself an undo."),
    4: (1, "Import 4 was refused: it changed nothing."),
}


def test_what_cannot_be_undone_is_said_and_changes_nothing(merged: Terminal) -> None:
    merged.json("undo", 2)
    merged.json("import", SAMPLES / "refused" / "newsletter-nul-byte.csv", code=1)
    before = state(merged)
    for number, (code, message) in CANNOT.items():
        error = merged.json("undo", number, code=code)["error"]
        assert error["message"] == message
        assert error["hint"]
        assert state(merged) == before


def test_an_import_that_is_no_number_is_a_usage_error(filled: Terminal) -> None:
    assert filled.json("undo", "crm", code=2)["error"]["type"] == "BadParameter"


def test_for_people_it_says_what_it_kept(merged: Terminal) -> None:
    printed = merged.carnet("undo", 2)
    assert printed.startswith(
        "Import 2 is undone by import 3: 21 contacts removed, 15 restored, 9 things kept.\nKept\n"
    )
    assert " joel.noel@exemple.fr              opt_in_email   an undo never loosens a consent" in printed
