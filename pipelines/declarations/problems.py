"""What is wrong with declarations: one `Problem` a fault, collected until all are known, raised once.

Belongs here: the shape of a problem and of the error that lists them. Does not: finding them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pipelines.declarations.model import Place
from pipelines.errors import UsageError, listed_names, nearest
from pipelines.language import say, say_many

Severity = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Problem:
    """One fault of a declaration and how to mend it; `line` and `column` count from 1 (contract: check)."""

    file: Path
    line: int
    column: int
    message: str
    suggestion: str | None = field(default=None, compare=False)
    """What to write instead, where that can be said."""
    severity: Severity = "error"

    def __str__(self) -> str:
        """`file:line:column message`, the file seen from the current folder where it lies below it."""
        return f"{shown(self.file)}:{self.line}:{self.column} {self.message}"

    def as_json(self) -> dict[str, str | int | None]:
        """The form of `carnet check --json`; a warning says so in its message, for the form has no severity."""
        return {
            "file": str(self.file),
            "line": self.line,
            "column": self.column,
            "message": self.message if self.severity == "error" else say("warning: {message}", message=self.message),
            "suggestion": self.suggestion,
        }


class DeclarationError(UsageError):
    """The YAML cannot be used, or that of a search; `problems` are all of its errors, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem], *, of_search: bool = False) -> None:
        self.problems = tuple(problem for problem in problems if problem.severity == "error")
        listed = "\n".join(str(problem) for problem in self.problems)
        count = len(self.problems)
        if of_search:
            said = say_many("The search has {n} error:", "The search has {n} errors:", count)
        else:
            said = say_many("The declarations have {n} error:", "The declarations have {n} errors:", count)
        super().__init__(f"{said}\n{listed}")


class Problems:
    """Collects problems while declarations are read, so that the operator sees all of them at once."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def error(self, place: Place, message: str, suggestion: str | None = None) -> None:
        """Add an error: the declarations cannot be used."""
        self._found[Problem(place.file, place.line, place.column, message, suggestion)] = None

    def warning(self, place: Place, message: str, suggestion: str | None = None) -> None:
        """Add a warning: the declarations can be used."""
        self._found[Problem(place.file, place.line, place.column, message, suggestion, "warning")] = None

    def unknown(self, place: Place, kind: str, name: str, known: Iterable[str]) -> None:
        """Add the error of a name that nothing declares; `kind` is marked."""
        self.not_there(place, say("there is no {kind} {name!r}", kind=say(kind), name=name), name, known)

    def not_there(self, place: Place, said: str, name: str, known: Iterable[str]) -> None:
        """Add an error that is said of a name, with the nearest one or else those that would do."""
        names = tuple(known)
        like = nearest(name, names)
        if like:
            message = say("{said}; did you mean {like!r}?", said=said, like=like)
        else:
            message = say("{said}; known: {names}", said=said, names=listed_names(names))
        self.error(place, message, like)

    @property
    def all(self) -> tuple[Problem, ...]:
        """Every problem once, in the order of files and lines."""
        return tuple(sorted(self._found))

    @property
    def has_errors(self) -> bool:
        """Whether the declarations cannot be used."""
        return any(problem.severity == "error" for problem in self._found)


def meant(like: str | None) -> str:
    """The question whether `like` is meant, to stand before what else could be; nothing where nothing is like it."""
    return say("did you mean {like!r}?", like=like) + " " if like else ""


def or_write(said: str, like: str | None) -> str:
    """What is wrong, and what to write instead where that is known."""
    return say("{said}; write {like}", said=said, like=like) if like else said


def or_percent(said: str, share: float, like: str | None) -> str:
    """What is wrong with a share, and how to write it where a percentage may be meant."""
    return say("{said}; for {share:g} % write {like}", said=said, share=share, like=like) if like else said


def shown(file: Path) -> str:
    """The path as people read it: from the current folder where it lies below it, bytes that are no text escaped."""
    here = Path.cwd()
    path = file.relative_to(here) if file.is_relative_to(here) else file
    return str(path).encode("utf-8", "backslashreplace").decode()
