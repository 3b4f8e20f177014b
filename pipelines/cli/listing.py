"""Contacts to look at, as a command prints them: of a segment, a search, an operation's figure (SEG-9)."""

from __future__ import annotations

import click

from pipelines.cli.output import contacts_table, out, print_json
from pipelines.contacts.listed import Listed, listed_json
from pipelines.declarations.model import ContactBase
from pipelines.language import mark, say_many

limit_option = click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help=mark("How many contacts to list; 0: all."),
)
_IN_TERMINAL = ("contact_id", "email", "mobile", "first_name", "last_name", "opt_in_email", "email_status")


def print_contacts(found: Listed, base: ContactBase, *, as_json: bool) -> None:
    """The list as a table, or as the contract's JSON of `search`."""
    rows = found.contacts
    if as_json:
        print_json(listed_json(found))
        return
    shown = [*_IN_TERMINAL, *(field.name for field in base.declared_fields)]
    title = say_many("{n} contacts, {listed} listed", "{n} contacts, {listed} listed", found.count, listed=len(rows))
    out().print(contacts_table(title, rows, shown))
    if found.left_out:
        told = say_many(
            "{n} set « do not track » and are left out; --all shows them.",
            "{n} set « do not track » and are left out; --all shows them.",
            found.left_out,
        )
        out().print(told)
