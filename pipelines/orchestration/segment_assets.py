"""Segments as assets: views that are always current, and their counts, refreshed in one pass (SEG-1, SEG-6)."""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
from collections.abc import Iterator

import dagster as dg

from pipelines.declarations.checking import references
from pipelines.declarations.model import Declarations, Segment
from pipelines.orchestration.instance import POOL
from pipelines.orchestration.names import CONTACTS, OWNERS, segment_key
from pipelines.segments.compiling import view_sql
from pipelines.workspace import Workspace

GROUP = "segments"


class RefreshConfig(dg.Config):
    """Whether to count segments however many there are."""

    force: bool = False
    """Count them from 200 segments on too, where a run otherwise leaves it to `carnet segments --refresh`."""


def segments_asset(declarations: Declarations) -> dg.AssetsDefinition:
    """One asset a segment; one step makes all the views and counts them all."""

    @dg.multi_asset(
        name="segments",
        specs=[_spec(segment, declarations) for segment in declarations.segments],
        can_subset=True,
        pool=POOL,
    )
    def segments(
        context: dg.AssetExecutionContext, config: RefreshConfig, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult]:
        counts = workspace.refresh_segments(force=config.force)
        for segment in workspace.declarations.segments:
            # In the declarations' order, each after those it depends on: Dagster wants them so.
            key, count = segment_key(segment.name), counts.get(segment.name)
            if key in context.selected_asset_keys:
                yield dg.MaterializeResult(
                    asset_key=key, metadata={} if count is None else {"dagster/row_count": count}
                )

    return segments


def _spec(segment: Segment, declarations: Declarations) -> dg.AssetSpec:
    view = view_sql(segment, declarations)
    return dg.AssetSpec(
        segment_key(segment.name),
        deps=[CONTACTS, *(segment_key(name) for name in sorted({found.segment for found in references(segment.root)}))],
        group_name=GROUP,
        kinds={"duckdb", "view"},
        owners=OWNERS,
        description=f"{segment.label}\n\n```sql\n{view}\n```",
    )
