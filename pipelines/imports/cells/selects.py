"""See pipelines.cells.selects."""

from pipelines.cells.selects import *  # noqa: F403
