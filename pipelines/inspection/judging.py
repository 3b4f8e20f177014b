"""The verdict of every file rule on many files at once, and what the failed ones say of each (IMP-2, IMP-18)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from expectations.judge import Judge
from expectations.verdicts import Verdict
from pipelines.files.file_problems import file_problems
from pipelines.files.kinds import TEXT
from pipelines.files.problems import Problem, problems_frame
from pipelines.files.profiles import FileProfile, measures
from pipelines.inspection.answers import Inspection
from pipelines.inspection.placing import Placed
from pipelines.language import say

_OWN_RULES = ("title_lines", "no_header")
"""Rules that only an inspection asks; what the others say is said to imports too."""


@dataclass(frozen=True)
class Draft:
    """An answer before the file was judged, and what it is judged by; `profile` None: it could not be opened.

    `mapping_problems`: what an import under the proposed model would say of its columns. `events`: it is a file of events, which
    may be JSON and of any size.
    """

    answer: Inspection
    profile: FileProfile | None = None
    placed: Placed | None = None
    mapping_problems: pl.DataFrame = field(default_factory=problems_frame)
    events: bool = False


def verdicts_on(drafts: Sequence[Draft], judge: Judge, options: dict[str, int | str]) -> Iterator[tuple[Verdict, ...]]:
    """The verdicts on each file, as if it had been judged alone; one question to the judge for all."""
    rows = [_measures(draft) for draft in drafts]
    names = dict.fromkeys(name for row in rows for name in row)
    judged = judge.judge("files", {name: [row.get(name) for row in rows] for name in names}, options) if names else ()
    failed = {verdict.rule: frozenset(verdict.rows) for verdict in judged if not verdict.passed}
    for position, _ in enumerate(rows):
        yield tuple(replace(each, passed=position not in failed.get(each.rule, ())) for each in judged)


def _measures(draft: Draft) -> dict[str, int | str | None]:
    if draft.profile is None:
        return {}
    row: dict[str, int | str | None] = {}
    if draft.placed is not None:
        row |= {"title_lines": len(draft.placed.titles), "no_header": int(draft.placed.invented)}
    row |= {name: value for name, [value] in measures(draft.profile).items()}
    if draft.events:
        # An EventImport takes JSON, of any size.
        row = {name: value for name, value in row.items() if name != "size"} | {"kind": TEXT.name}
    return row


def problems_of(draft: Draft, verdicts: Sequence[Verdict]) -> pl.DataFrame:
    """What the rules say of the file, and what an import would say of its columns where they do not refuse it."""
    answer = draft.answer
    if draft.profile is None:
        return problems_frame([Problem("file", "critical", str(answer.error).replace("\n", " "))])
    failed = {verdict.rule: verdict for verdict in verdicts if not verdict.passed}
    found: list[Problem] = []
    if "title_lines" in failed and draft.placed is not None:
        found.append(_title_lines(draft.placed))
    if "no_header" in failed:
        found.append(_no_header(answer))
    refused = any(verdict.severity == "critical" for verdict in failed.values())
    of_files = file_problems(draft.profile, [each for rule, each in failed.items() if rule not in _OWN_RULES])
    return pl.concat([problems_frame(found), of_files, *([] if refused else [draft.mapping_problems])])


def _title_lines(placed: Placed) -> Problem:
    first, last = placed.titles[0], placed.titles[-1]
    header = say("the header")
    if placed.line is not None:
        header = say("the header, which is on line {line}", line=placed.line)
    if first == last:
        where = say("Line {first} stands above {header}", first=first, header=header)
    else:
        where = say("Lines {first} to {last} stand above {header}", first=first, last=last, header=header)
    message = say("{where}: an import takes the first line for the header. Remove what is above it.", where=where)
    return Problem("title_lines", "critical", message, first)


def _no_header(answer: Inspection) -> Problem:
    header = (answer.separator or ";").join(column.header for column in answer.columns)
    if header:
        message = say(
            "The first line is a contact, not a header, which says what the columns are. Put a header line above it, such as: "
            "{header}",
            header=header,
        )
    else:
        message = say(
            "The first line is a contact, not a header, which says what the columns are. Put a header line above it."
        )
    return Problem("no_header", "critical", message, 1)
