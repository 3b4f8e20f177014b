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
from pipelines.files.headers import told_apart
from pipelines.files.judging import FileRules
from pipelines.files.kinds import JSON, TEXT, kind_of
from pipelines.files.opening import Opened, open_file, shown
from pipelines.files.problems import problems_frame
from pipelines.files.profiles import MOST_COLUMNS, FileProfile, among
from pipelines.files.profiling import profile_of, profile_text
from pipelines.files.reading import Source, TextFrame, read
from pipelines.files.separators import SHEET_SEPARATOR, default_separator, hint_of, without_hint
from pipelines.files.unpacking import Content, content_of
from pipelines.imports.contacts.ignored_refusals import sheets_of_refusals
from pipelines.inspection.answers import Inspection
from pipelines.inspection.decoding import readable
from pipelines.inspection.event_guesses import guess_events
from pipelines.inspection.event_proposing import event_import_yaml
from pipelines.inspection.event_sample import rows_of_json, rows_of_text
from pipelines.inspection.holding import columns_hold
from pipelines.inspection.judging import Draft, problems_of, verdicts_on
from pipelines.inspection.meaning import Guesses, Purpose
from pipelines.inspection.placing import moved_down, place_header
from pipelines.inspection.proposing import (
    Written,
    mapping_of,
    model_yaml,
    names_taken,
    proposed_fields,
)
from pipelines.inspection.refusing import all_alike, listing, refusal_problems, with_refusals
from pipelines.inspection.separating import likely_separator
from pipelines.language import say

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
        content = self._content(opened)
        profile = profile_of(content, opened.name, default_separator(content.name), self._base.max_file_bytes)
        answer = replace(answer, kind=content.kind, rows=0 if opened.whole else None)
        if content.sheet is not None:
            answer = replace(answer, sheet=content.sheet.name, sheets=(content.sheet.name, *content.sheet.others))
            return self._read(answer, profile, None, content.sheet.text)
        if content.data is None:
            return Draft(answer, profile)
        if content.kind is JSON:
            return self._json(answer, profile, content.data)
        encoding = recognise(content.data)
        if opened.whole:
            profile = replace(profile, encoding=encoding)
        text = readable(content.data, encoding)
        answer = replace(answer, encoding=encoding)
        return Draft(answer, profile) if text is None else self._read(answer, profile, content.data, text)

    def _content(self, opened: Opened) -> Content:
        """What is in a file; of one that is too large, as much as was read."""
        if opened.whole:
            return content_of(opened.data, opened.name, most_bytes=self._base.max_file_bytes)
        kind = kind_of(opened.data)
        return Content(opened.name, kind, opened.size, opened.data if kind in (TEXT, JSON) else None)

    def _read(self, answer: Inspection, profile: FileProfile, raw: bytes | None, text: bytes) -> Draft:
        """A text (UTF-8, LF line ends): `raw` are its bytes in the file, None where it is the sheet of a workbook."""
        hint = None if raw is None else hint_of(text)
        text = text if hint is None else without_hint(text, hint)
        separator = SHEET_SEPARATOR if hint is None else hint.separator
        if raw is not None and hint is None:
            separator = likely_separator(text, profile.separator, self._guesses.is_known)
        column = "Colonne" if self._base.locale == "fr" else "Column"
        placed = place_header(text, separator, self._guesses.is_known, column)
        contents, source = profile_text(raw, placed.text, separator, hint, cut=True)
        profile = replace(profile, separator=separator)
        if answer.rows is not None:
            profile = replace(profile, contents=moved_down(contents, placed.moved))
            answer = replace(answer, rows=contents.rows)
        answer = replace(answer, separator=None if raw is None else separator, header_line=placed.line)
        return self._with_columns(Draft(answer, profile, placed), source, cut=contents.cut)

    def _json(self, answer: Inspection, profile: FileProfile, data: bytes) -> Draft:
        """Objects, which may be events: then they are shown by the paths to what they hold."""
        encoding = recognise(data)
        rows, count = rows_of_json(readable(data, encoding) or b"")
        guess = guess_events(rows, self._base)
        if guess is None:
            return Draft(answer, profile)
        answer = replace(
            answer,
            encoding=encoding,
            header=tuple(dict.fromkeys(path for row in rows for path in row)),
            rows=None if answer.rows is None else count,
            sample=tuple({path: _cut(cell) for path, cell in row.items()} for row in rows[:_SAMPLE_ROWS]),
            model=event_import_yaml(Path(answer.file).name, None, guess, self._taken),
        )
        return Draft(answer, replace(profile, encoding=encoding), events=True)

    def _with_columns(self, draft: Draft, source: Source, *, cut: bool) -> Draft:
        """Say what the columns are, and how files like this one could be imported."""
        invented = draft.placed is not None and draft.placed.invented
        answer = replace(draft.answer, header=() if invented else source.headers)
        if not any(source.headers) or len(source.headers) >= MOST_COLUMNS:
            return replace(draft, answer=answer)
        text, separator = read(source), source.scan.separator.decode()
        columns = self._guesses.purposes(text.headers, columns_hold(text, self._base))
        if invented:
            columns = tuple(_renamed(column, self._base) for column in columns)
        name = Path(answer.file).name
        refused = with_refusals(columns, text, self._base)
        listed = listing(name, columns, self._base) if all_alike(refused) else None
        columns = columns if listed else refused
        headers = [column.header for column in columns]
        fields = proposed_fields(columns, self._base)
        line = separator.join(headers)
        note = say("Put this line above the file's first one: {line}", line=line) if invented else ""
        how = Written(
            name,
            answer.separator,
            sheet=answer.sheet if len(answer.sheets) > 1 else None,
            cut=cut,
            note=note,
        )
        guess = None if invented or answer.separator is None else guess_events(rows_of_text(text), self._base)
        model = (
            model_yaml(how, columns, fields, self._taken, listed)
            if guess is None
            else event_import_yaml(name, separator, guess, self._taken)
        )
        answer = replace(
            answer,
            columns=columns,
            fields=fields if guess is None else (),
            sample=_sample(text, headers),
            model=model,
        )
        if guess is not None:
            return replace(draft, answer=answer, events=True)
        mapping = self._guesses.mapped(headers, mapping_of(columns))
        # Columns without a field carry a note already.
        problems = mapping.problems.filter(pl.col("rule") != "unmapped_column")
        unread = sheets_of_refusals(answer.sheets[1:])
        refusals = problems_frame([*refusal_problems(columns, listed), *unread])
        profile = None if draft.profile is None else among(draft.profile, mapping.read_headers)
        return replace(draft, answer=answer, profile=profile, mapping_problems=pl.concat([problems, refusals]))


def _renamed(column: Purpose, base: ContactBase) -> Purpose:
    """A column of a file without a header, called by the label of its field."""
    if column.field is None:
        return column
    return replace(column, header=base.field(column.field).labels.of(base.locale))


def _sample(text: TextFrame, headers: Sequence[str]) -> tuple[dict[str, str | None], ...]:
    """The first rows, header → cell; columns without a name of their own are told by their place."""
    names = told_apart(headers)
    rows = text.frame.head(_SAMPLE_ROWS).select(f"c{position}" for position in range(len(headers))).rows()
    return tuple({name: _cut(cell) for name, cell in zip(names, row, strict=True)} for row in rows)


def _cut(cell: str | None) -> str | None:
    return cell if cell is None or len(cell) <= _LONGEST_SHOWN else cell[:_LONGEST_SHOWN] + "…"
