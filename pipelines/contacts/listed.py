"""A list of contacts to look at, of a segment, a search or an operation's figure, as the contract's JSON has it (SEG-9)."""

from __future__ import annotations

from typing import Any, Protocol


class Listed(Protocol):
    """How many contacts there are, how many of them the list leaves out, and the list with every column."""

    @property
    def count(self) -> int:
        """Contacts, those left out included."""
        ...

    @property
    def left_out(self) -> int:
        """Contacts that set « do not track »."""
        ...

    @property
    def contacts(self) -> list[dict[str, Any]]:
        """Those that are listed."""
        ...


def listed_json(found: Listed) -> dict[str, Any]:
    """The contract's JSON of `search`."""
    return {"count": found.count, "left_out": found.left_out, "contacts": found.contacts}
