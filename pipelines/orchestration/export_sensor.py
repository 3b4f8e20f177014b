"""Exports that declare no schedule follow the base: a sensor asks for those that are behind what was published (EXP-4, decision 6).

It compares numbers of events and opens no base.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress

import dagster as dg
from dagster import RunsFilter

from pipelines.declarations.model import Export
from pipelines.language import say
from pipelines.orchestration.names import PUBLISHED, export_key, segment_key
from pipelines.orchestration.run_tags import kind
from pipelines.orchestration.sensors import UNDER_WAY
from pipelines.segments.audiences import segments_of

FOLLOWING = "exports_follow_the_base"
INTERVAL_SECONDS = 10


def read_from(export: Export) -> list[dg.AssetKey]:
    """What an export reads: the published base, and the segments that its audience names."""
    return [PUBLISHED, *(segment_key(name) for name in sorted(segments_of(export.audience)))]


def following_sensor(exports: Sequence[Export]) -> dg.SensorDefinition:
    """A sensor that asks for one run over the exports whose base or segments have changed since it last asked for them.

    The cursor moves when a run is asked for, never when it ends: what is published while an export is being written makes it be
    written again.
    """
    followers = [export for export in exports if not export.schedule]

    @dg.sensor(
        name=FOLLOWING,
        asset_selection=dg.AssetSelection.assets(*(export_key(export.name) for export in followers)),
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=say("Writes the exports that declare no schedule again when the base has changed."),
    )
    def exports_follow_the_base(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        latest = _latest_events(context.instance, followers)
        if PUBLISHED not in latest:
            return dg.SkipReason(say("The base has not been published yet."))
        asked = read_cursor(context.cursor)
        changed = {export.name: max(latest.get(key, 0) for key in read_from(export)) for export in followers}
        behind = [name for name, event in changed.items() if event > asked.get(name, 0)]
        if not behind:
            return dg.SkipReason(say("The exports are as new as the base."))
        if context.instance.get_runs(RunsFilter(tags={"dagster/sensor_name": FOLLOWING}, statuses=UNDER_WAY), limit=1):
            return dg.SkipReason(say("Exports are being written; those that are behind are next."))
        context.update_cursor(json.dumps(changed))
        return dg.RunRequest(
            run_key=" ".join(f"{name}:{changed[name]}" for name in behind),
            asset_selection=[export_key(name) for name in behind],
            tags=kind("export"),
        )

    return exports_follow_the_base


def _latest_events(instance: dg.DagsterInstance, exports: Sequence[Export]) -> Mapping[dg.AssetKey, int]:
    """The number of the latest materialisation of each asset that these exports read; those that have none are left out."""
    keys = {key for export in exports for key in read_from(export)}
    records = instance.get_asset_records(sorted(keys))
    return {
        record.asset_entry.asset_key: record.asset_entry.last_materialization_storage_id
        for record in records
        if record.asset_entry.last_materialization_storage_id is not None
    }


def read_cursor(cursor: str | None) -> dict[str, int]:
    """Export → the number of the latest event that it was asked for.

    Nothing where the cursor is that of Dagster's automation condition, which stood here before.
    """
    with suppress(json.JSONDecodeError):
        found = json.loads(cursor or "{}")
        return found if isinstance(found, dict) else {}
    return {}
