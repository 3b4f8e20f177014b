"""`activity` and `operation_report`: what every base computes from behaviours (BHV-3, BHV-4).

Both carry counts only (SEC-4): an operation's name is the operator's own word.
"""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
from typing import Any

import dagster as dg

from pipelines.behaviours.activity import DEGREES, Distribution
from pipelines.declarations.model import Declarations
from pipelines.language import number, say, words
from pipelines.orchestration.instance import POOL
from pipelines.orchestration.markdown import markdown_table
from pipelines.orchestration.names import (
    ACTIVITY,
    CONTACTS,
    OPERATION_REPORT,
    OWNERS,
    PUBLISHED,
    REFRESH_ACTIVITY,
    segment_keys,
)
from pipelines.orchestration.reports import report_metadata
from pipelines.orchestration.run_tags import kind
from pipelines.workspace import Workspace

GROUP = "behaviours"
EVERY_NIGHT = "0 4 * * *"

Metadata = dict[str, Any]


def behaviour_definitions(declarations: Declarations) -> dg.Definitions:
    """The two assets, the job that computes activity and all that follows from it, and the schedule of that job."""
    return dg.Definitions(
        assets=[activity_asset(declarations), operation_report_asset()],
        jobs=[
            dg.define_asset_job(
                REFRESH_ACTIVITY,
                tags=kind("base"),
                selection=dg.AssetSelection.assets(
                    ACTIVITY, OPERATION_REPORT, *segment_keys(declarations.segments), PUBLISHED
                ),
                description=say(
                    "Computes the activity of all contacts, reports on operations, counts segments, publishes the base."
                ),
            )
        ],
        schedules=[
            dg.ScheduleDefinition(
                name="activity_schedule",
                job_name=REFRESH_ACTIVITY,
                cron_schedule=EVERY_NIGHT,
                execution_timezone=declarations.base.timezone,
                default_status=dg.DefaultScheduleStatus.RUNNING,
                description=say("Activity grows old by itself: it is computed every night."),
            )
        ],
    )


def activity_asset(declarations: Declarations) -> dg.AssetsDefinition:
    """`activity`: who is active, and how much, as last computed."""
    rules = declarations.base.activity

    @dg.asset(
        key=ACTIVITY,
        deps=[CONTACTS],
        group_name=GROUP,
        kinds={"duckdb", "table"},
        owners=OWNERS,
        pool=POOL,
        description=say(
            "One row a contact: a degree from 0 to 10, from how many distinct days of the last {window} saw an opening, a click, "
            "a form, a conversion or a visit; active where one of the last {active} did. Computed every night, and by "
            "`carnet activity --refresh`.",
            window=rules.window_days,
            active=rules.active_within_days,
        ),
    )
    def activity(workspace: dg.ResourceParam[Workspace]) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata=_activity_metadata(workspace.compute_activity()))

    return activity


def _activity_metadata(found: Distribution) -> Metadata:
    rows = [(degree, words(DEGREES[degree]), number(count)) for degree, count in found.degrees.items()]
    return {
        "dagster/row_count": found.contacts,
        "active": found.active,
        "inactive": found.inactive,
        **{f"degree_{degree}": count for degree, count in found.degrees.items()},
        "degrees": dg.MetadataValue.md(markdown_table((say("degree"), say("active days"), say("contacts")), rows)),
    }


def operation_report_asset() -> dg.AssetsDefinition:
    """`operation_report`: what came of each operation."""

    @dg.asset(
        key=OPERATION_REPORT,
        deps=[CONTACTS],
        group_name=GROUP,
        kinds={"duckdb", "view"},
        owners=OWNERS,
        pool=POOL,
        description=say(
            "One row an operation and channel: how many distinct contacts received, opened, clicked, …, and rates. "
            "Delivered and bounced are shares of the recipients, what people did of those delivered to."
        ),
    )
    def operation_report(workspace: dg.ResourceParam[Workspace]) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata=report_metadata(workspace))

    return operation_report
