"""What a run that changed the base is followed by, in the same step: contacts checked, segments counted, the base published.

Dagster is told of each by the asset that it is; it plans none of them, so that a run costs no more than what it does.
"""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from expectations.verdicts import Verdict
from pipelines.base.measures import measure_all, measure_changed
from pipelines.orchestration.names import CONTACTS, OPERATION_REPORT, PUBLISHED
from pipelines.orchestration.notifying import Notifier, public_message
from pipelines.orchestration.reports import report_metadata
from pipelines.orchestration.segment_assets import refreshed
from pipelines.orchestration.verdicts import latest_materialization
from pipelines.workspace import LakeBehind, Workspace

if TYPE_CHECKING:
    from pipelines.lake.publishing import Published as LakePublished

Metadata = dict[str, Any]
FollowingEvent = dg.AssetMaterialization | dg.AssetCheckEvaluation


def judged_contacts(workspace: Workspace, *, anew: bool) -> tuple[Metadata, tuple[Verdict, ...]]:
    """The base measured: what the UI shows of it, and a verdict a rule of `expectations/base.py`.

    `anew`: all contacts are looked at, not those alone that changed since nothing was wrong.
    """
    with workspace.store.write() as writer:
        measures = measure_all(writer) if anew else measure_changed(writer)
    verdicts = workspace.judge.judge("base", {name: [value] for name, value in measures.items()}, {})
    shown = {"dagster/row_count": measures["contacts"], "undeclared_fields": list(writer.reconciled.undeclared)}
    return shown, verdicts


def published(workspace: Workspace) -> Metadata:
    """The base published: where the copy lies, its size in bytes, whether it was replaced; what came of it in the lake."""
    replaced = workspace.publish()
    path = workspace.layout.published
    shown = {"path": dg.MetadataValue.path(str(path)), "bytes": path.stat().st_size, "replaced": replaced}
    return shown | lake_metadata(workspace.follow_in_lake())


def lake_metadata(found: "LakePublished | LakeBehind | None") -> Metadata:
    """What the UI shows of a publication in the lake, or of what was in its way; nothing where there is no lake."""
    if found is None:
        return {}
    if isinstance(found, LakeBehind):
        return {"lake_behind": dg.MetadataValue.text(found.told)}
    return {
        "lake_generation": found.generation,
        "lake_rows": sum(found.rows.values()),
        "lake_seconds": found.seconds,
    }


def follow(
    context: dg.AssetExecutionContext | dg.OpExecutionContext,
    workspace: Workspace,
    notifier: Notifier | None = None,
    *,
    events: bool = False,
) -> Iterator[FollowingEvent]:
    """Check the contacts, refresh the segments, publish the base; with `events`, report on operations too.

    Where a step fails, `notifier` is told: for runs that nobody watches.
    """
    steps: dict[str, Iterator[FollowingEvent]] = {"contacts": _contacts(context, workspace)}
    if events:
        steps["operation_report"] = _report(workspace)
    steps |= {"segments": refreshed(context, workspace), "published_base": _published(workspace, notifier)}
    for step, reported in steps.items():
        workspace.store.give_way()
        try:
            yield from reported
        except Exception as error:
            if notifier is not None:
                notifier.behind(step, public_message(error))
            raise


def _contacts(
    context: dg.AssetExecutionContext | dg.OpExecutionContext, workspace: Workspace
) -> Iterator[FollowingEvent]:
    shown, verdicts = judged_contacts(workspace, anew=False)
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


def _report(workspace: Workspace) -> Iterator[FollowingEvent]:
    yield dg.AssetMaterialization(OPERATION_REPORT, metadata=report_metadata(workspace))


def _published(workspace: Workspace, notifier: Notifier | None) -> Iterator[FollowingEvent]:
    shown = published(workspace)
    if notifier is not None and "lake_behind" in shown:
        notifier.behind("lake", shown["lake_behind"].text)
    yield dg.AssetMaterialization(PUBLISHED, metadata=shown)
