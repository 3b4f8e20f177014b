"""What people are told of an import, in a mail: file, rules, lines, where the report lies; no person's value (IMP-17, SEC-4)."""

from __future__ import annotations

import polars as pl

from pipelines.delivery.notices import Notice
from pipelines.imports.masking import masked_problems
from pipelines.imports.results import ImportResult

_SHOWN = 20
_LINES = 10


def refusal(result: ImportResult, people: tuple[str, ...]) -> Notice:
    """The notice of a refused file; one for each import, however often it is made."""
    problems = masked_problems(result.problems, result.hidden)
    critical = problems.filter(pl.col("severity") == "critical")
    body = [
        f"The file {result.name} was refused by the import model {result.model} (import {result.import_id}). "
        "The base is as it was.",
        "",
        *(_told(*row) for row in critical.select("rule", "line", "message").head(_SHOWN).iter_rows()),
    ]
    if critical.height > _SHOWN:
        body.append(f"- … and {critical.height - _SHOWN} more")
    body += [*_rows(problems.filter(pl.col("severity") == "error")), ""]
    for label, path in (("Report", result.report), ("Mended file", result.mended_file)):
        if path is not None:
            body.append(f"{label}: {path}")
    return Notice(f"refused:{result.import_id}", people, f"Carnet: {result.name} was refused", "\n".join(body) + "\n")


def _told(rule: str, line: int | None, message: str) -> str:
    where = "" if line is None or message.lower().startswith(f"line {line} ") else f", line {line}"
    return f"- {rule}{where}: {message}"


def _rows(problems: pl.DataFrame) -> list[str]:
    """One line for each rule that rejects rows: how many, and which lines first."""
    by_rule = problems.group_by("rule", maintain_order=True).agg(
        pl.col("line").n_unique().alias("rows"), pl.col("line").unique(maintain_order=True).head(_LINES).alias("lines")
    )
    return [
        f"- {rule}: {rows} rows, lines {', '.join(map(str, lines))}{' …' if rows > _LINES else ''}"
        for rule, rows, lines in by_rule.iter_rows()
    ]
