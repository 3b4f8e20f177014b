"""Rows of people who were erased: rejected with their line number alone, and their addresses in other rows left out (EXP-9).

Belongs here: finding them in a cleaned file. Does not: who was erased (`pipelines.contacts.erased`).
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from pipelines.base.store import Writer
from pipelines.channels import BY_ADDRESS
from pipelines.contacts.erased import LEFT_OUT, TELLING, any_erased, erased, without_erased
from pipelines.declarations.model import ContactBase
from pipelines.files.problems import cell_problems
from pipelines.files.reading import TextFrame
from pipelines.imports.contacts.cleaning import Cleaned
from pipelines.imports.contacts.frames import LINE, SKIPPED
from pipelines.imports.contacts.mapping import Mapping
from pipelines.language import say

RULE = "erased"


def without_erased_people(cleaned: Cleaned, mapping: Mapping, writer: Writer) -> Cleaned:
    """The cleaned file, knowing no more of erased people than the lines on which they stand."""
    if not any_erased(writer.connection):
        return cleaned
    headers = {column.field: column.header for column in mapping.columns if column.role == "field"}
    frame, problems, key = cleaned.frame, cleaned.problems, mapping.base.key
    for name in sorted(BY_ADDRESS, key=lambda address: address != key):
        if name not in frame.columns:
            continue
        where = erased(writer.connection, writer.hash_key, frame[name])
        if not where.any():
            continue
        lines, header = frame[LINE].filter(where), headers.get(name)
        if name == key:
            problems = problems.filter(~pl.col("line").is_in(lines.to_list()).fill_null(value=False))
            problems = pl.concat([problems, cell_problems("erased", "error", say(TELLING), lines=lines, column=header)])
            continue
        # It is no empty cell: under `empty_cells: clear` the address that the contact has stays.
        skipped = where | frame[SKIPPED + name] if SKIPPED + name in frame.columns else where
        frame = frame.with_columns(pl.when(~where).then(pl.col(name)).alias(name), skipped.alias(SKIPPED + name))
        told = cell_problems("erased_address", "warning", say(LEFT_OUT), lines=lines, column=header)
        rejected = problems.filter(pl.col("rule") == RULE)["line"]
        problems = pl.concat([_silent(problems, lines, header), told.filter(~pl.col("line").is_in(rejected.to_list()))])
    return replace(cleaned, frame=frame, problems=problems)


def _silent(problems: pl.DataFrame, lines: pl.Series, header: str | None) -> pl.DataFrame:
    """What was said of these cells goes: it would show them."""
    there = pl.col("line").is_in(lines.to_list()) & pl.col("column").eq_missing(pl.lit(header, pl.String))
    return problems.filter(~there.fill_null(value=False))


def erased_lines(problems: pl.DataFrame) -> pl.Series:
    """The lines of erased people among a file's problems."""
    return problems.filter((pl.col("rule") == RULE) & (pl.col("severity") == "error"))["line"]


def kept_rows(text: TextFrame, rejected: pl.DataFrame, gone: pl.Series, writer: Writer, base: ContactBase) -> TextFrame:
    """The rows of `rejected` as they may be kept: without those on the lines `gone`, nor any address of erased people."""
    frame = text.frame.join(rejected.select("line"), on="line", how="semi", maintain_order="left")
    frame = frame.filter(~pl.col("line").is_in(gone.to_list()))
    columns = [f"c{position}" for position in range(len(text.headers))]
    return replace(text, frame=without_erased(writer.connection, writer.hash_key, frame, columns, base))
