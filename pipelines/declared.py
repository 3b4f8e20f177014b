"""What a folder declares, judged by all that can judge it before anything runs (SEG-10): the YAML, the SQL, the base they make.

Belongs here: the one way to declarations that is open to the doors. Does not: a judgement of its own.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.declarations import loading
from pipelines.declarations.loading import LoadedDeclarations
from pipelines.declarations.model import Declarations
from pipelines.declarations.problems import DeclarationError, Problem
from pipelines.raw_segments.sql_files import read_raw_segment


def load(folder: Path) -> LoadedDeclarations:
    """What the YAML and the SQL of a folder declare; the columns that the SQL names are not judged."""
    return loading.load(folder, read_raw_segment)


def check(folder: Path) -> tuple[Problem, ...]:
    """Every problem of a folder's declarations, warnings too, in the order of files and lines (`carnet check`)."""
    loaded = load(folder)
    return loaded.problems if loaded.declarations is None else (*loaded.problems, *_bound(loaded.declarations))


def declared(folder: Path) -> Declarations:
    """The declarations of a folder; DeclarationError lists all of their errors."""
    loaded = load(folder)
    if loaded.declarations is None:
        raise DeclarationError(loaded.problems)
    faults = _bound(loaded.declarations)
    if faults:
        raise DeclarationError(faults)
    return loaded.declarations


def _bound(declarations: Declarations) -> tuple[Problem, ...]:
    if all(segment.default or segment.sql is None for segment in declarations.segments):
        return ()
    # An empty base is made, 0.1 s: only where there is SQL to bind.
    from pipelines.raw_segments.binding import binding_problems

    return binding_problems(declarations)
