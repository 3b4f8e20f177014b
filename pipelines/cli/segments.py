"""`carnet segments`, `carnet search`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from pipelines.cli.listing import LIMIT, print_contacts
from pipelines.cli.output import out, print_json, records
from pipelines.cli.running import run_job, watched_workspace
from pipelines.declarations.loading import load_condition
from pipelines.declarations.model import Declarations, Group
from pipelines.errors import UsageError
from pipelines.segments.counting import SegmentCount, listing
from pipelines.segments.querying import Found, members, search
from pipelines.workspace import Workspace


@click.command("segments")
@click.argument("name", required=False)
@click.option("--refresh", is_flag=True, help="Count all segments first.")
@click.option("--all", "everybody", is_flag=True, help="List contacts that set « do not track » too (SEG-9).")
@click.option("--limit", default=LIMIT, show_default=True, help="How many contacts to list; 0: all.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def segments_command(name: str | None, refresh: bool, everybody: bool, limit: int, as_json: bool) -> None:
    """List the segments with their counts, or the contacts of the segment NAME."""
    with watched_workspace() as (workspace, _):
        declared = workspace.declarations
        if name is not None:
            declared.segment(name)
        if refresh:
            _refresh(workspace)
        with workspace.store.read() as connection:
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


@click.command("search")
@click.argument("source")
@click.option("--count", "only_count", is_flag=True, help="Say how many, and list nobody.")
@click.option("--limit", default=LIMIT, show_default=True, help="How many contacts to list; 0: all.")
@click.option("--all", "everybody", is_flag=True, help="List contacts that set « do not track » too (SEG-9).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def search_command(source: str, only_count: bool, limit: int, everybody: bool, as_json: bool) -> None:
    """Find the contacts that satisfy the criteria of SOURCE: a YAML file, or - for standard input.

    The YAML holds `match:` and `criteria:`, as a segment's does.
    """
    with watched_workspace() as (workspace, _):
        group = _condition(source, workspace.declarations)
        with workspace.store.read() as connection:
            # One row is read where only the count is wanted: a limit of 0 would list everybody.
            found = search(connection, group, workspace.declarations, 1 if only_count else limit, everybody=everybody)
    if only_count:
        _print_count(found, as_json)
    else:
        print_contacts(found, workspace.declarations.base, as_json=as_json)


def _condition(source: str, declarations: Declarations) -> Group:
    if source == "-":
        return load_condition(sys.stdin.read(), Path("<standard input>"), declarations)
    path = Path(source)
    try:
        return load_condition(path.read_text(encoding="utf-8-sig"), path, declarations)
    except FileNotFoundError as error:
        raise UsageError(
            f"There is no file {source!r}.", "Give a YAML file with `match:` and `criteria:`, or -."
        ) from error
    except (IsADirectoryError, UnicodeDecodeError) as error:
        raise UsageError(f"{source!r} is no YAML file in UTF-8.", "Give a YAML file with `criteria:`, or -.") from error


def _print_count(found: Found, as_json: bool) -> None:
    if as_json:
        print_json({"count": found.count, "left_out": found.left_out, "contacts": []})
    else:
        out().print(f"{found.count} contacts.")
