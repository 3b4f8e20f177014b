"""See pipelines.cells.dates."""

from pipelines.cells.dates import *  # noqa: F403
