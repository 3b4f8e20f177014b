"""`carnet lake`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.asking import SpokenCommand
from pipelines.cli.output import out, print_json, table
from pipelines.cli.running import run_job, tell_uncounted, watched_workspace
from pipelines.errors import UsageError
from pipelines.language import mark, say, say_many
from pipelines.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.lake.status import LakeStatus


@click.command("lake", cls=SpokenCommand)
@click.argument("action", required=False, type=click.Choice(["publish", "take"]))
@click.option("--compact", "compacted", is_flag=True, help=mark("Put old parts together, let go of old publications."))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def lake_command(action: str | None, compacted: bool, as_json: bool) -> None:
    """Say what the lake holds and what runs where; with publish, bring it up to the base as every run does.

    With take, import what is new at the sources of events that go into the lake.
    """
    if action and compacted:
        said = say("`{action}` and --compact are two things.", action=action)
        raise UsageError(said, say("--compact publishes too."))
    if action == "take":
        _take(as_json)
        return
    with watched_workspace() as (workspace, _):
        if not action and not compacted:
            from pipelines.lake.status import status

            found = status(workspace.declarations.base, workspace.layout)
            print_json(found.as_json()) if as_json else _show(found)
            return
        done = _tidied(workspace) if compacted else _published(workspace)
    print_json(done[0]) if as_json else out().print(done[1], markup=False)


def _take(as_json: bool) -> None:
    """Every source taken, each by its job; what came of each piece."""
    with watched_workspace(judge=True) as (workspace, watcher):
        sources = [each.name for each in workspace.declarations.event_imports if each.source]
        if not sources:
            raise UsageError(
                say("No event import declares a source."),
                say("Write `into: lake` and `source: …` in one (docs/lake.md)."),
            )
        from pipelines.cli.imports import show
        from pipelines.imports.results import ImportResult
        from pipelines.orchestration.names import source_job  # dagster, 1.3 s: after the judge was started

        for name in sources:
            run_job(workspace, source_job(name))
        tell_uncounted(watcher.results)
    taken = [each for each in watcher.results if isinstance(each, ImportResult)]
    if as_json:
        print_json([each.as_json() for each in taken])
        return
    for each in taken:
        show(each)
    if not taken:
        out().print(say("Nothing is new at the sources."), markup=False)


def _published(workspace: Workspace) -> tuple[dict[str, Any], str]:
    """The lake brought up to the base: as JSON, and for people."""
    workspace.publish()
    done = workspace.publish_lake()
    return done.as_json(), say("Generation {generation} is published in the lake.", generation=done.generation)


def _tidied(workspace: Workspace) -> tuple[dict[str, Any], str]:
    """The lake compacted: as JSON, and for people."""
    done = workspace.compact_lake()
    told = say(
        "{publications} former publications and {files} files are gone.",
        publications=done.publications,
        files=done.files,
    )
    return done.as_json(), told


def _show(found: LakeStatus) -> None:
    out().print(
        say("The lake: {catalog} catalogue, {warehouse}", catalog=found.catalog, warehouse=found.warehouse),
        markup=False,
    )
    if found.is_behind:
        out().print(
            say("The published copy is newer: the next run publishes it, or `carnet lake publish`."), markup=False
        )
    if found.held_events:
        told = say_many(
            "{n:,} event of the base is held in the lake alone.",
            "{n:,} events of the base are held in the lake alone.",
            found.held_events,
        )
        out().print(told, markup=False)
    rows = [(each.mark.generation, each.published_at) for each in found.publications]
    out().print(table(say("Publications"), [say("generation"), say("published")], rows))
    out().print(
        table(
            say("What runs where"),
            [say("what"), say("where")],
            [(say(what), where) for what, where in found.runs.items()],
        )
    )
