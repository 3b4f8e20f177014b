"""`carnet segments`."""

from __future__ import annotations

from dataclasses import asdict

import click

from pipelines.cli.listing import limit_option, print_contacts
from pipelines.cli.output import out, print_json, records
from pipelines.cli.running import require_counted, run_job, watched_workspace
from pipelines.segments.counting import SegmentCount, listing
from pipelines.segments.querying import members
from pipelines.workspace import Workspace


@click.command("segments")
@click.argument("name", required=False)
@click.option("--refresh", is_flag=True, help="Count all segments first.")
@click.option("--all", "everybody", is_flag=True, help="List contacts that set « do not track » too (SEG-9).")
@limit_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def segments_command(name: str | None, refresh: bool, everybody: bool, limit: int, as_json: bool) -> None:
    """List the segments with their counts, or the contacts of the segment NAME."""
    with watched_workspace() as (workspace, watcher):
        declared = workspace.declarations
        if name is not None:
            declared.segment(name)
        if refresh:
            _refresh(workspace)
            require_counted(watcher.results)
        with workspace.read(None if name is None else (name,)) as connection:
            if name is not None:
                found = members(connection, name, limit, everybody=everybody)
                print_contacts(found, declared.base, as_json=as_json)
            else:
                _print_counts(listing(connection, declared), as_json)


def _refresh(workspace: Workspace) -> None:
    from pipelines.orchestration.names import REFRESH_SEGMENTS  # dagster: 1.3 s

    run_job(workspace, REFRESH_SEGMENTS, config={"ops": {"segments": {"config": {"force": True}}}})


def _print_counts(counts: list[SegmentCount], as_json: bool) -> None:
    rows = [asdict(count) for count in counts]
    print_json(rows) if as_json else out().print(records("Segments", rows))
