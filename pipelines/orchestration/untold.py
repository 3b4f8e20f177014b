"""One file's import as Dagster keeps it: in its partition, its materialisations, then its verdicts.

And the imports that Dagster was never told of: a run that is killed between its commit and its report leaves one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import dagster as dg

from pipelines.errors import UsageError
from pipelines.imports.filing import find_partition_file
from pipelines.imports.history import KeptImport, latest_imports
from pipelines.imports.intake import ImportRequest
from pipelines.imports.results import ImportResult
from pipelines.orchestration.dagster_private import (
    COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES,
    AssetCheckExecutionRecordStatus,
)
from pipelines.orchestration.import_checks import ImportCheck, Importer, import_checks, import_keys
from pipelines.orchestration.metadata import checks_of, metadata_of
from pipelines.orchestration.names import INBOX, partitions_of
from pipelines.orchestration.verdicts import latest_materialization
from pipelines.workspace import Workspace

ImportEvent = dg.AssetMaterialization | dg.AssetCheckEvaluation
MOST_UNTOLD = 20

# A file that was taken is not out of date once others have passed through the inbox: without these the UI says so of each.
ANY_INBOX = dg.DataVersion("any")
FROM_ANY_INBOX = {
    "dagster/code_version": "any",
    f"dagster/input_data_version/{INBOX.to_user_string()}": ANY_INBOX.value,
    f"dagster/input_event_pointer/{INBOX.to_user_string()}": "NULL",
}


def provenance(asset: dg.AssetKey, importer: Importer) -> dict[str, str] | None:
    """The tags of a materialisation that say what it was made from."""
    return FROM_ANY_INBOX if asset == import_keys(importer)[0] else None


def reported(instance: dg.DagsterInstance, workspace: Workspace, result: ImportResult) -> Iterator[ImportEvent]:
    """What is to be reported of one file, to the partition of its own."""
    partition, importer = result.partition, workspace.declarations.importer(result.model)
    instance.add_dynamic_partitions(str(partitions_of(result.model).name), [partition])
    new = latest_materialization(instance, import_keys(importer)[0], partition) is None
    if result.status == "imported" or (result.status == "skipped" and new):
        for key, metadata in metadata_of(result, workspace.declarations.base).items():
            yield dg.AssetMaterialization(key, partition=partition, metadata=metadata, tags=provenance(key, importer))
    # The materialisations are stored by now: each was dealt with before the next one was asked for.
    about = {key: latest_materialization(instance, key, partition) for key in import_keys(importer)}
    for check in checks_of(result):
        yield check.as_evaluation(partition, about[check.asset])


def report_untold(
    instance: dg.DagsterInstance,
    workspace: Workspace,
    refused: Callable[[ImportResult], object] = lambda _: None,
    *,
    besides: str | None = None,
) -> list[str]:
    """Report the imports that a killed run had committed and not reported, `refused` each refused one; gives their partitions.

    `besides`: the partition of the run that asks, which reports it itself: its verdicts are planned already, and so not there yet.
    Their verdicts are judged again, for the base holds none; what they did to the base stands in its history.
    """
    with workspace.store.write() as writer:
        latest = latest_imports(writer.connection, MOST_UNTOLD)
    importers = {importer.name: importer for importer in workspace.declarations.importers}
    untold: list[KeptImport] = []
    for kept in latest:
        if kept.model not in importers or kept.partition == besides:
            continue
        if _is_reported(instance, kept, import_checks(importers[kept.model], workspace.declarations.base)):
            # Each run begins by reporting what is untold: older ones are reported too.
            break
        untold.append(kept)
    return [
        kept.partition
        for kept in reversed(untold)
        if _report(instance, workspace, kept, importers[kept.model], refused)
    ]


def _is_reported(instance: dg.DagsterInstance, kept: KeptImport, checks: list[ImportCheck]) -> bool:
    """Has Dagster the verdict that is reported last, or of a refused file the one that refuses it?"""
    if kept.status == "imported":
        asked, enough = [checks[-1].key], COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES
    else:
        asked = [check.key for check in checks if check.blocking]
        enough = {AssetCheckExecutionRecordStatus.FAILED}
    found = instance.event_log_storage.get_asset_check_partition_info(asked, partition_keys=[kept.partition])
    return any(info.latest_execution_status in enough for info in found)


def _report(
    instance: dg.DagsterInstance,
    workspace: Workspace,
    kept: KeptImport,
    importer: Importer,
    refused: Callable[[ImportResult], object],
) -> bool:
    try:
        path = find_partition_file(workspace.layout, importer.name, importer.file, kept.partition)
    except UsageError:
        return False
    judged = workspace.judge_anew(ImportRequest(str(path), importer.name, name=kept.name, force=True, preview=True))
    result = replace(
        judged,
        import_id=kept.import_id,
        status=kept.status,
        counts=kept.counts,
        unreachable=kept.unreachable,
        rejects_file=kept.rejects_file,
        report=kept.report,
        mended_file=kept.mended_file,
        changed_fields={},
        changes=(),
    )
    for event in reported(instance, workspace, result):
        instance.report_runless_asset_event(event)
    if result.status == "refused":
        refused(result)
    return True
