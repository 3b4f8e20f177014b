"""See pipelines.cells.crosses."""

from pipelines.cells.crosses import *  # noqa: F403
