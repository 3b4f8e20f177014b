"""`carnet export`, `carnet exports`."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.output import out, print_json, records
from pipelines.cli.running import run_job, watched_workspace
from pipelines.errors import EnvironmentFaultError, UsageError
from pipelines.exports.history import list_exports
from pipelines.exports.snapshots import Snapshot
from pipelines.workspace import Workspace


@click.command("export")
@click.argument("name", required=False)
@click.option("--audience", help="A segment, or a saved search, for an export that nothing declares.")
@click.option("--fields", help="main (by default), or names of fields with commas between them.")
@click.option(
    "--format", "file_format", type=click.Choice(["csv", "txt", "parquet"]), help="By default, the file's ending."
)
@click.option("--to", "destination", type=click.Path(path_type=Path), help="The file to write.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def export_command(
    name: str | None,
    audience: str | None,
    fields: str | None,
    file_format: str | None,
    destination: Path | None,
    as_json: bool,
) -> None:
    """Write the declared export NAME, or one given by --audience and --to."""
    if (name is None) == (audience is None):
        raise UsageError(
            "Name a declared export, or give --audience and --to.", "carnet export base_totale, for example."
        )
    if name is not None and (fields or file_format or destination):
        raise UsageError(
            "--fields, --format and --to go with --audience: a declared export has its own.",
            f"carnet export {name} writes it as declared; for another file, give --audience and --to.",
        )
    with watched_workspace() as (workspace, watcher):
        if name is not None:
            _run_declared(workspace, name)
        else:
            _run_on_demand(workspace, audience or "", fields or "main", file_format, destination)
        done = next((found for found in watcher.results if isinstance(found, Snapshot)), None)
    if done is None:
        raise EnvironmentFaultError("The export's run ended without a file.", "The Dagster UI shows why (`make ui`).")
    _print(done, as_json)


def _run_declared(workspace: Workspace, name: str) -> None:
    workspace.declarations.export(name)
    from pipelines.orchestration.names import export_job  # dagster: 1.3 s

    run_job(workspace, export_job(name))


def _run_on_demand(
    workspace: Workspace, audience: str, fields: str, file_format: str | None, destination: Path | None
) -> None:
    if destination is None:
        raise UsageError("--audience needs --to, the file to write.", "For example --to clients.csv.")
    chosen = file_format or {".csv": "csv", ".txt": "txt", ".parquet": "parquet"}.get(destination.suffix.lower())
    if chosen is None:
        raise UsageError(f"The ending of {destination.name!r} names no format.", "Give --format csv, txt or parquet.")
    to = str(destination.absolute())
    workspace.on_demand(audience, fields, chosen)  # A wrong name is told before a run is made of it.
    config = {"audience": audience, "fields": fields, "format": chosen, "to": to}
    run_job(workspace, "export_on_demand", config={"ops": {"write_export": {"config": config}}})


def _print(snapshot: Snapshot, as_json: bool) -> None:
    if as_json:
        print_json(snapshot.as_json())
        return
    out().print(f"{snapshot.name}: {snapshot.rows} contacts in {snapshot.path}", markup=False)
    out().print(f"Manifest: {snapshot.manifest}", markup=False)


@click.command("exports")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def exports_command(as_json: bool) -> None:
    """List the exports that were written, newest first."""
    with watched_workspace() as (workspace, _), workspace.store.read() as connection:
        found = list_exports(connection)
    print_json(found) if as_json else out().print(records("Exports", found))
