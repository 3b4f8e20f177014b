"""The errors that Carnet raises on purpose: one family, one exit code each (contract: command line).

Belongs here: the root and the kinds that callers tell apart. Does not: a room's own message texts.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import ClassVar

from pipelines.language import say

_LISTED = 20
MOST_COMPARED = 1000


class CarnetError(Exception):
    """Something that Carnet can name: what is wrong (`message`), how to mend it (`hint`), the exit code.

    `private`: persons' values that the message is about, for whoever asked; never in a log or in Dagster's storage (SEC-4).
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, hint: str = "", *, private: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.private = private

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class RefusedError(CarnetError):
    """A rule refused what was asked; the base is unchanged."""

    exit_code = 1


class UsageError(CarnetError):
    """The command or the declarations ask for something that is not there."""

    exit_code = 2


class UnknownNameError(UsageError):
    """A name that nothing declares; `known` are the names that would do, `nearest` the likeliest one; `kind` is marked text."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        self.nearest = nearest(name, self.known)
        meant = [say("Did you mean {name!r}?", name=self.nearest)] if self.nearest else []
        known = say("Known: {names}.", names=listed_names(self.known))
        super().__init__(say("There is no {kind} {name!r}.", kind=say(kind), name=name), " ".join((*meant, known)))


class EnvironmentFaultError(CarnetError):
    """The machine is in the way (a lock held, a full disk, a network fault): trying again may work.

    `passing`: whether it is likely to pass within the minute, so that a run asks again by itself.
    """

    passing: ClassVar[bool] = False

    exit_code = 3


def listed_names(names: Sequence[object]) -> str:
    """The first names, for people; `…` where there are more."""
    return ", ".join(map(str, names[:_LISTED])) + (", …" if len(names) > _LISTED else "") or say("none")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None where none is like it; a name of a thousand signs and more is like none."""
    if len(name) >= MOST_COMPARED:
        # Each comparison walks through the whole name, and a header may have megabytes.
        return None
    folded = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None
