"""`carnet explain`: why a contact is in a segment, criterion by criterion (SEG-11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import click

from pipelines.cli.asking import SpokenCommand
from pipelines.cli.output import MISSING, cell, out, print_json, table
from pipelines.cli.running import watched_workspace
from pipelines.contacts.finding import find_contact, unknown_contact
from pipelines.language import mark, say, say_many, words
from pipelines.segments.explaining import Explained, Explanation, explain

_SAID = {True: mark("yes"), False: mark("no"), None: MISSING}
_HOLDS = {
    True: mark("Contact {contact_id} is in {segment}."),
    False: mark("Contact {contact_id} is not in {segment}."),
    None: mark("Contact {contact_id} is neither in nor out of {segment}."),
}
_INDENT = "    "


@click.command("explain", cls=SpokenCommand)
@click.argument("key")
@click.argument("segment")
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
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
    told = say(_HOLDS[explained.holds], contact_id=explained.contact_id, segment=explained.segment)
    out().print(told, markup=False)
    out().print(table("", (say("satisfied"), say("criterion"), say("value")), _rows(explained.criteria, 0)))
    if explained.holds is None:
        out().print(say("The contact set « do not track »: what depends on behaviours is not decided."))


def _rows(criteria: Sequence[Explained], depth: int) -> Iterator[Sequence[object]]:
    for one in criteria:
        yield words(_SAID[one.holds]), _INDENT * depth + one.criterion, _plain(one.value)
        yield from _rows(one.criteria, depth + 1)


def _plain(value: object) -> object:
    """A behaviour's value in words; any other as it is."""
    if not isinstance(value, Mapping):
        return value
    count, last = value["count"], value["last"]
    if not count:
        return say("never")
    return say_many("once, last {at}", "{n} times, last {at}", count, at=cell(last))
