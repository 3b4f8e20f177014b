"""Reports: what a file was refused for, or what its import did, as plain text for people (IMP-3, IMP-19).

No value of a person stands in them (SEC-4): they name lines and columns.
"""

from __future__ import annotations

import polars as pl

from pipelines.files.mending import Mended
from pipelines.imports.intake import FileFacts, Refused
from pipelines.imports.results import ImportResult

_TITLES = {"critical": "Why it is refused", "error": "Rows rejected", "warning": "Warnings"}


def refusal_report(name: str, file: str, judgement: Refused, mended_name: str = "") -> str:
    """Write the report of a refused file: all problems, and what the mended file, if there is one, has changed.

    `name`: the import's; `mended_name`: what the mended file is called.
    """
    parts = [
        f"{file}: refused. Nothing was imported; the base is unchanged.",
        _identity(name, judgement.facts),
        _listed(judgement.problems),
    ]
    if judgement.mended is not None:
        parts.append(_mended(judgement.mended, mended_name))
    return "\n\n".join(part for part in parts if part) + "\n"


def import_report(result: ImportResult, facts: FileFacts) -> str:
    """Write the report of an imported file: its counts, all problems, where the rejected rows are."""
    counts = vars(result.counts)
    width = max(map(len, counts))
    rejects = result.rejects_file
    parts = [
        f"{result.file.name}: imported.",
        _identity(result.name, facts),
        "\n".join(f"  {label.replace('_', ' '):<{width}}  {count:>12,}" for label, count in counts.items()),
        f"The rejected rows are in {rejects.name}: correct them there and import that file." if rejects else "",
        _listed(result.problems),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _identity(name: str, facts: FileFacts) -> str:
    return "\n".join(f"  {label:<10} {fact}" for label, fact in {"Import": name, **facts.described}.items())


def _listed(problems: pl.DataFrame) -> str:
    """Every problem, by severity and then by line: `- line 3, « Email »: message [rule]`."""
    line = pl.when(pl.col("line").is_not_null()).then(pl.format("line {}", "line"))
    column = pl.when(pl.col("column").is_not_null()).then(
        pl.format("« {} »", pl.col("column").str.replace_all(r"\s+", " "))
    )
    place = pl.concat_str(line, column, separator=", ", ignore_nulls=True)
    where = pl.when(place != "").then(pl.format("{}: ", place)).otherwise(pl.lit(""))
    text = pl.format("- {}{} [{}]", where, "message", "rule")
    parts: list[str] = []
    for severity, title in _TITLES.items():
        found = problems.filter(pl.col("severity") == severity).sort("line", nulls_last=False, maintain_order=True)
        if found.height:
            parts.append(f"{title} ({found.height:,})\n" + found.select(text.str.join("\n")).item())
    return "\n\n".join(parts)


def _mended(mended: Mended, name: str) -> str:
    changes = (f"- {change.what}: {_on(change.lines)}." for change in mended.changes)
    where = f" beside this report ({name})" if name else " beside this report"
    return f"A mended file lies{where}. Look at it, then import it. It differs in this:\n" + "\n".join(changes)


def _on(lines: str) -> str:
    if not lines:
        return "the whole file"
    return f"line {lines}" if lines.isdigit() else f"lines {lines}"
