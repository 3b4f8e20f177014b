"""The page of the base (SRV-3): figures, plots and words put together. It holds all that it shows: no script, no outside host.

Belongs here: what the page says, in the order in which it says it. Does not: its look (`page.html`), its numbers (`figures`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.language import Locale, number, say, speaking
from pipelines.pictures import plots
from pipelines.pictures.figures import STEPS, Figures, Row


@dataclass(frozen=True)
class _Section:
    """A plot with its numbers below, folded; without one the numbers stand open; with neither, `note` says why.

    `legend`: what the colours of the plot stand for, in their order.
    """

    title: str
    note: str
    plot: str = ""
    legend: Sequence[str] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def page(figures: Figures, *, locale: Locale, timezone: str, checks: str) -> str:
    """The page as HTML, in the base's language, instants in `timezone`; `checks`: where the pages of the last imports lie."""
    # 0.05 s: only who draws pays for it.
    from jinja2 import Environment

    template = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    with speaking(locale):
        instant = _instants(locale, timezone)
        return (
            Environment(autoescape=True)
            .from_string(template)
            .render(
                locale=locale,
                title=say("The base in pictures"),
                subtitle=say("As it stood on {instant}.", instant=instant(figures.at)),
                links=[(checks, say("Checks of the last imports"))],
                headline=_headline(figures),
                sections=(
                    _growth(figures, locale),
                    _reachable(figures),
                    _imports(figures, instant),
                    _rejections(figures),
                    _segments(figures),
                    _operations(figures),
                ),
                in_numbers=say("In numbers"),
            )
        )


def _headline(figures: Figures) -> list[tuple[str, str]]:
    return [
        (say("Contacts"), _whole(figures.contacts)),
        (say("Reachable by e-mail"), _whole(figures.standings["email"].get("reachable", 0))),
        (say("Reachable by SMS"), _whole(figures.standings["sms"].get("reachable", 0))),
        (say("Segments"), _whole(len(figures.segments))),
    ]


def _growth(figures: Figures, locale: Locale) -> _Section:
    title = say("Contacts over time")
    names = {
        "all_contacts": say("All contacts"),
        "email_reachable": say("Reachable by e-mail"),
        "sms_reachable": say("Reachable by SMS"),
    }
    series = {words: figures.growth[name] for name, words in names.items() if name in figures.growth}
    if not series:
        return _Section(title, say("Nothing was counted yet: the first import counts."))
    shown = _days(locale)
    days = sorted({day for points in series.values() for day, _ in points}, reverse=True)
    by_day = [dict(points) for points in series.values()]
    rows = [
        [day.strftime("%d/%m/%Y" if locale == "fr" else "%Y-%m-%d"), *(_or_none(each.get(day)) for each in by_day)]
        for day in days[:60]
    ]
    note = say("The last count of each day.")
    return _Section(title, note, plots.lines(series, _whole, shown), list(series), [say("Day"), *series], rows)


def _reachable(figures: Figures) -> _Section:
    standings = {
        "reachable": say("Reachable"),
        "unsubscribed": say("Unsubscribed"),
        "orange_list": say("Orange list"),
        "suppression_list": say("Suppression list"),
        "no_consent": say("No consent given"),
        "hard": say("Bad address"),
        "no_address": say("No address"),
    }
    channels = {"email": say("E-mail"), "sms": say("SMS")}
    counts = {words: [figures.standings[each].get(name, 0) for each in channels] for name, words in standings.items()}
    rows = [[words, *map(_whole, values)] for words, values in counts.items()]
    return _Section(
        say("Who can be reached"),
        say("By channel: contacts that may be written to, and of the others the first reason why not."),
        plots.bars(list(channels.values()), counts, _whole) if figures.contacts else "",
        list(counts),
        [say("Standing"), *channels.values()],
        rows,
    )


