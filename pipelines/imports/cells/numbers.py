"""See pipelines.cells.numbers."""

from pipelines.cells.numbers import *  # noqa: F403
