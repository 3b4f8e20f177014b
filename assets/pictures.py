"""`pictures`: the pages that show the base and the last imports (SRV-3); counts only, of nobody alone (SEC-4)."""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
import dagster as dg

from pipelines.declarations.model import Declarations
from pipelines.language import say
from pipelines.orchestration.names import DRAW_PICTURES, OWNERS, PICTURES, PUBLISHED
from pipelines.orchestration.run_tags import kind
from pipelines.workspace import Workspace

EVERY_NIGHT = "30 4 * * *"


def picture_definitions(declarations: Declarations) -> dg.Definitions:
    """The asset, its job, and the schedule of that."""
    return dg.Definitions(
        assets=[pictures_asset()],
        jobs=[
            dg.define_asset_job(
                DRAW_PICTURES,
                tags=kind("base"),
                selection=dg.AssetSelection.assets(PICTURES),
                description=say("Draws the page of the base, and makes the Data Docs of the last imports."),
            )
        ],
        schedules=[
            dg.ScheduleDefinition(
                name="pictures_schedule",
                job_name=DRAW_PICTURES,
                cron_schedule=EVERY_NIGHT,
                execution_timezone=declarations.base.timezone,
                default_status=dg.DefaultScheduleStatus.RUNNING,
                description=say("Every night, for who reads the files; the service draws when somebody looks."),
            )
        ],
    )


def pictures_asset() -> dg.AssetsDefinition:
    """The pages of `data/docs/`; they read the published copy, so that nothing of them reaches the base."""

    @dg.asset(
        key=PICTURES,
        deps=[PUBLISHED],
        group_name="pages",
        kinds={"html"},
        owners=OWNERS,
        description=say(
            "`data/docs/index.html`: the base in pictures, and Great Expectations' Data Docs of the last imports. "
            "Drawn every night, by `carnet docs`, and by the service when somebody looks."
        ),
    )
    def pictures(workspace: dg.ResourceParam[Workspace]) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"path": dg.MetadataValue.path(str(workspace.draw()))})

    return pictures
