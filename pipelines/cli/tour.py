"""The tour that `make run` gives: the sample files through the commands that people use, each shown before it runs.

Belongs here: which commands, and which exit code each should end with. Does not: what a command does.
"""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from pipelines.base.statements import statement
from pipelines.cli.main import run
from pipelines.cli.output import err, out
from pipelines.errors import RefusedError
from pipelines.language import mark, say
from pipelines.layout import ROOT, Layout
from pipelines.speaking import speak_with_the_operator

SAMPLES = ROOT / "data" / "samples"
EVENTS = ("events-2026-11.ndjson", "sms-2026-11.csv", "form-2026-11.csv", "web-2026-11.ndjson")
COUNTS = (
    "SELECT count(*) AS contacts, count(mobile) AS with_mobile, count_if(opt_in_email = 'yes') AS subscribed, "
    "count(interests) AS with_interests FROM contacts"
)


@dataclass(frozen=True)
class Stop:
    """One stop of the tour: why it is made, the command, the exit code that it should end with."""

    why: str
    arguments: tuple[str, ...]
    expected: int = 0


def stops() -> tuple[Stop, ...]:
    """The tour, in order."""
    newsletter, crm = _shown(SAMPLES / "newsletter-2026-11.csv"), _shown(SAMPLES / "crm-2026-11.txt")
    refused = _shown(SAMPLES / "refused" / "newsletter-windows-1252.csv")
    events = {name: _shown(SAMPLES / "events" / name) for name in EVENTS}
    return (
        Stop(mark("Newsletter sign-ups: a CSV with accents, duplicates and X columns."), ("import", newsletter)),
        Stop(
            mark("The shop's CRM: a tab-separated TXT; contacts that are known already are updated."), ("import", crm)
        ),
        Stop(
            mark("A file in Windows-1252: refused, with the reason and a mended copy."),
            ("import", refused),
            RefusedError.exit_code,
        ),
        Stop(
            mark("What the e-mailing platform says of its campaigns: states and consents follow."),
            ("import", events[EVENTS[0]]),
        ),
        Stop(mark("Delivery reports of an SMS campaign."), ("import", events[EVENTS[1]])),
        Stop(
            mark("Who said stop, and whose address proved bad: what these events changed, and by which operation."),
            ("sql", _query("contacts/moved")),
        ),
        Stop(mark("Answers to a form."), ("import", events[EVENTS[2]])),
        Stop(mark("Pages seen."), ("import", events[EVENTS[3]])),
        Stop(mark("What became of each operation."), ("operations",)),
        Stop(mark("How active the contacts are; a schedule computes it every night."), ("activity", "--refresh")),
        Stop(mark("A snapshot file of everybody."), ("export", "base_totale")),
        Stop(mark("What was imported."), ("imports",)),
        Stop(mark("The segments."), ("segments",)),
        Stop(mark("The base, in SQL."), ("sql", COUNTS)),
    )


def main() -> int:
    """Make every stop; 0 where each ended as it should, otherwise 1 at the first that did not."""
    speak_with_the_operator()
    for stop in stops():
        out().print(f"\n{say(stop.why)}", style="bold", markup=False)
        out().print(f"$ carnet {' '.join(map(_quoted, stop.arguments))}", style="cyan", markup=False)
        code = run(list(stop.arguments))
        if code != stop.expected:
            told = say(
                "The tour ends here: exit code {code}, where {expected} was expected.",
                code=code,
                expected=stop.expected,
            )
            err().print(told, style="red")
            return 1
    out().print(_farewell(Layout.from_environment()), markup=False)
    return 0


def _query(name: str) -> str:
    """The statement as one would type it: without the line that says what it yields."""
    return statement(name).partition("\n")[2].strip()


def _farewell(layout: Layout) -> str:
    exported, published = _shown(layout.exports / "base_totale.csv"), _shown(layout.published)
    dropped = say("make ui     then drop files in {folder}", folder=f"{_shown(layout.inbox)}/newsletter/")
    listed = (
        (say("The export"), exported),
        (say("The Dagster UI"), dropped),
        (say("The base, in SQL"), '.venv/bin/carnet sql "SELECT * FROM segments.paris_perle"'),
        ("", f"duckdb {shlex.quote(published)}"),
        (say("What exists"), say("assets/*/defs.yaml: fields, imports of contacts and events, segments, exports")),
        (say("How to"), "docs/"),
    )
    return "\n".join((f"\n{say('Where to go from here')}", *(f"  {what:<18}{where}" for what, where in listed)))


def _quoted(argument: str) -> str:
    """An argument as one would type it; SQL, which is full of single quotes, in double ones."""
    plain = " " in argument and not set(argument) & set('"$`\\!')
    return f'"{argument}"' if plain else shlex.quote(argument)


def _shown(path: Path) -> str:
    """A path as one would type it here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


if __name__ == "__main__":
    sys.exit(main())
