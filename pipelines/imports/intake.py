"""What the steps of one import are given: what was asked, the file as it was taken, and what was judged of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from expectations.judge import Judge
from expectations.verdicts import Verdict
from pipelines.base.store import Store, Writer
from pipelines.declarations.model import ContactBase, Declarations, ImportModel
from pipelines.errors import UsageError
from pipelines.files.profiling import FileProfile, Source
from pipelines.files.reading import TextFrame
from pipelines.imports.contacts.cleaning import Cleaned
from pipelines.imports.contacts.judging import Judged
from pipelines.imports.contacts.mapping import Mapping as ColumnMapping
from pipelines.imports.filing import FileIdentity, is_text
from pipelines.imports.masking import hidden_names
from pipelines.layout import Layout

Observer = Callable[[str], object]
Settling = Callable[[Writer, str, datetime], object]


@dataclass(frozen=True)
class ImportRequest:
    """What is asked: a file, the model that imports it. `name`: in the history, by default the file's."""

    path: str
    model: str
    name: str = ""
    force: bool = False
    preview: bool = False

    def __post_init__(self) -> None:
        """UsageError for a path that is not text: nothing could be kept of it."""
        if not is_text(self.path):
            raise UsageError(
                "The file's name, or that of its folder, is not UTF-8.",
                "Rename the file: letters, digits, `-`, `_` and `.` always do.",
            )


@dataclass(frozen=True)
class Desk:
    """What an import works with: folders, declarations, the base, the judge, and who is told of each step.

    `settle`: what contacts that arrive are given, in the import's own transaction (events that waited for them).
    """

    layout: Layout
    declarations: Declarations
    store: Store
    judge: Judge
    observe: Observer
    settle: Settling | None = None


@dataclass(frozen=True)
class Intake:
    """One file as it was taken. `identity`: of a file of the inbox, None for one given by path."""

    path: Path
    name: str
    model: ImportModel
    base: ContactBase
    separator: str
    size: int
    digest: str
    partition: str
    declaration: str
    started_at: datetime
    identity: FileIdentity | None
    preview: bool
    seconds: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True)
class Judgement:
    """A file read and judged: rows that may be merged, one a key, or the reason why none may.

    `refused`: a critical rule failed. `problems`: of every step so far. `deduplicated` is None where nothing may be merged.
    """

    profile: FileProfile
    source: Source | None
    mapping: ColumnMapping | None
    problems: pl.DataFrame
    verdicts: Mapping[str, tuple[Verdict, ...]]
    text: TextFrame | None = None
    cleaned: Cleaned | None = None
    judged: Judged | None = None
    deduplicated: pl.DataFrame | None = None

    @property
    def rows(self) -> pl.DataFrame:
        """The rows that may be merged, one a key; nobody asks a refused file for them."""
        if self.deduplicated is None:
            raise ValueError("A refused file has no rows to merge.")
        return self.deduplicated

    @property
    def header(self) -> list[str] | None:
        """The file's header, where one was read."""
        return list(self.source.headers) if self.source and self.source.headers else None

    @property
    def hidden(self) -> tuple[str, ...]:
        """Names of columns that may be persons' values (SEC-4)."""
        return hidden_names(self.header or (), recognised=self.mapping is None or self.mapping.recognised)

    @property
    def refused(self) -> bool:
        """Did a rule refuse the whole file?"""
        return self.deduplicated is None
