"""Segments as assets: views that are always current, and their counts, refreshed in one pass (SEG-1, SEG-6)."""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from pipelines.declarations.checking import references
from pipelines.declarations.model import Criterion, Declarations, FieldCriterion, Group, Segment, SqlCriterion
from pipelines.language import say, say_many
from pipelines.orchestration.engines import asking_again, work_metadata
from pipelines.orchestration.instance import POOL
from pipelines.orchestration.markdown import fenced, plain_markdown
from pipelines.orchestration.names import ACTIVITY, CONTACTS, OWNERS, UNATTENDED, segment_key
from pipelines.orchestration.notifying import notifying
from pipelines.orchestration.verdicts import latest_materialization
from pipelines.raw_segments.failing import uncounted
from pipelines.segments.compiling import view_sql
from pipelines.segments.counting import Refreshed
from pipelines.segments.moving import Move
from pipelines.workspace import Workspace

GROUP = "segments"
SIZE_CHANGE = "size_change"
COUNTED = "counted"

Verdict = Mapping[str, Any]
"""What a check says, in the words that Dagster's results and evaluations share."""
SegmentEvent = dg.AssetMaterialization | dg.AssetCheckEvaluation


def segments_asset(declarations: Declarations) -> dg.AssetsDefinition:
    """One asset a segment; one step makes all the views and counts them all."""

    class RefreshConfig(dg.Config):
        __doc__ = say("Whether to count segments however many there are.")

        force: bool = False
        """Count them from 200 segments on too, where a run otherwise leaves it to `carnet segments --refresh`."""

    @dg.multi_asset(
        name="segments",
        specs=[_spec(segment, declarations) for segment in declarations.segments],
        check_specs=[
            *(_check_spec(s.name, s.warn_change) for s in declarations.segments if s.warn_change is not None),
            *(_counted_spec(name) for name in sorted(_may_fail(declarations))),
        ],
        can_subset=True,
        pool=POOL,
    )
    def segments(
        context: dg.AssetExecutionContext, config: RefreshConfig, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult]:
        with asking_again(context):
            found = _refresh(context, workspace, force=config.force, anew=True)
        verdicts = list(_verdicts(workspace, found))
        for segment in workspace.declarations.segments:
            # In the declarations' order, each after those it depends on: Dagster wants them so.
            key = segment_key(segment.name)
            if key in context.selected_asset_keys:
                judged = [
                    dg.AssetCheckResult(**told)
                    for told in verdicts
                    if told["asset_key"] == key and _key_of(told) in context.selected_asset_check_keys
                ]
                yield dg.MaterializeResult(
                    asset_key=key,
                    metadata=_counted(found, segment.name),
                    check_results=judged,
                )

    return segments


def refreshed(
    context: dg.AssetExecutionContext | dg.OpExecutionContext, workspace: Workspace
) -> Iterator[SegmentEvent]:
    """Refresh the segments outside of their own step: of those whose count or view changed, what that step would report."""
    found = _refresh(context, workspace, force=False, anew=False)
    for name in found.changed:
        yield dg.AssetMaterialization(segment_key(name), metadata=_counted(found, name))
    for told in _verdicts(workspace, found):
        about = latest_materialization(context.instance, told["asset_key"])
        yield dg.AssetCheckEvaluation(**told, target_materialization_data=about)


def _refresh(
    context: dg.AssetExecutionContext | dg.OpExecutionContext, workspace: Workspace, *, force: bool, anew: bool
) -> Refreshed:
    """Refresh the segments; those that cannot be counted are logged, and mailed where nobody watches."""
    found = workspace.refresh_segments(force=force, anew=anew)
    for line in uncounted(found.failures):
        context.log.error(line)
    if found.failures and context.job_name in UNATTENDED:
        with notifying(workspace, context.log) as notifier:
            for failure in found.failures.values():
                notifier.uncounted(failure)
    return found


