"""`carnet operations`, `carnet activity`."""

from __future__ import annotations

import click

from pipelines.behaviours.activity import DEGREES, Distribution, distribution
from pipelines.behaviours.operations import Report, figure_contacts, reports
from pipelines.cli.listing import limit_option, print_contacts
from pipelines.cli.output import out, print_json, records, table
from pipelines.cli.running import run_job, tell_uncounted, watched_workspace
from pipelines.declarations.model import Activity
from pipelines.errors import UsageError
from pipelines.workspace import Workspace

_IN_SHORT = (
    "recipients",
    "delivered",
    "opened",
    "clicked",
    "submitted_form",
    "converted",
    "unsubscribed",
    "complained",
    "bounced",
    "visited",
)


@click.command("operations")
@click.argument("name", required=False)
@click.option("--figure", help="List the contacts of this figure of NAME, such as clicked or bad_alias.")
@click.option("--all", "everybody", is_flag=True, help="List contacts that set « do not track » too (SEG-9).")
@limit_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def operations_command(name: str | None, figure: str | None, everybody: bool, limit: int, as_json: bool) -> None:
    """Report on the operations, newest first, or on NAME; --figure lists who is behind one of its figures.

    Every figure counts distinct contacts.
    """
    if name is None and figure is not None:
        raise UsageError(
            "--figure lists the contacts of one operation: name it.", "carnet operations NAME --figure clicked"
        )
    with watched_workspace() as (workspace, _), workspace.store.read() as connection:
        if name is not None and figure is not None:
            found = figure_contacts(connection, name, figure, limit, everybody=everybody)
            print_contacts(found, workspace.declarations.base, as_json=as_json)
            if found.gone and not as_json:
                out().print(f"{found.gone} more are no longer in the base.")
            return
        told = reports(connection, name)
    if as_json:
        print_json([report.as_json() for report in told])
    elif name is None:
        out().print(records("Operations", [_in_short(report) for report in told]))
    else:
        for report in told:
            _print_report(report)


def _in_short(report: Report) -> dict[str, object]:
    shown = {figure: _with_rate(report, figure) for figure in _IN_SHORT}
    return {"operation": report.operation, "channel": report.channel, "started_at": report.started_at, **shown}


def _with_rate(report: Report, figure: str) -> str:
    count, share = f"{report.figures[figure]:,}", _percent(report.rate(figure))
    return f"{count} ({share})" if share else count


def _print_report(report: Report) -> None:
    """One operation, a line a figure."""
    rows = [(figure, f"{count:,}", _percent(report.rate(figure))) for figure, count in report.happened.items()]
    started = f", since {report.started_at:%Y-%m-%d %H:%M} UTC" if report.started_at else ""
    out().print(table(f"{report.operation} ({report.channel}{started})", ("figure", "contacts", "rate"), rows))


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.1%}"


@click.command("activity")
@click.option("--refresh", is_flag=True, help="Compute the activity of all contacts first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def activity_command(refresh: bool, as_json: bool) -> None:
    """How active the contacts are: how many have each degree, how many are active, as last computed."""
    with watched_workspace() as (workspace, watcher):
        if refresh:
            _refresh(workspace)
            tell_uncounted(watcher.results)
        with workspace.store.read() as connection:
            found = distribution(connection)
        rules = workspace.declarations.base.activity
    print_json(found.as_json()) if as_json else _print_activity(found, rules)


def _refresh(workspace: Workspace) -> None:
    from pipelines.orchestration.names import REFRESH_ACTIVITY  # dagster: 1.3 s

    run_job(workspace, REFRESH_ACTIVITY)


def _print_activity(found: Distribution, rules: Activity) -> None:
    if found.computed_at is None:
        out().print("Activity was never computed: `carnet activity --refresh` does so.")
        return
    rows = [(degree, DEGREES[degree], count, _share(count, found)) for degree, count in found.degrees.items()]
    columns = ("degree", f"active days in {rules.window_days}", "contacts", "share")
    out().print(table(f"Activity, computed at {found.computed_at:%Y-%m-%d %H:%M} UTC", columns, rows))
    out().print(
        f"{found.active:,} active (something done within {rules.active_within_days} days), {found.inactive:,} inactive."
    )
    if found.not_computed:
        out().print(f"{found.not_computed:,} contacts came since: they have no degree yet, and count as inactive.")


def _share(count: int, found: Distribution) -> str:
    return f"{count / found.contacts:.1%}" if found.contacts else ""
