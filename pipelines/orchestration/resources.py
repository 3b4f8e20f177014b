"""The resource that every asset works with: a workspace, opened for the run and closed with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import dagster as dg

from pipelines.language import say
from pipelines.orchestration.instance import PROCESS_TAG, process_mark
from pipelines.orchestration.names import ERASE_CONTACT, POLL
from pipelines.workspace import Workspace

RESOURCE = "workspace"


def workspace_resource() -> dg.ResourceDefinition:
    """The workspace of a run; what the UI says of it is in the language."""
    described = say("Folders, declarations, the base and the judge of its rules, for the time of a run.")
    return dg.ResourceDefinition(_opened, description=described)


def _opened(context: dg.InitResourceContext) -> Iterator[Workspace]:
    """A workspace of the run's own; the run is marked with its process, so that a kill is noticed."""
    run = context.run
    if run is not None and context.instance is not None:
        context.instance.add_run_tags(run.run_id, {PROCESS_TAG: process_mark()})
    workspace = Workspace.open(who="dagster")
    # The lock comes first: no step waits for it, nor for a slot that a run which waits has taken.
    writes = run is not None and not run.job_name.startswith(POLL) and run.job_name != ERASE_CONTACT
    try:
        with workspace.store.hold() if writes else nullcontext():
            yield workspace
    finally:
        workspace.close()