def _verdicts(workspace: Workspace, found: Refreshed) -> Iterator[Verdict]:
    """The checks of one refresh: which segments could be counted, and which counts moved too far. They block nothing."""
    yield from map(_moved, workspace.segment_moves(found.counts))
    may_fail = _may_fail(workspace.declarations)
    for segment, count in found.counts.items():
        if segment in may_fail:
            yield _could_be_counted(segment, passed=True, told=_told_count(count))
    for failure in found.failures.values():
        yield _could_be_counted(failure.segment, passed=False, told=failure.told)


def _key_of(told: Verdict) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(told["asset_key"], told["check_name"])


def _counted(found: Refreshed, segment: str) -> dict[str, Any]:
    """What the UI shows of a segment, and plots from one materialisation to the next; nothing where it was not counted."""
    return {"dagster/row_count": found.counts[segment], **work_metadata(found.work)} if segment in found.counts else {}


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
        description=f"{plain_markdown(segment.label)}{_named(segment)}\n\n{fenced(view, 'sql')}",
    )


def _named(segment: Segment) -> str:
    """The name, where the asset's key and the label are others."""
    plain = segment_key(segment.name).path[-1] == segment.name
    return "" if plain or segment.label == segment.name else f" ({plain_markdown(segment.name)})"


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


def _check_spec(segment: str, allowed: float) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        SIZE_CHANGE,
        asset=segment_key(segment),
        description=say(
            "Warns when a refresh moves the count by more than {allowed:.0%} of the count before (`warn_change`).",
            allowed=allowed,
        ),
    )


def _may_fail(declarations: Declarations) -> frozenset[str]:
    """The segments that values of the base may keep from being counted: raw ones, and those that depend on one."""
    found: set[str] = set()
    for segment in declarations.segments:
        raw = segment.sql is not None and not segment.default
        if raw or any(read.segment in found for read in references(segment.root)):
            found.add(segment.name)
    return frozenset(found)


def _counted_spec(segment: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        COUNTED,
        asset=segment_key(segment),
        description=say(
            "Fails when the SQL of the segment, or of one that it depends on, fails on a value of the base: it then keeps its "
            "former count, and the others are counted all the same."
        ),
    )


def _could_be_counted(segment: str, *, passed: bool, told: str) -> Verdict:
    return {
        "asset_key": segment_key(segment),
        "check_name": COUNTED,
        "passed": passed,
        "severity": dg.AssetCheckSeverity.ERROR,
        "description": told,
        "metadata": {},
    }


def _told_count(count: int) -> str:
    return say_many("Counted: {n:,} contacts.", "Counted: {n:,} contacts.", count)


def _told_move(before: int, move: Move) -> str:
    if move.share is None:
        return say_many(
            "From {before:,} to {n:,} contacts; {allowed:.0%} is allowed.",
            "From {before:,} to {n:,} contacts; {allowed:.0%} is allowed.",
            move.count,
            before=before,
            allowed=move.allowed,
        )
    return say_many(
        "From {before:,} to {n:,} contacts, {share:+.1%}; {allowed:.0%} is allowed.",
        "From {before:,} to {n:,} contacts, {share:+.1%}; {allowed:.0%} is allowed.",
        move.count,
        before=before,
        share=(move.count - before) / before,
        allowed=move.allowed,
    )


def _moved(move: Move) -> Verdict:
    metadata: dict[str, Any] = {"count": move.count, "allowed": move.allowed}
    if move.before is None:
        told = say_many(
            "Counted for the first time: {n:,} contacts.", "Counted for the first time: {n:,} contacts.", move.count
        )
    else:
        told = _told_move(move.before, move)
        metadata["count_before"] = move.before
    return {
        "asset_key": segment_key(move.segment),
        "check_name": SIZE_CHANGE,
        "passed": not move.too_far,
        "severity": dg.AssetCheckSeverity.WARN,
        "description": told,
        "metadata": metadata,
    }
