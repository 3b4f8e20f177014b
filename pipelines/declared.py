"""What a folder declares, judged by all that can judge it before anything runs (SEG-10): the YAML, the SQL, the base they make.

Belongs here: the one way to declarations that is open to the doors. Does not: a judgement of its own.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.declarations import loading
from pipelines.declarations.loading import LoadedDeclarations
from pipelines.declarations.model import Declarations, Segment
from pipelines.declarations.names import Scope
from pipelines.declarations.problems import DeclarationError, Problem, Problems
from pipelines.raw_segments.sql_files import read_raw_segment

if TYPE_CHECKING:
    from pipelines.raw_segments.verdicts import Verdicts


class _Judges:
    """Who judges SQL, fetched where there is some: DuckDB takes 0.1 s. `kept`: where former verdicts are, if anywhere."""

    def __init__(self, kept: Path | None = None) -> None:
        self._kept = kept

    @cached_property
    def verdicts(self) -> Verdicts:
        from pipelines.raw_segments.verdicts import Verdicts

        return Verdicts(self._kept)

    def read(self, file: Path, scope: Scope, problems: Problems) -> Segment | None:
        """The segment of a `.sql` file."""
        return read_raw_segment(file, scope, problems, lambda: self.verdicts)

    def bind(self, declarations: Declarations) -> tuple[Problem, ...]:
        """What is wrong with the columns of the SQL, whose verdicts are kept by the way."""
        if all(segment.default or segment.sql is None for segment in declarations.segments):
            return ()
        # An empty base is made, 0.1 s: only where there is SQL to bind.
        from pipelines.raw_segments.binding import binding_problems

        found = binding_problems(declarations, self.verdicts)
        self.verdicts.save()
        return found


def load(folder: Path) -> LoadedDeclarations:
    """What the YAML and the SQL of a folder declare; the columns that the SQL names are not judged."""
    return loading.load(folder, _Judges().read)


def check(folder: Path, kept: Path | None = None) -> tuple[Problem, ...]:
    """Every problem of a folder's declarations, warnings too, in the order of files and lines (`carnet check`).

    `kept`: where verdicts on SQL are, and stay.
    """
    judges = _Judges(kept)
    loaded = loading.load(folder, judges.read)
    return loaded.problems if loaded.declarations is None else (*loaded.problems, *judges.bind(loaded.declarations))


def declared(folder: Path, kept: Path | None = None) -> Declarations:
    """The declarations of a folder; DeclarationError lists all of their errors. `kept`: where verdicts on SQL are, and stay."""
    judges = _Judges(kept)
    loaded = loading.load(folder, judges.read)
    if loaded.declarations is None:
        raise DeclarationError(loaded.problems)
    faults = judges.bind(loaded.declarations)
    if faults:
        raise DeclarationError(faults)
    return loaded.declarations
