"""See pipelines.cells.reading."""

from pipelines.cells.reading import *  # noqa: F403
