"""`carnet export`, `carnet exports`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.asking import SpokenCommand
from pipelines.cli.output import out, print_json, records
from pipelines.cli.running import run_job, watched_workspace
from pipelines.declarations.model import FILE_FORMATS
from pipelines.errors import EnvironmentFaultError, UsageError
from pipelines.exports.history import list_exports
from pipelines.language import mark, say, say_many
from pipelines.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.exports.deltas import Delta
    from pipelines.exports.snapshots import Snapshot


@click.command("export", cls=SpokenCommand)
@click.argument("name", required=False)
@click.option("--audience", help=mark("A segment, or a saved search, for an export that nothing declares."))
@click.option("--fields", help=mark("main (by default), or names of fields with commas between them."))
@click.option("--format", "file_format", type=click.Choice(FILE_FORMATS), help=mark("By default, the file's ending."))
@click.option("--to", "destination", type=click.Path(path_type=Path), help=mark("The file to write."))
@click.option("--since", type=int, help=mark("Tell movements since the export of this number (delta: true)."))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def export_command(
    name: str | None,
    audience: str | None,
    fields: str | None,
    file_format: str | None,
    destination: Path | None,
    since: int | None,
    as_json: bool,
) -> None:
    """Write the declared export NAME, or one given by --audience and --to."""
    if (name is None) == (audience is None):
        raise UsageError(
            say("Name a declared export, or give --audience and --to."), say("carnet export base_totale, for example.")
        )
    if name is not None and (fields or file_format or destination):
        raise UsageError(
            say("--fields, --format and --to go with --audience: a declared export has its own."),
            say("carnet export {name} writes it as declared; for another file, give --audience and --to.", name=name),
        )
    if name is None and since is not None:
        raise UsageError(
            say("--since goes with a declared export."), say("carnet export base_totale --since 12, for example.")
        )
    from pipelines.exports.snapshots import Snapshot

    with watched_workspace() as (workspace, watcher):
        if name is not None:
            run_declared(workspace, name, since)
        else:
            _run_on_demand(workspace, audience or "", fields or "main", file_format, destination)
        done = next((found for found in watcher.results if isinstance(found, Snapshot)), None)
    if done is None:
        raise EnvironmentFaultError(
            say("The export's run ended without a file."), say("The Dagster UI shows why (`make ui`).")
        )
    _print(done, as_json)


def run_declared(workspace: Workspace, name: str, since: int | None) -> None:
    """Write a declared export as a run of Dagster's; the workspace's listener is told of it."""
    export = workspace.declarations.export(name)
    if since is not None:
        from pipelines.exports.kept import Keeping

        # A wrong number is told before a run is made of it.
        Keeping.of(workspace.layout, export.name).since(since)
    from pipelines.orchestration.names import export_job, export_key  # dagster: 1.3 s

    config = {"ops": {export_key(name).to_python_identifier(): {"config": {"since": since or 0}}}}

    # Imports need not wait for the line to somebody else's server.
    run_job(workspace, export_job(name), config=config, hold=export.deliver is None)


def _run_on_demand(
    workspace: Workspace, audience: str, fields: str, file_format: str | None, destination: Path | None
) -> None:
    if destination is None:
        raise UsageError(say("--audience needs --to, the file to write."), say("For example --to clients.csv."))
    ending = destination.suffix.lower().removeprefix(".")
    chosen = file_format or (ending if ending in FILE_FORMATS else None)
    if chosen is None:
        raise UsageError(
            say("The ending of {name!r} names no format.", name=destination.name),
            say("Give --format {most} or {last}.", most=", ".join(FILE_FORMATS[:-1]), last=FILE_FORMATS[-1]),
        )
    to = str(destination.absolute())
    workspace.on_demand(audience, fields, chosen)  # A wrong name is told before a run is made of it.
    config = {"audience": audience, "fields": fields, "format": chosen, "to": to}
    run_job(workspace, "export_on_demand", config={"ops": {"write_export": {"config": config}}})


def _print(snapshot: Snapshot, as_json: bool) -> None:
    if as_json:
        print_json(snapshot.as_json())
        return
    told = say_many(
        "{name}: {n} contacts in {path}",
        "{name}: {n} contacts in {path}",
        snapshot.rows,
        name=snapshot.name,
        path=snapshot.path,
    )
    out().print(told, markup=False)
    out().print(say("Manifest: {path}", path=snapshot.manifest), markup=False)
    if snapshot.delta:
        _print_delta(snapshot.delta)
    if snapshot.delivered_at:
        out().print(say("Delivered to {place}", place=snapshot.deliver_to), markup=False)


def _print_delta(delta: Delta) -> None:
    since = say("since export {number}", number=delta.since) if delta.since else say("the first one")
    told = say(
        "Movements ({since}): {entered} entered, {left} left, {changed} changed in {path}",
        since=since,
        entered=delta.entered,
        left=delta.left,
        changed=delta.changed,
        path=delta.path,
    )
    out().print(told, markup=False)


@click.command("exports", cls=SpokenCommand)
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def exports_command(as_json: bool) -> None:
    """List the exports that were written, newest first."""
    with watched_workspace() as (workspace, _), workspace.published() as connection:
        found = list_exports(connection)
    print_json(found) if as_json else out().print(records(say("Exports"), found))
