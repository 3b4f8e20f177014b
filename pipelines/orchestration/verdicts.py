"""Verdicts as Dagster keeps them, by partition: which materialisation one is about, and what an earlier run said.

Dagster shows the verdict of a partition only while it is about that partition's latest materialisation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import dagster as dg
from dagster import AssetCheckEvaluation

from pipelines.imports.results import ImportResult
from pipelines.language import say
from pipelines.orchestration.dagster_private import AssetCheckEvaluationTargetMaterializationData as About
from pipelines.orchestration.dagster_private import AssetCheckExecutionRecordStatus, PartitionKeyFilter

_JUDGED = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}


def latest_materialization(
    instance: dg.DagsterInstance, asset: dg.AssetKey, partition: str | None = None
) -> About | None:
    """The materialisation that a verdict of now is about; None where there is none, as in the partition of a refused file."""
    asked = dg.AssetRecordsFilter(asset_key=asset, asset_partitions=[partition] if partition is not None else None)
    for record in instance.fetch_materializations(asked, limit=1).records:
        return About(run_id=record.run_id, storage_id=record.storage_id, timestamp=record.timestamp)
    return None


def kept_verdicts(
    instance: dg.DagsterInstance, checks: Iterable[dg.AssetCheckKey], result: ImportResult
) -> Iterator[dg.AssetCheckResult]:
    """The verdicts of a file that was not judged again (IMP-14), as they were when it was imported.

    Passed where Dagster kept none, and saying so: no file with a failed blocking rule was ever imported.
    """
    for check in checks:
        history = instance.event_log_storage.get_asset_check_execution_history(
            check, limit=1, status=_JUDGED, partition_filter=PartitionKeyFilter(key=result.partition)
        )
        former = next((found for record in history if (found := _evaluation(record.event))), None)
        if former is None:
            words = say("Not judged again: imported already, as number {number}.", number=result.import_id)
            yield dg.AssetCheckResult(asset_key=check.asset_key, check_name=check.name, passed=True, description=words)
        else:
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=former.passed,
                severity=former.severity,
                description=former.description,
                metadata=former.metadata,
            )


def _evaluation(event: dg.EventLogEntry | None) -> AssetCheckEvaluation | None:
    told = event.dagster_event.event_specific_data if event and event.dagster_event else None
    return told if isinstance(told, AssetCheckEvaluation) else None
