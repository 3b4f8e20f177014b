"""SFTP sources: one job and one schedule for each import model that declares one (IMP-17).

A poll is a run, so that a slow server holds up no sensor. It ends in the inbox, from where the inbox sensor takes the files.
"""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

import dagster as dg
from dagster import RunsFilter
from pydantic import Field

from pipelines.declarations.model import Declarations, ImportModel
from pipelines.delivery.faults import SourceBusyError
from pipelines.delivery.memory import Memory
from pipelines.delivery.retrying import SETTLE
from pipelines.errors import CarnetError, EnvironmentFaultError
from pipelines.language import say, say_many
from pipelines.layout import Layout
from pipelines.orchestration.instance import close_dead_runs
from pipelines.orchestration.names import poll_job
from pipelines.orchestration.notifying import notifying, public_message, remember_failure, source_subject
from pipelines.orchestration.run_tags import kind
from pipelines.orchestration.sensors import UNDER_WAY
from pipelines.workspace import Workspace

_HOUR, _DAY = 60, 1440


def source_definitions(declarations: Declarations, layout: Layout) -> dg.Definitions:
    """The jobs and schedules of all sources."""
    sources = [model for model in declarations.models if model.source]
    return dg.Definitions(
        jobs=[_job(model) for model in sources], schedules=[_schedule(model, layout) for model in sources]
    )


def _job(model: ImportModel) -> dg.JobDefinition:
    class PollConfig(dg.Config):
        __doc__ = say("How careful a poll is.")

        settle_seconds: int = Field(
            default=int(SETTLE.total_seconds()),
            description=say(
                "How long a file must have stayed the same, over two polls. 0: take at once what is there."
            ),
        )

    @dg.op(
        name=f"fetch_{model.name}",
        description=say(
            "Fetches new files of `{files}` from {source} into the inbox, each once, over one connection.",
            files=model.file,
            source=model.source,
        ),
    )
    def poll_source(context: dg.OpExecutionContext, config: PollConfig, workspace: dg.ResourceParam[Workspace]) -> None:
        held = workspace.declarations.model(model.name)
        context.add_output_metadata(_poll(workspace, held, timedelta(seconds=config.settle_seconds), context.log))

    @dg.job(
        name=poll_job(model),
        tags=kind("import"),
        description=say("Looks for new files at {source}; the inbox sensor imports them.", source=model.source),
        config={"ops": {f"fetch_{model.name}": {"config": {"settle_seconds": int(SETTLE.total_seconds())}}}},
    )
    def look_at_source() -> None:
        poll_source()

    return look_at_source


def _figure(value: int | tuple[object, ...]) -> int:
    return value if isinstance(value, int) else len(value)


def _poll(workspace: Workspace, model: ImportModel, settle: timedelta, log: dg.DagsterLogManager) -> dict[str, int]:
    """The figures of one poll; its failure is remembered and told, its success forgets former ones."""
    from pipelines.delivery.polling import Manner, Source, poll  # asyncssh, 0.2 s: only a poll pays for it

    most = workspace.declarations.base.max_file_bytes
    with notifying(workspace, log) as notifier:
        try:
            source = Source.of(model, workspace.layout, most)
            with Memory.open(workspace.layout) as memory:
                polled = poll(source, memory, log.info, replace(Manner(), settle=settle))
                memory.worked(source_subject(model))
        except SourceBusyError as busy:
            log.info(str(busy))
            return {}
        except Exception as error:
            # What is not ours is told by its place alone: who knows what its words repeat (SEC-2).
            fault = error if isinstance(error, CarnetError) else EnvironmentFaultError(public_message(error))
            notifier.source_failed(model, remember_failure(workspace.layout, model), fault)
            raise fault from None
        notifier.left_at_source(model, polled, most)
        return {name: _figure(value) for name, value in vars(polled).items()}


def _schedule(model: ImportModel, layout: Layout) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"{poll_job(model)}_schedule",
        job_name=poll_job(model),
        cron_schedule=crons(model.interval_minutes),
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=say_many(
            "Every {n} minutes; less often while the source fails.",
            "Every {n} minutes; less often while the source fails.",
            model.interval_minutes,
        ),
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return when_due(model, layout, context.instance)

    return tick


def when_due(
    model: ImportModel,
    layout: Layout,
    instance: dg.DagsterInstance,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> dg.RunRequest | dg.SkipReason:
    """A run, unless one is under way or the source failed and is left alone for a while."""
    close_dead_runs(instance)
    if instance.get_runs(RunsFilter(job_name=poll_job(model), statuses=UNDER_WAY), limit=1):
        return dg.SkipReason(say("A poll of this source is under way."))
    with Memory.open(layout) as memory:
        failure = memory.failure(source_subject(model))
    if failure is not None and clock() < failure.retry_at:
        return dg.SkipReason(
            say_many(
                "The source failed {n} times in a row; next attempt after {at:%Y-%m-%d %H:%M} UTC. Launch {job} to try at once.",
                "The source failed {n} times in a row; next attempt after {at:%Y-%m-%d %H:%M} UTC. Launch {job} to try at once.",
                failure.times,
                at=failure.retry_at,
                job=poll_job(model),
            )
        )
    return dg.RunRequest()


def crons(minutes: int) -> str | list[str]:
    """The cron line, or lines, of every so many minutes from midnight on, anew each day."""
    if _HOUR % minutes == 0:
        return f"*/{minutes} * * * *" if minutes < _HOUR else "0 * * * *"
    due = [(moment // _HOUR, moment % _HOUR) for moment in range(0, _DAY, minutes)]
    return [
        f"{','.join(str(minute) for _, minute in moments)} {hour} * * *"
        for hour, moments in groupby(due, key=lambda moment: moment[0])
    ]
