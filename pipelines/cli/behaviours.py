"""`carnet operations`, `carnet activity`."""

from __future__ import annotations

import click

from pipelines.behaviours.activity import DEGREES, Distribution, distribution
from pipelines.behaviours.operations import Report
from pipelines.cli.asking import SpokenCommand
from pipelines.cli.listing import limit_option, print_contacts
from pipelines.cli.output import heading, out, print_json, records, table
from pipelines.cli.running import run_job, tell_uncounted, watched_workspace
from pipelines.declarations.events import RETURNS
from pipelines.declarations.model import Activity
from pipelines.errors import UsageError
from pipelines.language import mark, number, say, say_many, words
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


@click.command("operations", cls=SpokenCommand)
@click.argument("name", required=False)
@click.option("--figure", help=mark("List the contacts of this figure of NAME, such as clicked or bad_alias."))
@click.option("--all", "everybody", is_flag=True, help=mark("List contacts that set « do not track » too (SEG-9)."))
@limit_option
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def operations_command(name: str | None, figure: str | None, everybody: bool, limit: int, as_json: bool) -> None:
    """Report on the operations, newest first, or on NAME; --figure lists who is behind one of its figures.

    Every figure counts distinct contacts.
    """
    if name is None and figure is not None:
        raise UsageError(
            say("--figure lists the contacts of one operation: name it."),
            say("carnet operations NAME --figure clicked"),
        )
    with watched_workspace() as (workspace, _), workspace.answers(()) as answers:
        if name is not None and figure is not None:
            found = answers.figure(name, figure, limit, everybody=everybody)
            print_contacts(found, workspace.declarations.base, as_json=as_json)
            if found.gone and not as_json:
                out().print(
                    say_many("{n} more are no longer in the base.", "{n} more are no longer in the base.", found.gone)
                )
            return
        told = answers.reports(name)
    if as_json:
        print_json([report.as_json() for report in told])
    elif name is None:
        out().print(records(say("Operations"), [_in_short(report) for report in told]))
    else:
        for report in told:
            _print_report(report)


def _in_short(report: Report) -> dict[str, object]:
    shown = {figure: _with_rate(report, figure) for figure in _IN_SHORT}
    return {"operation": report.operation, "channel": report.channel, "started_at": report.started_at, **shown}


def _with_rate(report: Report, figure: str) -> str:
    count, share = number(report.figures[figure]), _percent(report.rate(figure))
    return f"{count} ({share})" if share else count


def _print_report(report: Report) -> None:
    """One operation, a line a figure."""
    rows = [(_named(figure), number(count), _percent(report.rate(figure))) for figure, count in report.happened.items()]
    title = (
        say(
            "{operation} ({channel}, since {at:%Y-%m-%d %H:%M} UTC)",
            operation=report.operation,
            channel=report.channel,
            at=report.started_at,
        )
        if report.started_at
        else f"{report.operation} ({report.channel})"
    )
    out().print(table(title, (say("figure"), say("contacts"), say("rate")), rows))


def _named(figure: str) -> str:
    """The figure in the language, with the name that --figure takes where that is another; a return is a code."""
    said = figure if figure in RETURNS else heading(figure)
    return said if said == figure else f"{said} ({figure})"


def _percent(share: float | None) -> str | None:
    return None if share is None else number(share, ".1%")


@click.command("activity", cls=SpokenCommand)
@click.option("--refresh", is_flag=True, help=mark("Compute the activity of all contacts first."))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def activity_command(refresh: bool, as_json: bool) -> None:
    """How active the contacts are: how many have each degree, how many are active, as last computed."""
    with watched_workspace() as (workspace, watcher):
        if refresh:
            _refresh(workspace)
            tell_uncounted(watcher.results)
        with workspace.published() as connection:
            found = distribution(connection)
        rules = workspace.declarations.base.activity
    print_json(found.as_json()) if as_json else _print_activity(found, rules)


def _refresh(workspace: Workspace) -> None:
    from pipelines.orchestration.names import REFRESH_ACTIVITY  # dagster: 1.3 s

    run_job(workspace, REFRESH_ACTIVITY)


def _print_activity(found: Distribution, rules: Activity) -> None:
    if found.computed_at is None:
        out().print(say("Activity was never computed: `carnet activity --refresh` does so."))
        return
    rows = [(degree, words(DEGREES[degree]), count, _share(count, found)) for degree, count in found.degrees.items()]
    days = say("active days in {days}", days=rules.window_days)
    title = say("Activity, computed at {at:%Y-%m-%d %H:%M} UTC", at=found.computed_at)
    out().print(table(title, (say("degree"), days, say("contacts"), say("share")), rows))
    out().print(
        say(
            "{active:,} active (something done within {days} days), {inactive:,} inactive.",
            active=found.active,
            days=rules.active_within_days,
            inactive=found.inactive,
        )
    )
    if found.not_computed:
        told = say_many(
            "{n:,} contacts came since: they have no degree yet, and count as inactive.",
            "{n:,} contacts came since: they have no degree yet, and count as inactive.",
            found.not_computed,
        )
        out().print(told)


def _share(count: int, found: Distribution) -> str:
    return number(count / found.contacts, ".1%") if found.contacts else ""
