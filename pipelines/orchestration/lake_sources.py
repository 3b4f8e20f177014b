"""Sources of events that go straight into the lake (LAK-3): one job and one schedule for each event import that declares one.

Each piece of a file reports to a partition of its own, like a file of the inbox.
"""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
from datetime import timedelta

import dagster as dg
from dagster import RunsFilter
from pydantic import Field

from pipelines.declarations.model import Declarations, EventImport
from pipelines.lake.sources import SETTLE
from pipelines.language import say
from pipelines.orchestration.following import follow
from pipelines.orchestration.instance import POOL, close_dead_runs
from pipelines.orchestration.names import source_job
from pipelines.orchestration.notifying import notifying
from pipelines.orchestration.run_tags import kind
from pipelines.orchestration.sensors import UNDER_WAY
from pipelines.orchestration.untold import reported
from pipelines.workspace import Workspace


def lake_source_definitions(declarations: Declarations) -> dg.Definitions:
    """The jobs and schedules of all sources."""
    sources = [each for each in declarations.event_imports if each.source]
    return dg.Definitions(jobs=list(map(_job, sources)), schedules=list(map(_schedule, sources)))


def _job(event_import: EventImport) -> dg.JobDefinition:
    class SourceConfig(dg.Config):
        __doc__ = say("How careful it is with files that may still be written.")

        settle_seconds: int = Field(
            default=int(SETTLE.total_seconds()),
            description=say("How long a file in a folder must have stayed the same. 0: take at once what is there."),
        )

    @dg.op(
        name=f"take_from_{event_import.name}",
        pool=POOL,
        description=say(
            "Takes new files of `{files}` from {source}, piece by piece: their events go into the lake.",
            files=event_import.file,
            source=event_import.source,
        ),
    )
    def take_source(
        context: dg.OpExecutionContext, config: SourceConfig, workspace: dg.ResourceParam[Workspace]
    ) -> None:
        taken = {"imported": 0, "refused": 0}
        settle = timedelta(seconds=config.settle_seconds)
        with notifying(workspace, context.log) as notifier:
            for result in workspace.take_from_source(event_import.name, context.log.info, settle):
                taken[result.status] += 1
                if result.status == "refused":
                    context.log.warning(f"Refused; the report is {result.report}")
                    notifier.refused(result)
                for each in reported(context.instance, workspace, result):
                    context.log_event(each)  # pyright: ignore[reportArgumentType] (takes check evaluations too)
                workspace.store.give_way()
            if any(taken.values()):
                for each in follow(context, workspace, notifier, events=True):
                    context.log_event(each)  # pyright: ignore[reportArgumentType]
        context.add_output_metadata(taken)

    @dg.job(
        name=source_job(event_import),
        tags=kind("import"),
        description=say("Takes the new events at {source} into the lake.", source=event_import.source),
        config={"ops": {f"take_from_{event_import.name}": {"config": {"settle_seconds": int(SETTLE.total_seconds())}}}},
    )
    def take_all() -> None:
        take_source()

    return take_all


def _schedule(event_import: EventImport) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"{source_job(event_import)}_schedule",
        job_name=source_job(event_import),
        cron_schedule="*/15 * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=say("Every quarter of an hour."),
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        close_dead_runs(context.instance)
        runs = RunsFilter(job_name=source_job(event_import), statuses=UNDER_WAY)
        if context.instance.get_runs(runs, limit=1):
            return dg.SkipReason(say("A run of this source is under way."))
        return dg.RunRequest()

    return tick
