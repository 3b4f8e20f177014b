"""See pipelines.cells.emails."""

from pipelines.cells.emails import *  # noqa: F403
