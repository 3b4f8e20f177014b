"""Contacts to look at, as a command prints them: of a segment, a search, an operation's figure (SEG-9)."""

from __future__ import annotations

from typing import Protocol

import click
import polars as pl

from pipelines.cli.output import out, print_json, records
from pipelines.declarations.model import ContactBase

limit_option = click.option(
    "--limit", type=click.IntRange(min=0), default=100, show_default=True, help="How many contacts to list; 0: all."
)
_IN_TERMINAL = ("contact_id", "email", "mobile", "first_name", "last_name", "opt_in_email", "email_status")


class Listed(Protocol):
    """How many contacts there are, how many of them the list leaves out, and the list with every column."""

    @property
    def count(self) -> int:
        """Contacts, those left out included."""
        ...

    @property
    def left_out(self) -> int:
        """Contacts that set « do not track »."""
        ...

    @property
    def contacts(self) -> pl.DataFrame:
        """Those that are listed."""
        ...


def print_contacts(found: Listed, base: ContactBase, *, as_json: bool) -> None:
    """The list as a table, or as the contract's JSON of `search`."""
    rows = found.contacts.to_dicts()
    if as_json:
        print_json({"count": found.count, "left_out": found.left_out, "contacts": rows})
        return
    shown = [*_IN_TERMINAL, *(field.name for field in base.declared_fields)]
    out().print(records(f"{found.count} contacts, {len(rows)} listed", rows, shown))
    if found.left_out:
        out().print(f"{found.left_out} set « do not track » and are left out; --all shows them.")
