"""From declarations to Dagster definitions: `build_defs` is all that the code location and the CLI call.

Tests and the CLI swap the environment (`resource_overrides`), never the code.
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from assets.behaviours import behaviour_definitions
from assets.contacts import contacts_asset, published_base_asset
from assets.pictures import picture_definitions
from pipelines.declarations.model import Declarations, EventImport, ImportModel
from pipelines.declared import declared
from pipelines.language import say
from pipelines.layout import Layout
from pipelines.orchestration.corrections import correction_jobs
from pipelines.orchestration.dagster_private import UnresolvedAssetJobDefinition
from pipelines.orchestration.export_assets import export_definitions, export_on_demand
from pipelines.orchestration.import_assets import import_assets, inbox_asset
from pipelines.orchestration.import_checks import import_keys
from pipelines.orchestration.names import (
    IMPORT_INBOX,
    INBOX,
    PUBLISHED,
    REFRESH_SEGMENTS,
    import_job,
    segment_keys,
)
from pipelines.orchestration.resources import RESOURCE, workspace_resource
from pipelines.orchestration.run_tags import kind
from pipelines.orchestration.segment_assets import segments_asset
from pipelines.orchestration.sensors import inbox_sensor
from pipelines.orchestration.sources import source_definitions
from pipelines.orchestration.upkeep import upkeep_definitions
from pipelines.workspace import Workspace


def build_defs(
    *,
    declarations: Declarations | None = None,
    layout: Layout | None = None,
    resource_overrides: Mapping[str, object] | None = None,
) -> dg.Definitions:
    """Everything that one folder of declarations makes; DeclarationError where it is wrong."""
    layout = layout or Layout.from_environment()
    declarations = declarations or declared(layout.assets, layout.verdicts)
    own = dg.Definitions(
        assets=[
            inbox_asset(declarations),
            *(import_assets(importer, declarations.base) for importer in declarations.importers),
            contacts_asset(declarations),
            segments_asset(declarations),
            published_base_asset(declarations),
        ],
        jobs=[
            *map(_import_job, declarations.importers),
            _inbox_job(),
            _refresh_job(declarations),
            export_on_demand(),
            *correction_jobs(),
        ],
        sensors=[inbox_sensor(declarations, layout)],
        resources={RESOURCE: workspace_resource(), **(resource_overrides or {})},
        # One process for one import: a process a step pays the imports again and pickles contacts into Dagster's storage.
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(
        own,
        source_definitions(declarations, layout),
        _lake_sources(declarations),
        behaviour_definitions(declarations),
        export_definitions(declarations, layout),
        upkeep_definitions(declarations),
        picture_definitions(declarations),
    )


def build_job(job: str, workspace: Workspace) -> dg.JobDefinition:
    """One job, to be run in that workspace; of an import, the most frequent one, nothing else is built: 0.3 s less."""
    declarations, resources = workspace.declarations, {RESOURCE: workspace}
    for importer in declarations.importers:
        if job == import_job(importer.name):
            alone = dg.Definitions(
                assets=[import_assets(importer, declarations.base)],
                jobs=[_import_job(importer)],
                resources=resources,
                executor=dg.in_process_executor,
            )
            return alone.resolve_job_def(job)
    return build_defs(declarations=declarations, layout=workspace.layout, resource_overrides=resources).resolve_job_def(
        job
    )


def _lake_sources(declarations: Declarations) -> dg.Definitions:
    if not any(each.source for each in declarations.event_imports):
        return dg.Definitions()
    from pipelines.orchestration.lake_sources import lake_source_definitions  # who has none loads nothing of a lake

    return lake_source_definitions(declarations)


def _import_job(importer: ImportModel | EventImport) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        import_job(importer.name),
        tags=kind("import"),
        selection=dg.AssetSelection.assets(*import_keys(importer)),
        description=say(
            "Imports one file by `{model}`, then counts segments and publishes the base.", model=importer.name
        ),
        # What the Launchpad begins with: the file that the partition stands for.
        config={"ops": {f"take_{importer.name}": {"config": {"path": "", "name": "", "force": False}}}},
    )


def _inbox_job() -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        IMPORT_INBOX,
        tags=kind("import"),
        selection=dg.AssetSelection.assets(INBOX),
        description=say("Imports the files that wait in the inbox, then counts segments and publishes the base."),
        config={"ops": {INBOX.to_python_identifier(): {"config": {"files": []}}}},
    )


def _refresh_job(declarations: Declarations) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        REFRESH_SEGMENTS,
        tags=kind("base"),
        selection=dg.AssetSelection.assets(*segment_keys(declarations.segments), PUBLISHED),
        description=say("Makes the segments' views, counts them all and publishes the base."),
    )
