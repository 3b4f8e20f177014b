"""`carnet contact show`, `set`, `history`: one contact, looked at and edited by hand (IMP-16); `erase`, `dossier`: see `rights`."""

from __future__ import annotations

import click

from pipelines.cli.asking import SpokenGroup
from pipelines.cli.output import err, out, print_json, records, table
from pipelines.cli.rights import dossier_command, erase_command
from pipelines.cli.running import tell_uncounted, watched_workspace
from pipelines.contacts.showing import contact_history
from pipelines.errors import UsageError
from pipelines.language import mark, say
from pipelines.segments.showing import show_with_segments
from pipelines.workspace import Workspace

_OUTCOMES = {
    "inserted": mark("Added contact {contact_id}."),
    "updated": mark("Edited contact {contact_id}."),
    "unchanged": mark("Nothing to change: contact {contact_id}."),
}


@click.group("contact", cls=SpokenGroup)
def contact_group() -> None:
    """Show, add, edit or erase one contact. KEY: its e-mail address, mobile number or contact_id."""


contact_group.add_command(erase_command)
contact_group.add_command(dossier_command)


@contact_group.command("show")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def show_command(key: str, as_json: bool) -> None:
    """Show the contact KEY: every field, its segments, the imports whose files named it."""
    with watched_workspace() as (workspace, _):
        _show(workspace, key, as_json)


def _show(workspace: Workspace, key: str, as_json: bool) -> None:
    with workspace.published() as connection:
        shown = show_with_segments(connection, workspace.declarations, key)
    for line in shown.undecided:
        err().print(say("Warning: {what}", what=line), markup=False)
    print_json(shown.contact) if as_json else out().print(
        table("", (say("field"), say("value")), shown.contact.items())
    )


@contact_group.command("set")
@click.argument("key")
@click.argument("values", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--again", is_flag=True, help=mark("Though the person was erased: they ask to be written to again."))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def set_command(key: str, values: tuple[str, ...], again: bool, as_json: bool) -> None:
    """Set fields of the contact KEY, or add it. FIELD= clears a field; a multi-select takes its values with commas.

    Values are read as in a file. Only here a consent may loosen, and someone leave the suppression list.
    """
    wanted = dict(_pair(text) for text in values)
    with watched_workspace() as (workspace, watcher):
        edited = workspace.edit_contact(key, wanted, again=again)
        workspace.refresh_segments()
        workspace.publish()
        tell_uncounted(watcher.results)
        for warning in edited.warnings:
            err().print(warning, markup=False)
        err().print(say(_OUTCOMES[edited.outcome], contact_id=edited.contact_id), markup=False)
        _show(workspace, str(edited.contact_id), as_json)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise UsageError(
            say("{text!r} sets nothing.", text=text),
            say("Write FIELD=VALUE, such as first_name=Zoé; FIELD= clears a field."),
        )
    return name.strip(), value


@contact_group.command("merge")
@click.argument("keep")
@click.argument("other")
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def merge_command(keep: str, other: str, as_json: bool) -> None:
    """Unite the contact OTHER with the contact KEEP, which stays; `carnet undo` takes it back."""
    with watched_workspace() as (workspace, watcher):
        merged = workspace.merge(keep, other)
        workspace.refresh_segments()
        workspace.publish()
        tell_uncounted(watcher.results)
    if as_json:
        print_json(merged.as_json())
        return
    told = say("Contact {gone} is contact {contact_id} now.", gone=merged.gone, contact_id=merged.contact_id)
    if merged.changed:
        told += " " + say("It took {fields}.", fields=", ".join(merged.changed))
    out().print(told, markup=False)
    out().print(say("`carnet undo {import_id}` takes it back.", import_id=merged.import_id), markup=False)


@contact_group.command("history")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def history_command(key: str, as_json: bool) -> None:
    """List every change of the contact KEY that the history still holds, newest first."""
    with watched_workspace() as (workspace, _), workspace.published() as connection:
        found = contact_history(connection, workspace.declarations.base, key)
    columns = ("occurred_at", "source", "field", "old", "new")
    print_json(found) if as_json else out().print(records(say("Changes"), found, columns))
