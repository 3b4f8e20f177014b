"""Exports that declare no schedule follow the base: a sensor asks for those that are behind what was published (EXP-4, decision 6).

It compares numbers: of Dagster's events, which runs leave, and of the changes that the published copy holds, which calls, webhooks
and commands make without a run. It reads one row of the copy, once for each publication, and opens no base.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import RunsFilter

from pipelines.base.identity import published_changes
from pipelines.declarations.model import Export
from pipelines.delivery.retrying import next_attempt
from pipelines.language import say
from pipelines.orchestration.names import PUBLISHED, export_key, segment_key
from pipelines.orchestration.run_tags import kind
from pipelines.orchestration.sensors import UNDER_WAY
from pipelines.segments.audiences import segments_of

FOLLOWING = "exports_follow_the_base"
INTERVAL_SECONDS = 10
LONGEST_SETTLING = 300.0
"""Seconds after which changes that go on and on are followed all the same."""
_FIRST_PAUSE = timedelta(seconds=30)


def read_from(export: Export) -> list[dg.AssetKey]:
    """What an export reads: the published base, and the segments that its audience names."""
    return [PUBLISHED, *(segment_key(name) for name in sorted(segments_of(export.audience)))]


@dataclass(frozen=True)
class Asked:
    """What stood when an export was last asked for: the latest event of what it reads, the changes of the copy, its own last event.

    `attempts`: how often in a row; `retry_at`: from when on (seconds since 1970) it is asked for again where nothing came of it.
    """

    event: int = 0
    changes: int = 0
    written: int = 0
    attempts: int = 0
    retry_at: float = 0.0


@dataclass(frozen=True)
class Cursor:
    """What the sensor keeps: what it asked for, by export; the changes that it saw last, and since when others than asked for."""

    exports: Mapping[str, Asked] = field(default_factory=dict[str, Asked])
    seen: int = 0
    since: float = 0.0

    def of(self, name: str) -> Asked:
        """What was asked for of an export."""
        return self.exports.get(name, Asked())

    def looked(self, names: Sequence[str], changes: int | None, now: float) -> Cursor:
        """The same after a look at the copy (None: it does not open now), of these exports alone."""
        seen = self.seen if changes is None else changes
        behind = any(self.of(name).changes != seen for name in names)
        kept = {name: self.exports[name] for name in names if name in self.exports}
        return Cursor(kept, seen, (self.since or now) if behind else 0.0)

    def asking(self, wanted: Mapping[str, Asked], now: float) -> Cursor:
        """The same once these are asked for."""
        exports = {**self.exports, **wanted}
        return replace(self, exports=exports).looked(list(exports), self.seen, now)


def following_sensor(
    exports: Sequence[Export], published: Path, clock: Callable[[], float] = time.time
) -> dg.SensorDefinition:
    """A sensor that asks for one run over the exports whose base or segments have changed since it last asked for them.

    The cursor moves when a run is asked for: what is published while an export is being written makes it be written again. A run
    of which nothing came, since it failed or was killed, is asked for again after pauses that grow up to an hour. Changes without
    a run are followed once they have come to rest between two looks, or after five minutes.
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
        latest, changes = _latest_events(context.instance, followers), published_changes(published)
        if PUBLISHED not in latest and changes is None:
            return dg.SkipReason(say("The base has not been published yet."))
        before, now = read_cursor(context.cursor), clock()
        cursor = before.looked([export.name for export in followers], changes, now)
        context.update_cursor(write_cursor(cursor))
        if context.instance.get_runs(RunsFilter(tags={"dagster/sensor_name": FOLLOWING}, statuses=UNDER_WAY), limit=1):
            return dg.SkipReason(say("Exports are being written; those that are behind are next."))
        rested = before.seen == cursor.seen or now - (cursor.since or now) >= LONGEST_SETTLING
        standing = {export.name: _standing(export, latest, cursor.seen) for export in followers}
        asked = {name: _again(found, cursor.of(name), rested=rested, now=now) for name, found in standing.items()}
        wanted = {name: found for name, found in asked.items() if found is not None}
        if not wanted:
            return dg.SkipReason(_why_nothing(cursor, standing, now))
        context.update_cursor(write_cursor(cursor.asking(wanted, now)))
        return dg.RunRequest(
            run_key=" ".join(f"{name}:{each.event}:{each.changes}:{each.attempts}" for name, each in wanted.items()),
            asset_selection=[export_key(name) for name in wanted],
            tags=kind("export"),
        )

    return exports_follow_the_base


def _standing(export: Export, latest: Mapping[dg.AssetKey, int], changes: int) -> Asked:
    event = max(latest.get(key, 0) for key in read_from(export))
    return Asked(event, changes, latest.get(export_key(export.name), 0))


def _again(found: Asked, asked: Asked, *, rested: bool, now: float) -> Asked | None:
    """What is asked for where the export is behind, or nothing came of the last run; None where it is as new as the base."""
    if found.event > asked.event or (rested and found.changes != asked.changes):
        attempts = 1
    elif _is_owed(found, asked) and asked.retry_at <= now:
        attempts = asked.attempts + 1
    else:
        return None
    pause_ends = next_attempt(attempts, _FIRST_PAUSE, datetime.fromtimestamp(now, UTC)).timestamp()
    return replace(found, attempts=attempts, retry_at=pause_ends)


def _is_owed(found: Asked, asked: Asked) -> bool:
    """Whether the run that was asked for has written nothing; of one that a former cursor asked for nobody can tell."""
    return asked.attempts > 0 and found.written <= asked.written


def _why_nothing(cursor: Cursor, standing: Mapping[str, Asked], now: float) -> str:
    if cursor.since:
        return say("The base is being changed; the exports that follow it are written once it has come to rest.")
    owed = [cursor.of(name) for name, found in standing.items() if _is_owed(found, cursor.of(name))]
    pausing = [asked.retry_at for asked in owed if asked.retry_at > now]
    if pausing:
        soonest = datetime.fromtimestamp(min(pausing), UTC)
        return say("An export failed; the next attempt comes at {at:%H:%M:%S} UTC.", at=soonest)
    return say("The exports are as new as the base.")


def _latest_events(instance: dg.DagsterInstance, exports: Sequence[Export]) -> Mapping[dg.AssetKey, int]:
    """The number of the latest materialisation of each of these exports and of what they read; without those that have none."""
    keys = {key for export in exports for key in (export_key(export.name), *read_from(export))}
    records = instance.get_asset_records(sorted(keys))
    return {
        record.asset_entry.asset_key: record.asset_entry.last_materialization_storage_id
        for record in records
        if record.asset_entry.last_materialization_storage_id is not None
    }


def read_cursor(cursor: str | None) -> Cursor:
    """The cursor as it was written; an empty one where it is that of Dagster's automation condition, which stood here before.

    A former one held, by export, the number of the event that it was asked for.
    """
    with suppress(json.JSONDecodeError):
        found: Any = json.loads(cursor or "{}")
        if isinstance(found, dict) and "exports" in found:
            exports = {name: Asked(**each) for name, each in found["exports"].items()}
            return Cursor(exports, found["seen"], found["since"])
        if isinstance(found, dict):
            return Cursor({name: Asked(event) for name, event in found.items()})
    return Cursor()


def write_cursor(cursor: Cursor) -> str:
    """The cursor as JSON."""
    return json.dumps(asdict(cursor))
