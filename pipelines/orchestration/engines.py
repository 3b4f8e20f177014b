"""Steps that Spark answers: what it did, for the Dagster UI, and asking it again where it failed (LAK-2).

Belongs here: what a step's materialisation says of it, and how often it is asked. Does not: who answers (`workspace`).
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.errors import EnvironmentFaultError

if TYPE_CHECKING:
    from pipelines.lake.spark import Work

TIMES = 2
"""How often a step asks again."""
PAUSE = 10.0
"""Seconds before it does. No longer: a run that writes keeps others waiting meanwhile."""


def work_metadata(work: Work | None) -> dict[str, Any]:
    """The metadata of what Spark did: nothing where DuckDB answered."""
    return {} if work is None else work.as_json()


@contextmanager
def asking_again(context: dg.AssetExecutionContext) -> Generator[None]:
    """A fault that is likely to pass has the step tried again, and is the run's own the last time. A step without effects only."""
    try:
        yield
    except EnvironmentFaultError as error:
        if not error.passing or context.retry_number >= TIMES:
            raise
        raise dg.RetryRequested(max_retries=TIMES, seconds_to_wait=PAUSE) from error
