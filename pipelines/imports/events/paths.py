"""A mapped key of JSON as a path: `user.email`, `recipients[].email`, `Message.bounce.bouncedRecipients[].emailAddress` (BHV-1).

Belongs here: what a key's name says by itself. Does not: what stands there (`unfolding`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate

_LIST = re.compile(r"\[\]\.?")


@dataclass(frozen=True)
class Path:
    """`steps` lead from an object to a value: through each item of a list but for the last one; dots lead one object down."""

    name: str
    steps: tuple[str, ...]

    @property
    def through_list(self) -> bool:
        """Whether its next step ends in a list."""
        return len(self.steps) > 1

    @property
    def pointers(self) -> tuple[str, ...]:
        """The JSON pointers of its next step: a key that holds the dots itself, then objects in each other."""
        step = self.steps[0]
        nested = pointer(step.split(".")) if step else ""
        return tuple(dict.fromkeys((pointer([step]) if step else "", nested)))

    @property
    def above(self) -> tuple[str, ...]:
        """The pointers of what the next step leads through, which may be a text that holds JSON; the list at its end too."""
        keys = self.steps[0].split(".") if self.steps[0] else []
        through = keys if self.through_list else keys[:-1]
        return tuple(pointer(part) for part in accumulate([key] for key in through))

    @property
    def lists_by_number(self) -> tuple[str, ...]:
        """The pointers of what an item is taken of by its number: `recipients.0.email`."""
        keys = self.steps[0].split(".")
        return tuple(pointer(keys[:place]) for place, key in enumerate(keys) if place and key.isdigit())

    def inside(self) -> Path:
        """The rest of the path, from an item of the list on."""
        return Path(self.name, self.steps[1:])


def path_of(name: str) -> Path:
    """The path that a mapped key's name is; a list around all objects is none, for each is read by itself."""
    steps = _LIST.split(name)
    return Path(name, tuple(steps[1:] if len(steps) > 1 and not steps[0] else steps))


def pointer(keys: list[str]) -> str:
    """The JSON pointer that leads from key to key."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def keys_of(pointed: str) -> list[str]:
    """The keys that a JSON pointer leads through."""
    return [key.replace("~1", "/").replace("~0", "~") for key in pointed.split("/")[1:]]
