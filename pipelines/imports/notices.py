"""What people are told of an import, in a mail: file, rules, lines, where the report lies; no person's value (IMP-17, SEC-4)."""

from __future__ import annotations

import polars as pl

from pipelines.delivery.notices import Notice
from pipelines.imports.masking import masked_problems
from pipelines.imports.results import ImportResult
from pipelines.language import say, say_many

_SHOWN = 20
_LINES = 10


def refusal(result: ImportResult, people: tuple[str, ...]) -> Notice:
    """The notice of a refused file; one for each import, however often it is made."""
    problems = masked_problems(result.problems, result.hidden)
    critical = problems.filter(pl.col("severity") == "critical")
    body = [
        say(
            "The file {file} was refused by the import model {model} (import {number}). The base is as it was.",
            file=result.name,
            model=result.model,
            number=result.import_id,
        ),
        "",
        *(_told(*row) for row in critical.select("rule", "line", "message").head(_SHOWN).iter_rows()),
    ]
    if critical.height > _SHOWN:
        body.append(say("- … and {more} more", more=critical.height - _SHOWN))
    body += [*_rows(problems.filter(pl.col("severity") == "error")), ""]
    if result.report is not None:
        body.append(say("Report: {path}", path=result.report))
    if result.mended_file is not None:
        body.append(say("Mended file: {path}", path=result.mended_file))
    subject = say("Carnet: {file} was refused", file=result.name)
    return Notice(f"refused:{result.import_id}", people, subject, "\n".join(body) + "\n")


def _told(rule: str, line: int | None, message: str) -> str:
    if line is None or message.casefold().startswith(say("line {line} ", line=line).casefold()):
        return say("- {rule}: {message}", rule=rule, message=message)
    return say("- {rule}, line {line}: {message}", rule=rule, line=line, message=message)


def _rows(problems: pl.DataFrame) -> list[str]:
    """One line for each rule that rejects rows: how many, and which lines first."""
    by_rule = problems.group_by("rule", maintain_order=True).agg(
        pl.col("line").n_unique().alias("rows"), pl.col("line").unique(maintain_order=True).head(_LINES).alias("lines")
    )
    return [
        say_many(
            "- {rule}: {n} rows, lines {lines}",
            "- {rule}: {n} rows, lines {lines}",
            rows,
            rule=rule,
            lines=", ".join(map(str, lines)) + (" …" if rows > _LINES else ""),
        )
        for rule, rows, lines in by_rule.iter_rows()
    ]
