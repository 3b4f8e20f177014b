"""`carnet contact show`, `set`, `history`: one contact, looked at and edited by hand (IMP-16)."""

from __future__ import annotations

import click

from pipelines.cli.output import err, out, print_json, records, table
from pipelines.cli.running import tell_uncounted, watched_workspace
from pipelines.contacts.showing import contact_history, show_contact
from pipelines.errors import UsageError
from pipelines.raw_segments.failing import FAILING, failures, naming_what_fails, undecided, within_limits
from pipelines.workspace import Workspace


@click.group("contact")
def contact_group() -> None:
    """Show, add or edit one contact. KEY: its e-mail address, mobile number or contact_id."""


@contact_group.command("show")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_command(key: str, as_json: bool) -> None:
    """Show the contact KEY: every field, its segments, the imports whose files named it."""
    with watched_workspace() as (workspace, _):
        _show(workspace, key, as_json)


def _show(workspace: Workspace, key: str, as_json: bool) -> None:
    declared = workspace.declarations
    with workspace.store.read() as connection:
        made = {row[0] for row in connection.execute("SELECT segment FROM main.segment_definitions").fetchall()}
        names = [segment.name for segment in declared.segments if segment.name in made]
        try:
            with within_limits(connection, declared):
                found = show_contact(connection, declared.base, key, names)
        except FAILING as error:
            # The contact is there all the same: it is shown without the segments that nobody can tell.
            failing = failures(connection, declared, error=error)
            for line in undecided(failing):
                err().print(f"Warning: {line}", markup=False)
            with naming_what_fails(connection, declared):
                found = show_contact(connection, declared.base, key, [name for name in names if name not in failing])
    print_json(found) if as_json else out().print(table("", ("field", "value"), found.items()))


@contact_group.command("set")
@click.argument("key")
@click.argument("values", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def set_command(key: str, values: tuple[str, ...], as_json: bool) -> None:
    """Set fields of the contact KEY, or add it. FIELD= clears a field; a multi-select takes its values with commas.

    Values are read as in a file. Only here a consent may loosen, and someone leave the suppression list.
    """
    wanted = dict(_pair(text) for text in values)
    with watched_workspace() as (workspace, watcher):
        edited = workspace.edit_contact(key, wanted)
        workspace.refresh_segments()
        workspace.publish()
        tell_uncounted(watcher.results)
        for warning in edited.warnings:
            err().print(warning, markup=False)
        said = {"inserted": "Added", "updated": "Edited", "unchanged": "Nothing to change:"}[edited.outcome]
        err().print(f"{said} contact {edited.contact_id}.", markup=False)
        _show(workspace, str(edited.contact_id), as_json)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise UsageError(f"{text!r} sets nothing.", "Write FIELD=VALUE, such as first_name=Zoé; FIELD= clears a field.")
    return name.strip(), value


@contact_group.command("history")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def history_command(key: str, as_json: bool) -> None:
    """List every change of the contact KEY that the history still holds, newest first."""
    with watched_workspace() as (workspace, _), workspace.store.read() as connection:
        found = contact_history(connection, workspace.declarations.base, key)
    columns = ("occurred_at", "source", "field", "old", "new")
    print_json(found) if as_json else out().print(records("Changes", found, columns))
