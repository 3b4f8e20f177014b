"""`carnet purge`, `carnet retention`, `carnet duplicates`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from pipelines.cli.asking import SpokenCommand
from pipelines.cli.output import contacts_table, err, out, print_json
from pipelines.cli.running import run_job, watched_workspace
from pipelines.errors import EnvironmentFaultError, UsageError
from pipelines.language import mark, say, say_many

if TYPE_CHECKING:
    from pipelines.upkeep.retention import Retained


@click.command("purge", cls=SpokenCommand)
@click.argument("audience")
@click.option("--yes", is_flag=True, help=mark("Do not ask."))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def purge_command(audience: str, yes: bool, as_json: bool) -> None:
    """Delete the contacts of AUDIENCE, a segment or a saved search, once an archive holds them."""
    with watched_workspace() as (workspace, watcher):
        count = workspace.count(audience)
        if not yes:
            if as_json or not sys.stdin.isatty():
                raise UsageError(
                    say_many(
                        "{n} contacts of {audience!r} would be deleted.",
                        "{n} contacts of {audience!r} would be deleted.",
                        count,
                        audience=audience,
                    ),
                    say("Add --yes where nobody can be asked."),
                )
            watcher.stop()
            asked = say_many(
                "Delete the {n:,} contacts of {audience!r}? An archive is written first.",
                "Delete the {n:,} contacts of {audience!r}? An archive is written first.",
                count,
                audience=audience,
            )
            click.confirm(asked, abort=True)
        from pipelines.upkeep.purging import Purged

        config = {"purge_audience": {"config": {"audience": audience, "meant": True}}}
        run_job(workspace, "purge", config={"ops": config})
        done = next((found for found in watcher.results if isinstance(found, Purged)), None)
    if done is None:
        raise EnvironmentFaultError(
            say("The purge ended without a word."), say("The Dagster UI shows why (`make ui`).")
        )
    if as_json:
        print_json(done.as_json())
        return
    told = say_many(
        "{n} contacts deleted; {archive} holds them.",
        "{n} contacts deleted; {archive} holds them.",
        done.deleted,
        archive=done.archive,
    )
    out().print(told, markup=False)
    out().print(say("`carnet undo {import_id}` takes it back.", import_id=done.import_id), markup=False)


@click.command("retention", cls=SpokenCommand)
@click.option(
    "--apply", "applied", is_flag=True, help=mark("Notice who is to be purged, and purge whose notice is over.")
)
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def retention_command(applied: bool, as_json: bool) -> None:
    """Say who was inactive for as long as the base's retention says; with --apply, as every night, act on it."""
    from pipelines.orchestration.names import RETENTION
    from pipelines.upkeep.retention import Retained, look, required

    with watched_workspace() as (workspace, watcher):
        retention = required(workspace.declarations.base)
        if applied:
            run_job(workspace, RETENTION)
            found = next(each for each in watcher.results if isinstance(each, Retained))
        else:
            workspace.refresh_segments(names=("to_purge",), force=True)
            workspace.publish()
            with workspace.published() as connection:
                found = look(connection)
    if as_json:
        print_json(found.as_json())
    else:
        for line in _told(found, retention.inactive_years, applied=applied):
            out().print(line, markup=False)


def _told(found: Retained, years: int, *, applied: bool) -> Iterator[str]:
    """What a look at the retention found, or did."""
    yield say_many(
        "{n} contacts were neither active nor touched for {years} years: the segment to_purge.",
        "{n} contacts were neither active nor touched for {years} years: the segment to_purge.",
        found.to_purge,
        years=years,
    )
    if applied:
        yield say_many("{n} of them were noticed now.", "{n} of them were noticed now.", found.noticed)
    else:
        yield say_many(
            "{n} of them are not noticed yet: --apply does that, every night or at once.",
            "{n} of them are not noticed yet: --apply does that, every night or at once.",
            found.noticed,
        )
    if found.purged:
        yield say_many(
            "{n} contacts purged; {archive} holds them, and `carnet undo {import_id}` takes it back.",
            "{n} contacts purged; {archive} holds them, and `carnet undo {import_id}` takes it back.",
            found.purged.deleted,
            archive=found.purged.archive,
            import_id=found.purged.import_id,
        )


@click.command("duplicates", cls=SpokenCommand)
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def duplicates_command(as_json: bool) -> None:
    """List contacts that may be one person under different keys, with the reason; nothing is merged by itself."""
    from pipelines.upkeep.duplicates import find_duplicates

    with watched_workspace() as (workspace, _), workspace.published() as connection:
        found = find_duplicates(connection, workspace.declarations.base)
    if as_json:
        print_json(found)
        return
    for group in found:
        out().print(contacts_table(say(group["reason"]), group["contacts"]))
    if not found:
        out().print(say("No two contacts look like one person."))
    else:
        err().print(say("`carnet contact merge KEEP OTHER` unites two; `carnet undo` takes that back."), markup=False)
