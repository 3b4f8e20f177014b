"""Exports as assets: a snapshot file each, written by hand, on a schedule, or whenever the base has changed (EXP-1 to EXP-4)."""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from pipelines.declarations.model import Declarations, Export
from pipelines.exports.snapshots import Snapshot
from pipelines.language import say
from pipelines.layout import Layout
from pipelines.orchestration.dagster_private import UnresolvedAssetJobDefinition
from pipelines.orchestration.engines import asking_again, work_metadata
from pipelines.orchestration.export_sensor import following_sensor, read_from
from pipelines.orchestration.names import OWNERS, export_job, export_key
from pipelines.orchestration.notifying import Notifier, notifying
from pipelines.orchestration.run_tags import kind
from pipelines.workspace import Workspace

GROUP = "exports"
KINDS = {"csv": "csv", "txt": "csv", "parquet": "parquet", "xlsx": "excel"}


def export_definitions(declarations: Declarations, layout: Layout) -> dg.Definitions:
    """One asset and one job an export, its schedule where it declares one; those without follow the base."""
    zone = declarations.base.timezone
    return dg.Definitions(
        assets=[export_asset(export) for export in declarations.exports],
        jobs=[_job(export) for export in declarations.exports],
        schedules=[_schedule(export, export.schedule, zone) for export in declarations.exports if export.schedule],
        sensors=[following_sensor(declarations.exports, layout.published)]
        if any(not export.schedule for export in declarations.exports)
        else [],
    )


def export_asset(export: Export) -> dg.AssetsDefinition:
    """The snapshot file of one export; it reads the published copy, so that nothing it does reaches the base."""

    class ExportConfig(dg.Config):
        __doc__ = say("What one run of an export does otherwise.")

        since: int = Field(
            default=0,
            description=say(
                "With `delta: true`: the number of the export since which movements are told; 0: the last one."
            ),
        )

    @dg.asset(
        key=export_key(export.name),
        deps=read_from(export),
        group_name=GROUP,
        kinds={KINDS[export.format]},
        owners=OWNERS,
        description=_described(export),
    )
    def snapshot(
        context: dg.AssetExecutionContext, config: ExportConfig, workspace: dg.ResourceParam[Workspace]
    ) -> dg.MaterializeResult:
        held = workspace.declarations.export(export.name)
        with notifying(workspace, context.log) as notifier, telling_of(notifier, held):
            with asking_again(context):
                taken = workspace.export(held, since=config.since or None)
            notifier.exported(held, taken)
        return dg.MaterializeResult(metadata=metadata_of(taken))

    return snapshot


@contextmanager
def telling_of(notifier: Notifier, export: Export) -> Generator[None]:
    """Whatever the export fails for is told to its people, and goes on as it is; not where it is tried again."""
    try:
        yield
    except dg.RetryRequested:
        raise
    except Exception as error:
        notifier.export_failed(export, error)
        raise


def metadata_of(snapshot: Snapshot) -> dict[str, Any]:
    """What the UI shows of a snapshot: rows, where it lies, its hash and instant."""
    return {
        "dagster/row_count": snapshot.rows,
        "path": dg.MetadataValue.path(str(snapshot.path)),
        "manifest": dg.MetadataValue.path(str(snapshot.manifest)),
        "sha256": snapshot.sha256,
        "taken_at": dg.MetadataValue.timestamp(snapshot.taken_at.timestamp()),
        **(
            {"delta": dg.MetadataValue.path(str(snapshot.delta.path)), "movements": snapshot.delta.rows}
            if snapshot.delta
            else {}
        ),
        **({"delivered_to": snapshot.deliver_to} if snapshot.delivered_at else {}),
        **work_metadata(snapshot.work),
    }


def _described(export: Export) -> str:
    file = f"`data/exports/{export.name}.{export.format}`"
    fields = say("the 12 main fields") if export.fields == "main" else ", ".join(export.fields)
    when = say("at `{cron}`", cron=export.schedule) if export.schedule else say("whenever the base has changed")
    if export.deliver:
        return say(
            "{file}: {fields}; written {when}, and on demand, then delivered to {place}.",
            file=file,
            fields=fields,
            when=when,
            place=export.deliver,
        )
    return say("{file}: {fields}; written {when}, and on demand.", file=file, fields=fields, when=when)


def _job(export: Export) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        export_job(export),
        tags=kind("export"),
        selection=dg.AssetSelection.assets(export_key(export.name)),
        description=say("Writes the export `{name}`.", name=export.name),
        config={"ops": {export_key(export.name).to_python_identifier(): {"config": {"since": 0}}}},
    )


def _schedule(export: Export, cron: str, zone: str) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=f"{export_job(export)}_schedule",
        job_name=export_job(export),
        cron_schedule=cron,
        execution_timezone=zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def export_on_demand() -> dg.JobDefinition:
    """The job behind `carnet export --audience`: made with the definitions, for what it says is in the language."""

    class ExportOnDemand(dg.Config):
        __doc__ = say("A snapshot that nothing declares: who, which fields, in which format, where to.")

        audience: str = "all_contacts"
        """A segment's name, or a saved search's."""
        fields: str = "main"
        """`main`, or names of fields with commas between them."""
        format: str = "csv"
        """csv, txt, parquet or xlsx."""
        to: str
        """The file to write."""

    @dg.op(description=say("Writes a snapshot file that no declaration names."))
    def write_export(
        context: dg.OpExecutionContext, config: ExportOnDemand, workspace: dg.ResourceParam[Workspace]
    ) -> None:
        export = workspace.on_demand(config.audience, config.fields, config.format)
        snapshot = workspace.export(export, Path(config.to))
        context.add_output_metadata(metadata_of(snapshot))

    @dg.job(
        name="export_on_demand",
        tags=kind("export"),
        description=say("Writes a snapshot file on demand: `carnet export --audience … --to FILE`."),
        config={
            "ops": {
                "write_export": {
                    "config": {"audience": "all_contacts", "fields": "main", "format": "csv", "to": "/tmp/contacts.csv"}  # noqa: S108
                }
            }
        },
    )
    def on_demand() -> None:
        write_export()

    return on_demand
