from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.channels import CONSENT_STRICTNESS
from pipelines.declarations.model import ContactBase
from pipelines.fields import Field, Format, Labels, declared_value
from pipelines.imports.contacts.deduplication import Deduplicated, deduplicate

VALUES = ("Perle", "Diamant", "Agathe")
BASE = ContactBase(
    declared_fields=(
        Field("interests", Labels("Goûts", "Interests"), Format.MULTI_SELECT, tuple(map(declared_value, VALUES))),
    )
)
SCHEMA = {
    "carnet_line": pl.UInt32,
    "email": pl.String,
    "mobile": pl.String,
    "first_name": pl.String,
    "opt_in_email": pl.String,
    "mobile_status": pl.String,
    "interests": pl.List(pl.String),
    "malformed:mobile": pl.Boolean,
}
CROSSES = st.lists(st.sampled_from(VALUES), unique=True).map(lambda found: [v for v in VALUES if v in found] or None)
# A malformed mobile has set its status.
MOBILES = st.sampled_from(
    [
        (None, None, False),
        ("+336", None, False),
        ("+337", "valid", False),
        (None, "valid", False),
        ("06", "bad_format", True),
    ]
)
ROWS = st.tuples(
    st.sampled_from("abc"),
    MOBILES,
    st.sampled_from([None, "Zoé", "Luc"]),
    st.sampled_from([None, *CONSENT_STRICTNESS]),
    CROSSES,
)
Row = dict[str, Any]


def rows(found: list[Any]) -> list[Row]:
    return [
        {
            "carnet_line": line,
            "email": email,
            "mobile": mobile,
            "first_name": name,
            "opt_in_email": consent,
            "mobile_status": status,
            "interests": crosses,
            "malformed:mobile": malformed,
        }
        for line, (email, (mobile, status, malformed), name, consent, crosses) in enumerate(found, 2)
    ]


def joined(group: list[Row]) -> tuple[Row, dict[str, int]]:
    """IMP-7 in plain Python: the contact that rows of one key make, and which line each of its cells is from."""
    contact: Row = {"carnet_line": group[-1]["carnet_line"], "email": group[0]["email"]}
    lines: dict[str, int] = {}

    def take(field: str, row: Row) -> None:
        contact[field], lines[field] = row[field], row["carnet_line"]

    for field in ("mobile", "first_name", "opt_in_email", "mobile_status", "interests"):
        contact[field] = None
        for row in group:
            value = row[field]
            if value is None or (field == "mobile_status" and row["malformed:mobile"]):
                continue
            before = contact[field]
            if field == "opt_in_email" and before and CONSENT_STRICTNESS[value] < CONSENT_STRICTNESS[before]:
                continue
            take(field, row)
            if field == "interests" and before:
                contact[field] = [each for each in VALUES if each in {*before, *value}]
    winner = next((row for row in group if row["carnet_line"] == lines.get("mobile")), None)
    if winner and winner["malformed:mobile"]:
        take("mobile_status", winner)
    return contact, lines


def deduplicated(found: list[Row]) -> Deduplicated:
    return deduplicate(pl.DataFrame(found, schema=SCHEMA), "email", BASE)


@given(st.lists(ROWS, max_size=12).map(rows))
def test_rows_of_one_key_become_the_contact_that_the_reference_makes(found: list[Row]) -> None:
    groups = [[row for row in found if row["email"] == email] for email in dict.fromkeys(row["email"] for row in found)]
    expected = sorted((joined(group) for group in groups), key=lambda each: each[0]["carnet_line"])
    result = deduplicated(found)
    assert result.frame.to_dicts() == [
        {name: contact[name] for name in SCHEMA if name != "malformed:mobile"} for contact, _ in expected
    ]
    assert result.duplicates == len(found) - len(groups)
    several = {group[-1]["carnet_line"] for group in groups if len(group) > 1}
    won = {(line, field): winner for line, field, winner in result.winners.rows()}
    assert won == {
        (contact["carnet_line"], field): line
        for contact, lines in expected
        for field, line in lines.items()
        if contact["carnet_line"] in several
    }
    assert set(result.problems["line"]) == several


@given(st.lists(ROWS, max_size=8).map(rows))
def test_what_has_no_duplicates_stays_as_it_is(found: list[Row]) -> None:
    once = deduplicated(found).frame
    assert deduplicate(once, "email", BASE).frame.equals(once)


def test_the_report_names_lines_and_fields_and_no_value() -> None:
    frame = pl.DataFrame(
        {
            "carnet_line": [2, 3, 7],
            "email": ["a@ex.fr"] * 3,
            "first_name": ["Zoé", "Luc", None],
            "last_name": ["Roy", None, None],
        },
        schema_overrides={"carnet_line": pl.UInt32},
    )
    assert deduplicate(frame, "email", ContactBase()).problems.rows() == [
        (
            "duplicate",
            "warning",
            7,
            None,
            "Lines 2, 3, 7 have one key and make one contact: first_name from line 3, last_name from line 2.",
            None,
        )
    ]


def test_a_file_of_keys_alone() -> None:
    frame = pl.DataFrame({"carnet_line": [2, 3], "email": ["a@ex.fr"] * 2}, schema_overrides={"carnet_line": pl.UInt32})
    result = deduplicate(frame, "email", ContactBase())
    assert (result.frame.rows(), result.duplicates, result.winners.height) == ([(3, "a@ex.fr")], 1, 0)
    assert result.problems["message"].to_list() == ["Lines 2, 3 have one key and make one contact."]
