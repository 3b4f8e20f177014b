"""The terminal, as rich knows it."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from pipelines.cli.output import plain


class PlainConsole(Console):
    """Prints the signs of texts, and none of their commands: a file's name may hold what a terminal obeys (SEC-5)."""

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich does."""
        super().print(*(plain(each) if isinstance(each, str) else each for each in objects), **options)
