"""The line of a terminal that says what a command is doing. Imported where there is a terminal: rich takes 0.1 s of CPU."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from typing import IO, Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from pipelines.language import say


@dataclass
class Progress:
    """A spinner, the step that runs, and the seconds since the start."""

    _terminal: IO[str]
    _line: Live
    _spinner: Spinner
    _since: float = field(default_factory=time.monotonic)

    @classmethod
    def shown(cls) -> Self:
        """On standard error, at once."""
        # A file of its own: while a step runs, Dagster keeps whatever goes to standard error for its log.
        terminal = os.fdopen(os.dup(sys.stderr.fileno()), "w")
        spinner = Spinner("dots", say("Starting…"))
        line = Live(spinner, console=Console(file=terminal, highlight=False), transient=True)
        line.start()
        return cls(terminal, line, spinner)

    def tell(self, step: str) -> None:
        """Another step begins."""
        self._spinner.update(
            text=Text(say("{step}… ({seconds:.0f} s)", step=step, seconds=time.monotonic() - self._since))
        )
        self._line.refresh()

    def clear(self) -> None:
        """Leave nothing on the terminal."""
        self._line.stop()
        self._terminal.close()
