"""`carnet explain`: why a contact is in a segment, criterion by criterion (SEG-11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import click

from pipelines.cli.output import MISSING, cell, out, print_json, table
from pipelines.cli.running import watched_workspace
from pipelines.contacts.finding import find_contact, unknown_contact
from pipelines.segments.explaining import Explained, Explanation, explain

_SAID = {True: "yes", False: "no", None: MISSING}
_INDENT = "    "


@click.command("explain")
@click.argument("key")
@click.argument("segment")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain_command(key: str, segment: str, as_json: bool) -> None:
    """Say why the contact KEY is in SEGMENT, or is not: each criterion, the contact's value, and whether it holds.

    KEY is an e-mail address, a mobile number or a contact_id.
    """
    with watched_workspace() as (workspace, _):
        declared = workspace.declarations
        declared.segment(segment)
        with workspace.read((segment,)) as connection:
            contact_id = find_contact(connection, declared.base, key)
            if contact_id is None:
                raise unknown_contact(key)
            explained = explain(connection, declared, contact_id, segment)
    print_json(asdict(explained)) if as_json else _print(explained)


def _print(explained: Explanation) -> None:
    said = {True: "is in", False: "is not in", None: "is neither in nor out of"}[explained.holds]
    out().print(f"Contact {explained.contact_id} {said} {explained.segment}.", markup=False)
    out().print(table("", ("holds", "criterion", "value"), _rows(explained.criteria, 0)))
    if explained.holds is None:
        out().print("The contact set « do not track »: what depends on behaviours is not decided.")


def _rows(criteria: Sequence[Explained], depth: int) -> Iterator[Sequence[object]]:
    for one in criteria:
        yield _SAID[one.holds], _INDENT * depth + one.criterion, _plain(one.value)
        yield from _rows(one.criteria, depth + 1)


def _plain(value: object) -> object:
    """A behaviour's value in words; any other as it is."""
    if not isinstance(value, Mapping):
        return value
    count, last = value["count"], value["last"]
    often = "once" if count == 1 else f"{count} times"
    return f"{often}, last {cell(last)}" if count else "never"
