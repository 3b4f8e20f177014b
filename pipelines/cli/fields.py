"""`carnet fields`, `carnet fields drop`."""

from __future__ import annotations

from dataclasses import asdict

import click

from pipelines.base.inventory import FieldListed, list_fields, removed_fields
from pipelines.cli.output import err, out, print_json, records
from pipelines.cli.running import watched_workspace
from pipelines.workspace import Workspace

_COLUMNS = ("name", "label", "format", "values", "status", "contacts")


@click.group("fields", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def fields_group(context: click.Context, as_json: bool) -> None:
    """List the fields: label, format, values, whether declared, how many contacts have a value."""
    if context.invoked_subcommand is not None:
        return
    with watched_workspace() as (workspace, _), workspace.store.read() as connection:
        found = list_fields(connection, workspace.declarations.base)
    if as_json:
        print_json([asdict(field) for field in found])
        return
    out().print(records("Fields", [asdict(field) for field in found], _COLUMNS))
    for line in filter(None, map(_note, found)):
        out().print(line, markup=False)


def _note(field: FieldListed) -> str:
    if field.status == "removed":
        return (
            f"{field.name} is no longer declared and stays in the base, with the values of {field.contacts:,} contacts: "
            f"`carnet fields drop {field.name}` drops it."
        )
    if field.status == "changed":
        return f"{field.name} has another format in the base: its values are converted at the next run."
    if field.undeclared_values:
        listed = ", ".join(f"{value} ({count:,} contacts)" for value, count in field.undeclared_values.items())
        return f"{field.name} has values that the declarations do not list: {listed}. They stay."
    return ""


@fields_group.command("drop")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def drop_command(name: str, as_json: bool) -> None:
    """Drop the field NAME, which is no longer declared, with all its values, from contacts and history.

    Nothing is asked, and an undo does not bring it back.
    """
    with watched_workspace() as (workspace, _):
        dropped = workspace.drop_field(name)
    if as_json:
        print_json(asdict(dropped))
        return
    out().print(
        f"Dropped {dropped.field} ({dropped.format}): {dropped.values:,} contacts had a value. The segments' views were made "
        "again, and the base was published.",
        markup=False,
    )


def tell_removed(workspace: Workspace) -> None:
    """One line on standard error where the published base has fields that nothing declares any more (FLD-5)."""
    if not workspace.layout.published.exists():
        return
    with workspace.store.read() as connection:
        removed = removed_fields(connection, workspace.declarations.base)
    if removed:
        err().print(
            f"No longer declared, and kept in the base: {', '.join(removed)}. `carnet fields` says more.", markup=False
        )
