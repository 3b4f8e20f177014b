"""See pipelines.cells.texts."""

from pipelines.cells.texts import *  # noqa: F403
