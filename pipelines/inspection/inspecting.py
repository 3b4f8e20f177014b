"""Inspection of files that no model knows yet, in the order of its steps: any file gets an answer (IMP-18).

Belongs here: the order, and what is said of a file. Does not: how anything is told of it (the other modules of this folder).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import polars as pl

from expectations.judge import Judge
from pipelines.declarations.model import ContactBase, Declarations
from pipelines.errors import CarnetError
from pipelines.files.encodings import recognise
from pipelines.files.judging import FileRules
from pipelines.files.opening import Opened, open_file, shown
from pipelines.files.profiling import MOST_COLUMNS, FileProfile, name_oddities, profile_text
from pipelines.files.reading import Source, TextFrame, read
from pipelines.files.separators import default_separator
from pipelines.inspection.answers import Inspection
from pipelines.inspection.decoding import readable
from pipelines.inspection.holding import columns_hold
from pipelines.inspection.judging import Draft, problems_of, verdicts_on
from pipelines.inspection.kinds import TEXT, kind_of
from pipelines.inspection.meaning import Guesses, Purpose
from pipelines.inspection.placing import moved_down, place_header
from pipelines.inspection.proposing import (
    mapping_of,
    model_yaml,
    names_taken,
    proposed_fields,
)
from pipelines.inspection.separating import likely_separator

_JUDGED_AT_ONCE = 500
"""Files in one question to the judge: Great Expectations takes as long for one row as for hundreds."""
_SAMPLE_ROWS = 5
_LONGEST_SHOWN = 200


def inspect_files(paths: Sequence[Path], declarations: Declarations, judge: Judge) -> Iterator[Inspection]:
    """Give the answer for each file, in their order; nothing is raised for what a file is, nor for one that cannot be opened."""
    inspector = _Inspector(declarations)
    options = FileRules(declarations.base.max_file_bytes).options
    remaining = iter(paths)
    while chunk := list(islice(remaining, _JUDGED_AT_ONCE)):
        drafts = [inspector.draft(path) for path in chunk]
        for draft, verdicts in zip(drafts, verdicts_on(drafts, judge, options), strict=True):
            yield replace(draft.answer, problems=problems_of(draft, verdicts))


class _Inspector:
    """What the inspection of several files shares: the base's names, and the names that proposed models have taken."""

    def __init__(self, declarations: Declarations) -> None:
        self._base = declarations.base
        self._guesses = Guesses(declarations.base)
        self._taken = names_taken(declarations)

    def draft(self, path: Path) -> Draft:
        """Read and measure one file; its bytes are not kept."""
        answer = Inspection(shown(path))
        try:
            opened = open_file(path, self._base.max_file_bytes)
        except CarnetError as error:
            return Draft(replace(answer, error=error))
        answer = replace(answer, kind=kind_of(opened.data), rows=0 if opened.whole else None)
        if answer.kind is not TEXT:
            return Draft(answer, _profile(opened, ";", self._base))
        encoding = recognise(opened.data)
        return self._read(replace(answer, encoding=encoding), opened, readable(opened.data, encoding))

    def _read(self, answer: Inspection, opened: Opened, text: bytes | None) -> Draft:
        default = default_separator(opened.name)
        separator = default if text is None else likely_separator(text, default, self._guesses.is_known)
        profile = _profile(opened, separator, self._base)
        if opened.whole:
            profile = replace(profile, encoding=answer.encoding)
        if text is None:
            return Draft(answer, profile)
        column = "Colonne" if self._base.locale == "fr" else "Column"
        placed = place_header(text, separator, self._guesses.is_known, column)
        contents, source = profile_text(opened.data, placed.text, separator)
        if opened.whole:
            profile = replace(profile, contents=moved_down(contents, placed.moved))
            answer = replace(answer, rows=contents.rows)
        answer = replace(answer, separator=separator, header_line=placed.line)
        return self._with_columns(Draft(answer, profile, placed), source)

    def _with_columns(self, draft: Draft, source: Source) -> Draft:
        """Say what the columns are, and how files like this one could be imported."""
        invented = draft.placed is not None and draft.placed.invented
        answer = replace(draft.answer, header=() if invented else source.headers)
        if not any(source.headers) or len(source.headers) >= MOST_COLUMNS:
            return replace(draft, answer=answer)
        text, separator = read(source), source.scan.separator.decode()
        columns = self._guesses.purposes(text.headers, columns_hold(text, self._base))
        if invented:
            columns = tuple(_renamed(column, self._base) for column in columns)
        headers = [column.header for column in columns]
        fields = proposed_fields(columns, self._base)
        note = f"Put this line above the file's first one: {separator.join(headers)}" if invented else ""
        name = Path(answer.file).name
        answer = replace(
            answer,
            columns=columns,
            fields=fields,
            sample=_sample(text, headers),
            model=model_yaml(name, separator, columns, fields, self._taken, note),
        )
        # Columns without a field carry a note already.
        problems = self._guesses.mapped(headers, mapping_of(columns)).problems.filter(
            pl.col("rule") != "unmapped_column"
        )
        return replace(draft, answer=answer, mapping_problems=problems)


def _profile(opened: Opened, separator: str, base: ContactBase) -> FileProfile:
    return FileProfile(opened.name, separator, base.max_file_bytes, opened.size, name_oddities(opened.name))


def _renamed(column: Purpose, base: ContactBase) -> Purpose:
    """A column of a file without a header, called by the label of its field."""
    if column.field is None:
        return column
    return replace(column, header=base.field(column.field).labels.of(base.locale))


def _sample(text: TextFrame, headers: Sequence[str]) -> tuple[dict[str, str | None], ...]:
    """The first rows, header → cell; columns without a name of their own are told by their place."""
    names: list[str] = []
    for position, header in enumerate(headers, 1):
        names.append(header if header and header not in names else f"{header} ({position})".strip())
    rows = text.frame.head(_SAMPLE_ROWS).select(f"c{position}" for position in range(len(headers))).rows()
    return tuple({name: _cut(cell) for name, cell in zip(names, row, strict=True)} for row in rows)


def _cut(cell: str | None) -> str | None:
    return cell if cell is None or len(cell) <= _LONGEST_SHOWN else cell[:_LONGEST_SHOWN] + "…"
