"""From declarations to Dagster definitions: `build_defs` is all that the code location and the CLI call.

Tests and the CLI swap the environment (`resource_overrides`), never the code.
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from assets.behaviours import behaviour_definitions
from assets.contacts import contacts_asset, published_base_asset
from pipelines.declarations.model import Declarations
from pipelines.declared import declared
from pipelines.layout import Layout
from pipelines.orchestration.corrections import edit_contact, undo_import
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
from pipelines.orchestration.segment_assets import segments_asset
from pipelines.orchestration.sensors import inbox_sensor
from pipelines.orchestration.sources import source_definitions


def build_defs(
    *,
    declarations: Declarations | None = None,
    layout: Layout | None = None,
    resource_overrides: Mapping[str, object] | None = None,
) -> dg.Definitions:
    """Everything that one folder of declarations makes; DeclarationError where it is wrong."""
    layout = layout or Layout.from_environment()
    declarations = declarations or declared(layout.assets)
    own = dg.Definitions(
        assets=[
            inbox_asset(declarations),
            *(import_assets(importer, declarations.base) for importer in declarations.importers),
            contacts_asset(declarations),
            segments_asset(declarations),
            published_base_asset(declarations),
        ],
        jobs=[
            *_import_jobs(declarations),
            _inbox_job(),
            _refresh_job(declarations),
            export_on_demand,
            undo_import,
            edit_contact,
        ],
        sensors=[inbox_sensor(declarations, layout)],
        resources={RESOURCE: workspace_resource, **(resource_overrides or {})},
        # One process for one import: a process a step pays the imports again and pickles contacts into Dagster's storage.
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(
        own,
        source_definitions(declarations, layout),
        behaviour_definitions(declarations),
        export_definitions(declarations),
    )


def _import_jobs(declarations: Declarations) -> list[UnresolvedAssetJobDefinition]:
    return [
        dg.define_asset_job(
            import_job(importer.name),
            selection=dg.AssetSelection.assets(*import_keys(importer)),
            description=f"Imports one file by `{importer.name}`, then counts segments and publishes the base.",
        )
        for importer in declarations.importers
    ]


def _inbox_job() -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        IMPORT_INBOX,
        selection=dg.AssetSelection.assets(INBOX),
        description="Imports the files that wait in the inbox, then counts segments and publishes the base.",
    )


def _refresh_job(declarations: Declarations) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        REFRESH_SEGMENTS,
        selection=dg.AssetSelection.assets(*segment_keys(declarations.segments), PUBLISHED),
        description="Makes the segments' views, counts them all and publishes the base.",
    )
