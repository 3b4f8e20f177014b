"""`carnet imports`, `carnet rejects`: what was imported, and what was not."""

from __future__ import annotations

import click

from pipelines.cli.asking import SpokenCommand
from pipelines.cli.output import heading, out, print_json, records, table, told_counts
from pipelines.cli.running import watched_workspace
from pipelines.imports.listing import list_imports, list_rejects
from pipelines.language import mark, say, say_many

COUNTS = ("rows", "inserted", "updated", "unchanged", "duplicates", "rejected")
RARE_COUNTS = ("deleted", "pending", "skipped_by_action", "suppressed", "remembered")
"""Shown where an import has some."""


@click.command("imports", cls=SpokenCommand)
@click.argument("import_id", required=False, type=int)
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def imports_command(import_id: int | None, as_json: bool) -> None:
    """List the imports, newest first, or show the one numbered IMPORT_ID."""
    with watched_workspace() as (workspace, _), workspace.published() as connection:
        found = list_imports(connection, import_id)
    if as_json:
        print_json(found)
    elif import_id is not None:
        told = ((heading(name), value) for name, value in found[0].items())
        out().print(table("", (say("what"), say("value")), told))
    else:
        columns = told_counts(found, ("import_id", "name", "model", "action", "status", *COUNTS), RARE_COUNTS)
        columns += [*told_counts(found, (), ("undone_by",)), "started_at", "who"]
        out().print(records(say("Imports"), found, columns))


@click.command("rejects", cls=SpokenCommand)
@click.argument("import_id", type=int)
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def rejects_command(import_id: int, as_json: bool) -> None:
    """List the rows that the import numbered IMPORT_ID rejected, with every reason."""
    with watched_workspace() as (workspace, _), workspace.published() as connection:
        found = list_rejects(connection, import_id)
    if as_json:
        print_json(found)
        return
    rows = (
        [reject["line"], "; ".join(reject["reasons"]), " · ".join(cell or "" for cell in reject["row"].values())]
        for reject in found
    )
    title = say_many("{n} rejected rows", "{n} rejected rows", len(found))
    out().print(table(title, (say("line"), say("reasons"), say("row")), rows))
