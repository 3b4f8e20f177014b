"""Segments as assets: views that are always current, and their counts, refreshed in one pass (SEG-1, SEG-6)."""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from pipelines.declarations.checking import references
from pipelines.declarations.model import Criterion, Declarations, FieldCriterion, Group, Segment, SqlCriterion
from pipelines.orchestration.instance import POOL
from pipelines.orchestration.names import ACTIVITY, CONTACTS, OWNERS, segment_key
from pipelines.orchestration.verdicts import latest_materialization
from pipelines.segments.compiling import view_sql
from pipelines.segments.moving import Move
from pipelines.workspace import Workspace

GROUP = "segments"
SIZE_CHANGE = "size_change"

SegmentEvent = dg.AssetMaterialization | dg.AssetCheckEvaluation


class RefreshConfig(dg.Config):
    """Whether to count segments however many there are."""

    force: bool = False
    """Count them from 200 segments on too, where a run otherwise leaves it to `carnet segments --refresh`."""


def segments_asset(declarations: Declarations) -> dg.AssetsDefinition:
    """One asset a segment; one step makes all the views and counts them all."""

    @dg.multi_asset(
        name="segments",
        specs=[_spec(segment, declarations) for segment in declarations.segments],
        check_specs=[_check_spec(s.name, s.warn_change) for s in declarations.segments if s.warn_change is not None],
        can_subset=True,
        pool=POOL,
    )
    def segments(
        context: dg.AssetExecutionContext, config: RefreshConfig, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult]:
        counts = workspace.refresh_segments(force=config.force)
        moves = {move.segment: move for move in workspace.segment_moves(counts)}
        for segment in workspace.declarations.segments:
            # In the declarations' order, each after those it depends on: Dagster wants them so.
            key, move = segment_key(segment.name), moves.get(segment.name)
            if key in context.selected_asset_keys:
                judged = _check_key(segment.name) in context.selected_asset_check_keys
                yield dg.MaterializeResult(
                    asset_key=key,
                    metadata=_counted(counts, segment.name),
                    check_results=[dg.AssetCheckResult(**_verdict(move))] if move and judged else [],
                )

    return segments


def refreshed(workspace: Workspace, instance: dg.DagsterInstance) -> Iterator[SegmentEvent]:
    """Refresh the segments outside of their own step: yields what that step would have reported."""
    counts = workspace.refresh_segments()
    for segment in workspace.declarations.segments:
        yield dg.AssetMaterialization(segment_key(segment.name), metadata=_counted(counts, segment.name))
    for move in workspace.segment_moves(counts):
        about = latest_materialization(instance, segment_key(move.segment))
        yield dg.AssetCheckEvaluation(**_verdict(move), target_materialization_data=about)


def _counted(counts: Mapping[str, int], segment: str) -> dict[str, Any]:
    """What the UI shows of a segment, and plots from one materialisation to the next; nothing where it was not counted."""
    return {"dagster/row_count": counts[segment]} if segment in counts else {}


def _spec(segment: Segment, declarations: Declarations) -> dg.AssetSpec:
    view = view_sql(segment, declarations)
    return dg.AssetSpec(
        segment_key(segment.name),
        deps=[
            CONTACTS,
            *([ACTIVITY] if _asks_activity(segment.root) else []),
            *(segment_key(name) for name in sorted({found.segment for found in references(segment.root)})),
        ],
        group_name=GROUP,
        kinds={"duckdb", "view"},
        owners=OWNERS,
        description=f"{segment.label}\n\n```sql\n{view}\n```",
    )


def _asks_activity(criterion: Criterion) -> bool:
    """Whether it looks at what `activity` computes; not whether a segment that it refers to does."""
    match criterion:
        case FieldCriterion():
            return criterion.field == "activity_degree"
        case SqlCriterion():
            return "main.activity" in criterion.sql
        case Group():
            return any(map(_asks_activity, criterion.criteria))
        case _:
            return False


def _check_key(segment: str) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(segment_key(segment), SIZE_CHANGE)


def _check_spec(segment: str, allowed: float) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        SIZE_CHANGE,
        asset=segment_key(segment),
        description=f"Warns when a refresh moves the count by more than {allowed:.0%} of the count before (`warn_change`).",
    )


def _verdict(move: Move) -> dict[str, Any]:
    """The check of one refresh; it blocks nothing."""
    metadata: dict[str, Any] = {"count": move.count, "allowed": move.allowed}
    if move.before is None:
        told = f"Counted for the first time: {move.count:,} contacts."
    else:
        share = "" if move.share is None else f", {(move.count - move.before) / move.before:+.1%}"
        told = f"From {move.before:,} to {move.count:,} contacts{share}; {move.allowed:.0%} is allowed."
        metadata["count_before"] = move.before
    return {
        "asset_key": segment_key(move.segment),
        "check_name": SIZE_CHANGE,
        "passed": not move.too_far,
        "severity": dg.AssetCheckSeverity.WARN,
        "description": told,
        "metadata": metadata,
    }
