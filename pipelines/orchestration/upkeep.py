"""Jobs that tidy the base: purge, retention, merge (EXP-8, EXP-13, EXP-14); the Launchpad explains what each wants.

A merge names contacts by their number, which is nobody's address (SEC-4).
"""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
import dagster as dg
from pydantic import Field

from pipelines.base.statements import first_row
from pipelines.declarations.model import Declarations
from pipelines.language import say
from pipelines.orchestration.corrections import follow_correction
from pipelines.orchestration.instance import POOL
from pipelines.orchestration.names import COMPACT_LAKE, RETENTION
from pipelines.orchestration.notifying import notifying
from pipelines.orchestration.run_tags import kind
from pipelines.workspace import Workspace


def _purge_job() -> dg.JobDefinition:
    """The job behind `carnet purge`: one purge, or how many it would delete."""

    class PurgeConfig(dg.Config):
        __doc__ = say("Who is to be deleted, and whether that is meant.")

        audience: str = Field(default="bad_email_addresses", description=say("A segment, or a saved search."))
        meant: bool = Field(default=False, description=say("false: say how many would go, and do nothing."))

    @dg.op(
        pool=POOL,
        description=say(
            "Deletes the contacts of an audience, once an archive holds them; `carnet undo` takes it back."
        ),
    )
    def purge_audience(
        context: dg.OpExecutionContext, config: PurgeConfig, workspace: dg.ResourceParam[Workspace]
    ) -> None:
        if not config.meant:
            context.add_output_metadata({"would_delete": workspace.count(config.audience)})
            return
        purged = workspace.purge(config.audience)
        context.add_output_metadata(
            {
                "deleted": purged.deleted,
                "archive": dg.MetadataValue.path(str(purged.archive)),
                "manifest": dg.MetadataValue.path(str(purged.manifest)),
                "import_id": purged.import_id,
            }
        )
        follow_correction(context, workspace)

    @dg.job(
        tags=kind("upkeep"),
        description=say("Deletes an audience, archived first: `carnet purge AUDIENCE`."),
        config={"ops": {"purge_audience": {"config": {"audience": "bad_email_addresses", "meant": False}}}},
    )
    def purge() -> None:
        purge_audience()

    return purge


def _retention_job() -> dg.JobDefinition:
    """The job behind `carnet retention --apply`."""

    @dg.op(
        pool=POOL,
        description=say("Notices who was inactive for years, and purges those whose notice is over."),
    )
    def retain(context: dg.OpExecutionContext, workspace: dg.ResourceParam[Workspace]) -> None:
        with notifying(workspace, context.log) as notifier:
            retained = workspace.retain()
            context.add_output_metadata(retained.as_json())
            notifier.retained(retained)
            follow_correction(context, workspace)

    @dg.job(
        name=RETENTION,
        tags=kind("upkeep"),
        description=say("Notices and purges who was inactive for years: `carnet retention --apply`."),
    )
    def apply_retention() -> None:
        retain()

    return apply_retention


def _merge_job() -> dg.JobDefinition:
    """The job behind `carnet contact merge`."""

    class MergeConfig(dg.Config):
        __doc__ = say("Which contact stays, and which one goes into it.")

        keep: int = Field(description=say("The contact_id of the contact that stays, as `carnet duplicates` shows it."))
        other: int = Field(description=say("The contact_id of the one that goes into it."))
        meant: bool = Field(default=True, description=say("false: look whether both are there, and do nothing."))

    @dg.op(pool=POOL, description=say("Unites two contacts; `carnet undo` takes it back."))
    def merge(context: dg.OpExecutionContext, config: MergeConfig, workspace: dg.ResourceParam[Workspace]) -> None:
        if not config.meant:
            with workspace.published() as connection:
                among = [config.keep, config.other]
                found = first_row(connection, "SELECT count(*) FROM main.contacts WHERE contact_id IN ?", [among])
            context.add_output_metadata({"found": found[0] if found else 0})
            return
        merged = workspace.merge(str(config.keep), str(config.other))
        context.add_output_metadata(merged.as_json())
        follow_correction(context, workspace)

    @dg.job(
        tags=kind("upkeep"),
        description=say("Unites two contacts: `carnet contact merge KEEP OTHER`."),
        config={"ops": {"merge": {"config": {"keep": 1, "other": 2, "meant": False}}}},
    )
    def merge_contacts() -> None:
        merge()

    return merge_contacts


def _compaction_job() -> dg.JobDefinition:
    """The job behind `carnet lake --compact`; it reads the published copy, and keeps nobody from the base."""

    @dg.op(description=say("Puts old parts of the lake together, and lets go of publications that it no longer keeps."))
    def compact(context: dg.OpExecutionContext, workspace: dg.ResourceParam[Workspace]) -> None:
        tidied = workspace.compact_lake()
        context.add_output_metadata({"expired": tidied.publications, "files_removed": tidied.files})

    @dg.job(
        name=COMPACT_LAKE,
        tags=kind("upkeep"),
        description=say("Compacts the lake, and expires its old publications: `carnet lake --compact`."),
    )
    def compact_lake() -> None:
        compact()

    return compact_lake


def upkeep_definitions(declarations: Declarations) -> dg.Definitions:
    """The jobs; a daily run of the retention, a weekly one of the lake's compaction, where these are declared."""
    kept = _upkeep(declarations)
    if declarations.base.lake is None:
        return kept
    weekly = dg.ScheduleDefinition(
        name=f"{COMPACT_LAKE}_schedule",
        job_name=COMPACT_LAKE,
        cron_schedule="20 3 * * 0",
        execution_timezone=declarations.base.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=say("Every Sunday night: puts old parts of the lake together, and lets go of old publications."),
    )
    return dg.Definitions.merge(kept, dg.Definitions(jobs=[_compaction_job()], schedules=[weekly]))


def _upkeep(declarations: Declarations) -> dg.Definitions:
    jobs = [_purge_job(), _merge_job()]
    if declarations.base.retention is None:
        return dg.Definitions(jobs=jobs)
    daily = dg.ScheduleDefinition(
        name=f"{RETENTION}_schedule",
        job_name=RETENTION,
        cron_schedule="40 3 * * *",
        execution_timezone=declarations.base.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=say("Every night: notices who was inactive for years, and purges those whose notice is over."),
    )
    return dg.Definitions(jobs=[*jobs, _retention_job()], schedules=[daily])
