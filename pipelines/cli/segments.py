"""`carnet segments`."""

from __future__ import annotations

from dataclasses import asdict

import click

from pipelines.cli.asking import SpokenCommand
from pipelines.cli.listing import limit_option, print_contacts
from pipelines.cli.output import out, print_json, records
from pipelines.cli.running import require_counted, run_job, watched_workspace
from pipelines.language import mark, say
from pipelines.segments.listing import SegmentCount, listing
from pipelines.workspace import Workspace


@click.command("segments", cls=SpokenCommand)
@click.argument("name", required=False)
@click.option("--refresh", is_flag=True, help=mark("Count all segments first."))
@click.option("--all", "everybody", is_flag=True, help=mark("List contacts that set « do not track » too (SEG-9)."))
@limit_option
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def segments_command(name: str | None, refresh: bool, everybody: bool, limit: int, as_json: bool) -> None:
    """List the segments with their counts, or the contacts of the segment NAME."""
    with watched_workspace() as (workspace, watcher):
        declared = workspace.declarations
        if name is not None:
            declared.segment(name)
        if refresh:
            _refresh(workspace)
            require_counted(watcher.results)
        if name is not None:
            with workspace.answers((name,)) as answers:
                print_contacts(answers.members(name, limit, everybody=everybody), declared.base, as_json=as_json)
        else:
            with workspace.read() as connection:
                _print_counts(listing(connection, declared), as_json)


def _refresh(workspace: Workspace) -> None:
    from pipelines.orchestration.names import REFRESH_SEGMENTS  # dagster: 1.3 s

    run_job(workspace, REFRESH_SEGMENTS, config={"ops": {"segments": {"config": {"force": True}}}})


def _print_counts(counts: list[SegmentCount], as_json: bool) -> None:
    rows = [asdict(count) for count in counts]
    print_json(rows) if as_json else out().print(records(say("Segments"), rows))
