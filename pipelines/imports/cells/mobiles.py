"""See pipelines.cells.mobiles."""

from pipelines.cells.mobiles import *  # noqa: F403
