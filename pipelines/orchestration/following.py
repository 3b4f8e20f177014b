"""What an import is followed by: contacts checked, segments counted, the base published.

The jobs do it as assets of their own. A file's partition, or the inbox, that is materialised by itself in the UI is followed by the
same within its own step: it then leaves the base as `carnet import` does.
"""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
from collections.abc import Iterator
from typing import Any

import dagster as dg

from expectations.verdicts import Verdict
from pipelines.base.measures import measure_base
from pipelines.orchestration.names import CONTACTS, PUBLISHED
from pipelines.orchestration.segment_assets import refreshed
from pipelines.orchestration.verdicts import latest_materialization
from pipelines.workspace import Workspace

Metadata = dict[str, Any]
FollowingEvent = dg.AssetMaterialization | dg.AssetCheckEvaluation


def judged_contacts(workspace: Workspace) -> tuple[Metadata, tuple[Verdict, ...]]:
    """The base measured: what the UI shows of it, and a verdict a rule of `expectations/base.py`."""
    with workspace.store.write() as writer:
        measures = measure_base(writer.connection, writer.contact_base)
    verdicts = workspace.judge.judge("base", {name: [value] for name, value in measures.items()}, {})
    shown = {"dagster/row_count": measures["contacts"], "undeclared_fields": list(writer.reconciled.undeclared)}
    return shown, verdicts


def published(workspace: Workspace) -> Metadata:
    """The base published: where the copy lies, its size in bytes, whether it was replaced."""
    replaced = workspace.publish()
    path = workspace.layout.published
    return {"path": dg.MetadataValue.path(str(path)), "bytes": path.stat().st_size, "replaced": replaced}


def follows_by_itself(context: dg.AssetExecutionContext) -> bool:
    """Has the run no step after this one that publishes the base? So where assets are chosen in the UI, one by one."""
    chosen = context.run.asset_selection
    # None and the empty set both stand for a whole job.
    return bool(chosen) and PUBLISHED not in chosen


def follow(context: dg.AssetExecutionContext | dg.OpExecutionContext, workspace: Workspace) -> Iterator[FollowingEvent]:
    """Check the contacts, refresh the segments, publish the base: yields what the assets of a job would have reported."""
    shown, verdicts = judged_contacts(workspace)
    yield dg.AssetMaterialization(CONTACTS, metadata=shown)
    about = latest_materialization(context.instance, CONTACTS)
    for verdict in verdicts:
        yield dg.AssetCheckEvaluation(
            asset_key=CONTACTS,
            check_name=verdict.rule,
            passed=verdict.passed,
            metadata={"found": dg.MetadataValue.text(verdict.observed)},
            target_materialization_data=about,
        )
    yield from refreshed(workspace, context.instance)
    yield dg.AssetMaterialization(PUBLISHED, metadata=published(workspace))
