"""Exports as assets: a snapshot file each, written by hand, on a schedule, or whenever the base has changed (EXP-1 to EXP-4)."""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.declarations.model import Declarations, Export
from pipelines.exports.snapshots import Snapshot
from pipelines.orchestration.dagster_private import UnresolvedAssetJobDefinition
from pipelines.orchestration.names import OWNERS, PUBLISHED, export_job, export_key, segment_key
from pipelines.segments.audiences import segments_of
from pipelines.workspace import Workspace

GROUP = "exports"
KINDS = {"csv": "csv", "txt": "csv", "parquet": "parquet"}


def export_definitions(declarations: Declarations) -> dg.Definitions:
    """One asset and one job an export, its schedule where it declares one; those without follow the base."""
    zone = declarations.base.timezone
    return dg.Definitions(
        assets=[export_asset(export) for export in declarations.exports],
        jobs=[_job(export) for export in declarations.exports],
        schedules=[_schedule(export, export.schedule, zone) for export in declarations.exports if export.schedule],
        sensors=[
            dg.AutomationConditionSensorDefinition(
                "exports_follow_the_base",
                target=dg.AssetSelection.groups(GROUP),
                default_status=dg.DefaultSensorStatus.RUNNING,
                minimum_interval_seconds=10,
                description="Writes the exports that declare no schedule again when the base has changed.",
            )
        ]
        if declarations.exports
        else [],
    )


def export_asset(export: Export) -> dg.AssetsDefinition:
    """The snapshot file of one export; it reads the published copy, so that nothing it does reaches the base."""

    @dg.asset(
        key=export_key(export.name),
        deps=[PUBLISHED, *(segment_key(name) for name in sorted(segments_of(export.audience)))],
        group_name=GROUP,
        kinds={KINDS[export.format]},
        owners=OWNERS,
        description=_described(export),
        automation_condition=None if export.schedule else dg.AutomationCondition.eager(),
    )
    def snapshot(workspace: dg.ResourceParam[Workspace]) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata=metadata_of(workspace.export(workspace.declarations.export(export.name))))

    return snapshot


def metadata_of(snapshot: Snapshot) -> dict[str, Any]:
    """What the UI shows of a snapshot: rows, where it lies, its hash and instant."""
    return {
        "dagster/row_count": snapshot.rows,
        "path": dg.MetadataValue.path(str(snapshot.path)),
        "manifest": dg.MetadataValue.path(str(snapshot.manifest)),
        "sha256": snapshot.sha256,
        "taken_at": dg.MetadataValue.timestamp(snapshot.taken_at.timestamp()),
    }


def _described(export: Export) -> str:
    when = f"at `{export.schedule}`" if export.schedule else "whenever the base has changed"
    fields = "the 12 main fields" if export.fields == "main" else ", ".join(export.fields)
    return f"`data/exports/{export.name}.{export.format}`: {fields}; written {when}, and on demand."


def _job(export: Export) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        export_job(export),
        selection=dg.AssetSelection.assets(export_key(export.name)),
        description=f"Writes the export `{export.name}`.",
    )


def _schedule(export: Export, cron: str, zone: str) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=f"{export_job(export)}_schedule",
        job_name=export_job(export),
        cron_schedule=cron,
        execution_timezone=zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


class ExportOnDemand(dg.Config):
    """A snapshot that nothing declares: who, which fields, in which format, where to."""

    audience: str = "all_contacts"
    """A segment's name, or a saved search's."""
    fields: str = "main"
    """`main`, or names of fields with commas between them."""
    format: str = "csv"
    """csv, txt or parquet."""
    to: str
    """The file to write."""


@dg.op(description="Writes a snapshot file that no declaration names.")
def write_export(
    context: dg.OpExecutionContext, config: ExportOnDemand, workspace: dg.ResourceParam[Workspace]
) -> None:
    """One snapshot on demand."""
    export = workspace.on_demand(config.audience, config.fields, config.format)
    snapshot = workspace.export(export, Path(config.to))
    context.add_output_metadata(metadata_of(snapshot))


@dg.job(description="Writes a snapshot file on demand: `carnet export --audience … --to FILE`.")
def export_on_demand() -> None:
    """The job behind `carnet export --audience`."""
    write_export()
