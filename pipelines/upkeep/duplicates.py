"""Contacts that may be the same person under different keys (EXP-14): found and listed with the reason, never merged by themselves.

Belongs here: which fields and addresses tell it. Does not: merging (`merging`).
"""

from __future__ import annotations

from typing import Any

import duckdb

from pipelines.base.statements import identifier, records, statement
from pipelines.declarations.model import ContactBase
from pipelines.fields import Field, Format, fold
from pipelines.language import mark

_BIRTH = frozenset(map(fold, ("birth_date", "birthdate", "birthday", "date_of_birth", "Date de naissance", "Né le")))
_POSTCODE = frozenset(map(fold, ("postcode", "zipcode", "zip", "postal_code", "Code postal", "CP", "PLZ")))
_SHOWN = ("contact_id", "email", "mobile", "first_name", "last_name", "company", "opt_in_email", "opt_in_sms")


def find_duplicates(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> list[dict[str, Any]]:
    """The contract's JSON of `duplicates`: groups of contacts that share one reason, the largest groups last.

    What a group shares stands in its contacts; reasons are marked, for people to be told them in their language. The
    cost grows with the contacts: every reason is one grouping.
    """
    reasons = {
        mark("same mobile"): None if base.key == "mobile" else "mobile",
        mark("same email"): None if base.key == "email" else "email",
        mark("same address but for dots, tags or a typo"): "carnet_mailbox(email)",
        mark("same name and birth date"): _with_name(_named(base, _BIRTH, Format.DATE)),
        mark("same name and postcode"): _with_name(_named(base, _POSTCODE, Format.TEXT)),
    }
    connection.execute(statement("upkeep/duplicate_macros")).fetchall()
    pairs = ", ".join(f"{identifier(name)} := {identifier(name)}" for name in _SHOWN)
    found: list[dict[str, Any]] = []
    known: set[tuple[int, ...]] = set()
    for reason, likeness in reasons.items():
        if likeness is None:
            continue
        query = statement("upkeep/duplicates").format(shown=f"struct_pack({pairs})", likeness=likeness)
        for group in records(connection.execute(query)):
            members = tuple(contact["contact_id"] for contact in group["contacts"])
            if members not in known:
                known.add(members)
                found.append({"reason": reason, "contacts": group["contacts"]})
    return found


def _named(base: ContactBase, names: frozenset[str], format_: Format) -> Field | None:
    """The declared field that is called so, by its name or a label."""
    return next(
        (
            field
            for field in base.declared_fields
            if field.format is format_ and names & {fold(form) for form in (field.name, *field.labels.all)}
        ),
        None,
    )


def _with_name(field: Field | None) -> str | None:
    return None if field is None else f"carnet_person(first_name, last_name, {identifier(field.name)})"
