"""Reports: what a file was refused for, or what its import did, as plain text for people (IMP-3, IMP-19).

No value of a person stands in them (SEC-4): they name lines and columns. But for three cells of a mended file, which lies
beside the report, to show what its encoding was taken for.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipelines.files.mending import Change, Mended
from pipelines.imports.intake import FileFacts, Refused
from pipelines.imports.results import COUNTED, ImportResult
from pipelines.language import mark, number, say, say_rows

_TITLES = {
    "critical": mark("Why it is refused ({count:,})"),
    "error": mark("Rows rejected ({count:,})"),
    "warning": mark("Warnings ({count:,})"),
}


def refusal_report(name: str, file: str, judgement: Refused, mended_name: str = "") -> str:
    """Write the report of a refused file: all problems, and what the mended file, if there is one, has changed.

    `name`: the import's; `mended_name`: what the mended file is called.
    """
    parts = [
        say("{file}: refused. Nothing was imported; the base is unchanged.", file=file),
        _identity(name, judgement.facts),
        _listed(judgement.problems),
    ]
    if judgement.mended is not None:
        parts.append(_mended(judgement.mended, mended_name))
    return "\n\n".join(part for part in parts if part) + "\n"


def import_report(result: ImportResult, facts: FileFacts) -> str:
    """Write the report of an imported file: its counts, all problems, where the rejected rows are."""
    counts = {say(COUNTED[name]): count for name, count in vars(result.counts).items()}
    width = max(map(len, counts))
    rejects = result.rejects_file
    parts = [
        say("{file}: imported.", file=result.file.name),
        _identity(result.name, facts),
        "\n".join(f"  {label:<{width}}  {number(count):>12}" for label, count in counts.items()),
        say("The rejected rows are in {file}: correct them there and import that file.", file=rejects.name)
        if rejects
        else "",
        _listed(result.problems),
        "\n- ".join([say("In full, what a message above names the first ones of"), *result.in_full])
        if result.in_full
        else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _identity(name: str, facts: FileFacts) -> str:
    return "\n".join(f"  {label:<10} {fact}" for label, fact in {say("Import"): name, **facts.described}.items())


def _listed(problems: pl.DataFrame) -> str:
    """Every problem, by severity and then by line: `- line 3, « Email »: message [rule]`."""
    line = pl.when(pl.col("line").is_not_null()).then(say_rows("line {line}", line="line"))
    column = pl.when(pl.col("column").is_not_null()).then(
        pl.format("« {} »", pl.col("column").str.replace_all(r"\s+", " "))
    )
    place = pl.concat_str(line, column, separator=", ", ignore_nulls=True)
    where = pl.when(place != "").then(say_rows("{place}: ", place=place)).otherwise(pl.lit(""))
    text = pl.format("- {}{} [{}]", where, "message", "rule")
    parts: list[str] = []
    for severity, title in _TITLES.items():
        found = problems.filter(pl.col("severity") == severity).sort("line", nulls_last=False, maintain_order=True)
        if found.height:
            parts.append(say(title, count=found.height) + "\n" + found.select(text.str.join("\n")).item())
    return "\n\n".join(parts)


def _mended(mended: Mended, name: str) -> str:
    changes = [
        text
        for change in mended.changes
        for text in (say("- {change}: {lines}.", change=change.what, lines=_on(change.lines)), *_shown(change))
    ]
    if name:
        lies = say("A mended file lies beside this report ({name}). Look at it, then import it.", name=name)
    else:
        lies = say("A mended file lies beside this report. Look at it, then import it.")
    return "\n".join((f"{lies} {say('It differs in this:')}", *changes))


def _shown(change: Change) -> Iterator[str]:
    """Cells before and after, where a person has to tell whether they were understood rightly."""
    for line, before, after in change.examples:
        cells = {"before": " ".join(before.split()), "after": " ".join(after.split())}
        yield say("  line {line}: {before} → {after}", line=line, **cells)


def _on(lines: str) -> str:
    if not lines:
        return say("the whole file")
    return say("line {line}", line=lines) if lines.isdigit() else say("lines {lines}", lines=lines)
