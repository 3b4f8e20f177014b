"""`carnet fields`, `carnet fields drop`."""

from __future__ import annotations

from dataclasses import asdict

import click

from pipelines.base.inventory import FieldListed, list_fields, removed_fields
from pipelines.cli.asking import SpokenGroup
from pipelines.cli.output import err, out, print_json, records
from pipelines.cli.running import watched_workspace
from pipelines.language import mark, say, say_many
from pipelines.workspace import Workspace

_COLUMNS = ("name", "label", "format", "values", "status", "contacts")


@click.group("fields", cls=SpokenGroup, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
@click.pass_context
def fields_group(context: click.Context, as_json: bool) -> None:
    """List the fields: label, format, values, whether declared, how many contacts have a value."""
    if context.invoked_subcommand is not None:
        return
    with watched_workspace() as (workspace, _), workspace.published() as connection:
        found = list_fields(connection, workspace.declarations.base)
    if as_json:
        print_json([asdict(field) for field in found])
        return
    out().print(records(say("Fields"), [asdict(field) for field in found], _COLUMNS))
    for line in filter(None, map(_note, found)):
        out().print(line, markup=False)


def _note(field: FieldListed) -> str:
    if field.status == "removed":
        return say_many(
            "{name} is no longer declared and stays in the base, with the values of {n:,} contacts: "
            "`carnet fields drop {name}` drops it.",
            "{name} is no longer declared and stays in the base, with the values of {n:,} contacts: "
            "`carnet fields drop {name}` drops it.",
            field.contacts,
            name=field.name,
        )
    if field.status == "changed":
        return say("{name} has another format in the base: its values are converted at the next run.", name=field.name)
    if field.undeclared_values:
        listed = ", ".join(
            say_many("{value} ({n:,} contacts)", "{value} ({n:,} contacts)", count, value=value)
            for value, count in field.undeclared_values.items()
        )
        return say(
            "{name} has values that the declarations do not list: {listed}. They stay.", name=field.name, listed=listed
        )
    return ""


@fields_group.command("drop")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
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
        say_many(
            "Dropped {field} ({format}): {n:,} contacts had a value. The segments' views were made again, and the base was "
            "published.",
            "Dropped {field} ({format}): {n:,} contacts had a value. The segments' views were made again, and the base was "
            "published.",
            dropped.values,
            field=dropped.field,
            format=dropped.format,
        ),
        markup=False,
    )


def tell_removed(workspace: Workspace) -> None:
    """One line on standard error where the published base has fields that nothing declares any more (FLD-5)."""
    if not workspace.layout.published.exists():
        return
    with workspace.published() as connection:
        removed = removed_fields(connection, workspace.declarations.base)
    if removed:
        err().print(
            say(
                "No longer declared, and kept in the base: {fields}. `carnet fields` says more.",
                fields=", ".join(removed),
            ),
            markup=False,
        )
