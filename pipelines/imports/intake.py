"""What the steps of one import are given, and what judging a file gives: whatever kind of file it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import polars as pl

from expectations.judge import Judge
from expectations.verdicts import Verdict
from pipelines.base.store import Store
from pipelines.declarations.model import ContactBase, Declarations, EventImport, ImportModel
from pipelines.errors import UsageError
from pipelines.files.mending import Mended
from pipelines.files.opening import Opened
from pipelines.imports.filing import is_text
from pipelines.imports.results import Counts, EventCounts, ImportResult, Status
from pipelines.language import mark, say
from pipelines.layout import Layout

Observer = Callable[[str], object]
Verdicts = Mapping[str, tuple[Verdict, ...]]
"""By suite, in the order in which they were given."""
_STEPS = {
    "read": mark("read"),
    "clean": mark("clean"),
    "rules": mark("rules"),
    "deduplicate": mark("deduplicate"),
    "merge": mark("merge"),
    "plain rows": mark("plain rows"),
    "resolve": mark("resolve"),
    "add": mark("add"),
    "states": mark("states"),
    "hold": mark("into the lake"),
}
"""Each with what people are shown."""
AnImporter = TypeVar("AnImporter", bound=ImportModel | EventImport)


@dataclass(frozen=True)
class ImportRequest:
    """A file, and the import model or event import that is asked to import it. `name`: in the history, by default the file's."""

    path: str
    model: str
    name: str = ""
    force: bool = False
    preview: bool = False

    def __post_init__(self) -> None:
        """UsageError for a path that is not text: nothing could be kept of it."""
        if not is_text(self.path):
            raise UsageError(
                say("The file's name, or that of its folder, is not UTF-8."),
                say("Rename the file: letters, digits, `-`, `_` and `.` always do."),
            )


class Surroundings(Protocol):
    """What writing an import needs of what it works with."""

    @property
    def layout(self) -> Layout:
        """The folders."""
        ...

    @property
    def store(self) -> Store:
        """The base, and who writes it."""
        ...

    @property
    def observe(self) -> Observer:
        """Who is shown each step."""
        ...


@dataclass(frozen=True)
class ImportContext:
    """What an import works with: folders, declarations, the base, the judge, and who is shown each step.

    `opened`: files that were looked at already, by their path: none of them is read again while it is the same.
    """

    layout: Layout
    declarations: Declarations
    store: Store
    judge: Judge
    observe: Observer
    opened: Mapping[Path, Opened] = field(default_factory=dict[Path, Opened])


@dataclass(frozen=True)
class Intake(Generic[AnImporter]):
    """One file as it was taken. `in_inbox`: it is moved to where it belongs in the end; one given by path never is."""

    opened: Opened
    name: str
    importer: AnImporter
    base: ContactBase
    partition: str
    declaration: str
    started_at: datetime
    in_inbox: bool
    preview: bool
    seconds: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def path(self) -> Path:
        """Where the file lay when it was taken."""
        return self.opened.path

    @contextmanager
    def step(self, name: str, context: Surroundings) -> Generator[None]:
        """One step of the import, shown to whoever observes, and timed."""
        context.observe(say("{name}: {step}", name=self.name, step=say(_STEPS[name])))
        since = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - since


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file once it was judged, whatever came of that.

    `header`: the names of its columns, where it has any. `hidden`: those that may be persons' values, for only people who may see
    them (SEC-4). `separator`: None where the file has none. `rows`: as many as could be read. `described`: for the report.
    `ending`: of the names of texts that are made from it, such as its rejects; empty for the file's own. `unread`: the sheets of a
    workbook that are not read.
    """

    header: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    separator: str | None = None
    rows: int = 0
    described: Mapping[str, str] = field(default_factory=dict[str, str])
    ending: str = ""
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """What was found of a file: `problems` and `verdicts` of every step so far."""

    facts: FileFacts
    problems: pl.DataFrame
    verdicts: Verdicts


@dataclass(frozen=True)
class Refused(Judgement):
    """A critical rule failed. `mended`: the file as it should have been, where nothing has to be guessed (IMP-19)."""

    mended: Mended | None = None


def refuses(verdicts: tuple[Verdict, ...]) -> bool:
    """Did a critical rule fail?"""
    return any(not verdict.passed and verdict.severity == "critical" for verdict in verdicts)


def result_of(
    intake: Intake[AnImporter],
    judgement: Judgement,
    counts: Counts | EventCounts,
    status: Status = "imported",
    import_id: int | None = None,
) -> ImportResult:
    """What the import of a judged file says of itself, as far as every kind of file does."""
    return ImportResult(
        import_id=import_id,
        status=status,
        name=intake.name,
        model=intake.importer.name,
        partition=intake.partition,
        file=intake.path,
        counts=counts,
        problems=judgement.problems,
        verdicts=judgement.verdicts,
        hidden=judgement.facts.hidden,
        seconds=intake.seconds,
    )
