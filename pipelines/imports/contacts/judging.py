"""Judging: rows with their problems → good rows and rejected ones, as the rules of expectations/rows.py say (IMP-9).

Belongs here: asking the judge, and what its verdict does to rows. Does not: the rules, nor finding problems
(`cleaning`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from expectations.verdicts import Verdict
from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.fields import fold
from pipelines.files.judging import FileRules, Rules
from pipelines.files.problems import Problem, problems_frame
from pipelines.files.reading import TextFrame
from pipelines.imports.contacts.cleaning import Cleaned
from pipelines.imports.contacts.columns import CARNET_COLUMNS
from pipelines.imports.contacts.frames import LINE
from pipelines.imports.contacts.ignored_refusals import REFUSAL_COLUMN
from pipelines.language import say

RULES = (
    "invalid_key",
    "taken_value",
    "erased",
    "unreadable_cells",
    "not_a_cross",
    "undeclared_values",
    "short_line",
    "stray_separator",
)
"""The kinds of problem that a row is judged by: the columns of the suite `rows`."""
COLUMN_RULES = ("date_order", "decimal_sign", "landline")
"""The kinds of problem that a column is judged by: the columns of the suite `columns`."""
_SIGNATURE = "signature"


@dataclass(frozen=True)
class Judged:
    """`good`: the rows of the CleanFrame that may go on. `rejected`: `line` and `reasons` (List(String)), by line.

    `verdicts` of the suite `rows`, whose `unexpected` counts rows of the file; `rejections`: of
    the file as a whole, for the rows rejected. `problems`: what a critical one of these says.
    """

    good: pl.DataFrame
    rejected: pl.DataFrame
    verdicts: tuple[Verdict, ...]
    rejections: tuple[Verdict, ...]
    problems: pl.DataFrame


def file_rules(base: ContactBase, model: ImportModel) -> FileRules:
    """How strict the file rules are with files of a model of that base."""
    return FileRules(base.max_file_bytes, model.missing_columns, model.short_lines, model.stray_separators)


def row_options(model: ImportModel) -> dict[str, str | float | None]:
    """The options of the suites `rows` and `rejections` for a model."""
    return {
        "short_lines": model.short_lines,
        "stray_separators": model.stray_separators,
        "max_rejected": model.max_rejected,
        "on_error": model.on_error,
    }


def judge_rows(
    cleaned: Cleaned, text: TextFrame, judge: Rules, model: ImportModel, refusals: pl.DataFrame | None = None
) -> Judged:
    """Have the rows judged, and then how many of them were rejected. `refusals`: what is said of columns that look like one."""
    lines = text.frame["line"]
    columns, signature = signatures(cleaned.problems, lines)
    options = row_options(model)
    ignored = problems_frame() if refusals is None else refusals
    measured = {**columns, REFUSAL_COLUMN: [ignored.height] * len(columns[RULES[0]])}
    verdicts = judge.judge("rows", measured, options)
    failing = [verdict for verdict in verdicts if not verdict.passed and verdict.severity == "error"]
    failed = sorted({position for verdict in failing for position in verdict.rows})
    where = signature.is_in(failed)
    rejected = _rejected(lines.filter(where), cleaned.problems, [verdict.rule for verdict in failing])
    # Rows of erased people are no fault of the file: they count among the rejected, and refuse nothing.
    mendable = rejected.height - cleaned.problems.filter(pl.col("rule") == "erased")["line"].n_unique()
    shares = {"rejected": [mendable], "rejected_share": [mendable / max(lines.len(), 1)]}
    rejections = judge.judge("rejections", shares, {"max_rejected": model.max_rejected, "on_error": model.on_error})
    refusing = [_refusal(each, rejected.height, lines.len(), model) for each in rejections if not each.passed]
    return Judged(
        good=cleaned.frame.filter(~where) if failed else cleaned.frame,
        rejected=rejected,
        verdicts=tuple(_in_rows(verdict, signature) if verdict.rule in RULES else verdict for verdict in verdicts),
        rejections=rejections,
        problems=pl.concat([ignored, problems_frame(refusing)]),
    )


def judge_columns(problems: pl.DataFrame, judge: Rules) -> tuple[Verdict, ...]:
    """Have the columns judged by what was found of each."""
    found = problems.filter(pl.col("rule").is_in(COLUMN_RULES))
    counts = found.group_by("column", maintain_order=True).agg(
        (pl.col("rule") == rule).sum().cast(pl.Int64).alias(rule) for rule in COLUMN_RULES
    )
    # A file without any such column keeps the rules too.
    measured = counts.drop("column") if counts.height else pl.DataFrame({rule: [0] for rule in COLUMN_RULES})
    return judge.judge("columns", measured.to_dict(as_series=False), {})


def signatures(problems: pl.DataFrame, lines: pl.Series) -> tuple[dict[str, list[int]], pl.Series]:
    """How many problems of each kind a row has: the distinct combinations, and for each row the position of its own.

    Rows alike in this are judged as one, so that the judge sees a handful instead of 118 000.
    """
    counted = problems.filter(pl.col("rule").is_in(RULES) & pl.col("line").is_not_null())
    counts = counted.group_by("line").agg((pl.col("rule") == rule).sum().cast(pl.Int64).alias(rule) for rule in RULES)
    table = counts.select(RULES).unique().sort(RULES)
    clean = pl.DataFrame({rule: [0] for rule in RULES}, schema=dict.fromkeys(RULES, pl.Int64))
    table = pl.concat([clean, table]).with_row_index(_SIGNATURE)
    of_line = counts.join(table, on=RULES, how="left").select("line", _SIGNATURE)
    of_row = lines.to_frame("line").join(of_line, on="line", how="left", maintain_order="left")
    return table.select(RULES).to_dict(as_series=False), of_row[_SIGNATURE].fill_null(0)


def _in_rows(verdict: Verdict, signature: pl.Series) -> Verdict:
    """The verdict, counting rows of the file instead of combinations."""
    return replace(verdict, unexpected=int(signature.is_in(list(verdict.rows)).sum()))


def _rejected(lines: pl.Series, problems: pl.DataFrame, rules: Sequence[str]) -> pl.DataFrame:
    """Each rejected line with every reason, in the order in which they were found."""
    column = pl.when(pl.col("column").is_not_null()).then(pl.format(" [{}]", "column")).otherwise(pl.lit(""))
    failing = problems.filter(pl.col("rule").is_in(rules)).select(
        "line", pl.concat_str("rule", pl.lit(": "), "message", column).alias("reasons")
    )
    reasons = failing.group_by("line").agg("reasons")
    return lines.to_frame("line").join(reasons, on="line", how="left", maintain_order="left")


def _refusal(verdict: Verdict, rejected: int, rows: int, model: ImportModel) -> Problem:
    found = {"rejected": rejected, "rows": rows, "share": rejected / max(rows, 1)}
    if verdict.rule == "max_rejected":
        message = say(
            "{rejected:,} of {rows:,} rows have problems ({share:.1%}), and the model refuses a file with more than {most:.1%} "
            "(`max_rejected`). Correct these rows and import the file again.",
            **found,
            most=model.max_rejected or 0.0,
        )
    else:
        message = say(
            "{rejected:,} of {rows:,} rows have problems ({share:.1%}), and the model refuses a file with any "
            "(`on_error: refuse_file`). Correct these rows and import the file again.",
            **found,
        )
    return Problem(verdict.rule, verdict.severity, message)


def rejects_csv(text: TextFrame, rejected: pl.DataFrame, separator: str, *, hint: bool = False) -> bytes:
    """The rejects file: UTF-8, in the separator of the file it comes from, ready to be corrected and imported again.

    The rejected rows as they were read, in the columns of their file, then `carnet_line` and `carnet_reasons`, which a file that
    was itself a rejects file gets anew. `hint`: a first line names the separator.
    """
    kept = [f"c{n}" for n, header in enumerate(text.headers) if fold(header) not in CARNET_COLUMNS]
    reasons = pl.col("reasons").list.join(" | ").alias(CARNET_COLUMNS[1])
    rows = text.frame.join(rejected, on="line", how="inner", maintain_order="left")
    cells = rows.select(*kept, pl.col("line").cast(pl.String).alias(LINE), reasons)
    headers = [*(header for header in text.headers if fold(header) not in CARNET_COLUMNS), *CARNET_COLUMNS]
    titles = pl.DataFrame([headers], schema=cells.columns, orient="row")  # Two may be called alike.
    written = pl.concat([titles, cells]).write_csv(separator=separator, quote_style="necessary", include_header=False)
    return (f"sep={separator}\n{written}" if hint else written).encode()