def _imports(figures: Figures, instant: Callable[[datetime], str]) -> _Section:
    title = say("Imports")
    if not figures.imports:
        return _Section(title, say("No file was imported yet."))
    outcomes = {
        "inserted": say("Added"),
        "updated": say("Updated"),
        "unchanged": say("Unchanged"),
        "deleted": say("Deleted"),
        "rejected": say("Rejected"),
    }
    labels = [f"{row['import_id']} · {row['name']}" for row in figures.imports]
    counts = {words: [_of_imported(row, name) for row in figures.imports] for name, words in outcomes.items()}
    statuses = {"imported": say("imported"), "refused": say("refused")}
    rows = [
        [
            label,
            instant(row["started_at"]),
            statuses[row["status"]],
            *(_whole(row[name]) for name in ("rows", *outcomes)),
        ]
        for label, row in zip(labels, figures.imports, strict=True)
    ]
    return _Section(
        title,
        say("The last files, newest first, and what became of their rows. A refused file changed nothing."),
        plots.bars(labels, counts, _whole),
        list(counts),
        [say("Import"), say("Begun"), say("Status"), say("Rows"), *outcomes.values()],
        rows,
    )


def _of_imported(row: Row, outcome: str) -> int:
    return row[outcome] if row["status"] == "imported" else 0


def _rejections(figures: Figures) -> _Section:
    title = say("Why rows were rejected")
    if not figures.rejections:
        return _Section(title, say("No row was rejected in the last 90 days."))
    rows = [[reason, _whole(count)] for reason, count in figures.rejections.items()]
    note = say("In the last 90 days, by reason. A row that has several counts for each.")
    return _Section(title, note, head=[say("Reason"), say("Rows")], rows=rows)


def _segments(figures: Figures) -> _Section:
    title = say("Segments")
    if not figures.segments:
        return _Section(title, say("Nothing was counted yet: the first import counts."))
    labels = [row["label"] for row in figures.segments]
    counts = [row["contacts"] for row in figures.segments]
    words = say("Contacts")
    plot = plots.bars(labels, {words: counts}, _whole)
    rows = [[row["label"], row["segment"], _whole(row["contacts"])] for row in figures.segments]
    return _Section(title, say("How many contacts each holds."), plot, [], [say("Segment"), say("Name"), words], rows)


def _operations(figures: Figures) -> _Section:
    title = say("Operations")
    if not figures.operations:
        return _Section(title, say("No event of an operation was imported yet."))
    steps = dict(
        zip(
            STEPS,
            (say("Recipients"), say("Delivered"), say("Opened"), say("Clicked"), say("Converted")),
            strict=True,
        )
    )
    sent = {_operation(row): row for row in figures.operations if row["recipients"]}
    counts = {words: [row[name] for row in sent.values()] for name, words in steps.items()}
    rows = [[_operation(row), *(_whole(row[name]) for name in (*STEPS, "unsubscribed"))] for row in figures.operations]
    return _Section(
        title,
        say("The last ones, newest first, each as a funnel: how many contacts got so far."),
        plots.bars(list(sent), counts, _whole, stacked=False) if sent else "",
        list(counts),
        [say("Operation"), *steps.values(), say("Unsubscribed")],
        rows,
    )


def _operation(row: Row) -> str:
    return f"{row['operation']} ({row['channel']})"


def _or_none(count: int | None) -> str:
    return "" if count is None else _whole(count)


def _whole(value: float) -> str:
    return number(value, ",.0f")


def _days(locale: Locale) -> Callable[[date], str]:
    return lambda day: day.strftime("%d/%m/%Y" if locale == "fr" else "%Y-%m-%d")


def _instants(locale: Locale, timezone: str) -> Callable[[datetime], str]:
    zone, pattern = ZoneInfo(timezone), "%d/%m/%Y %H:%M" if locale == "fr" else "%Y-%m-%d %H:%M"
    return lambda instant: instant.astimezone(zone).strftime(pattern)
