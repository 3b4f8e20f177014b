"""One file's import as Dagster keeps it: in its partition, its materialisations, then its verdicts.

And the imports that Dagster was never told of: a run that is killed between its commit and its report leaves one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import dagster as dg
from dagster._core.storage.asset_check_execution_record import (
    COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES,
    AssetCheckExecutionRecordStatus,
)

from expectations import file as file_suite
from expectations import rows as rows_suite
from pipelines.behaviours.results import EventImportResult
from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.errors import UsageError
from pipelines.imports.contacts.judging import file_options, row_options
from pipelines.imports.filing import find_partition_file
from pipelines.imports.history import KeptImport, latest_imports
from pipelines.imports.importing import import_file
from pipelines.imports.intake import Desk, ImportRequest
from pipelines.imports.results import ImportResult
from pipelines.orchestration.event_assets import events_told, tell_untold_events
from pipelines.orchestration.names import INBOX, file_key, partitions_of, rows_key
from pipelines.orchestration.reporting import MAPPING, checks_of, metadata_of
from pipelines.orchestration.verdicts import latest_materialization
from pipelines.workspace import Workspace

TakenEvent = dg.AssetMaterialization | dg.AssetCheckEvaluation
MOST_UNTOLD = 20

# A file that was taken is not out of date once others have passed through the inbox: without these the UI says so of each.
ANY_INBOX = dg.DataVersion("any")
FROM_ANY_INBOX = {
    "dagster/code_version": "any",
    f"dagster/input_data_version/{INBOX.to_user_string()}": ANY_INBOX.value,
    f"dagster/input_event_pointer/{INBOX.to_user_string()}": "NULL",
}


def provenance(asset: dg.AssetKey) -> dict[str, str] | None:
    """The tags of a materialisation that say what it was made from."""
    return FROM_ANY_INBOX if asset == file_key(asset.path[0]) else None


def told(instance: dg.DagsterInstance, workspace: Workspace, result: ImportResult) -> Iterator[TakenEvent]:
    """What is to be reported of one file, to the partition of its own."""
    partition = result.partition
    instance.add_dynamic_partitions(str(partitions_of(result.model).name), [partition])
    if result.status == "imported" or (
        result.status == "skipped" and latest_materialization(instance, file_key(result.model), partition) is None
    ):
        for key, metadata in metadata_of(result, workspace.declarations.base).items():
            yield dg.AssetMaterialization(key, partition=partition, metadata=metadata, tags=provenance(key))
    # The materialisations are stored by now: each was dealt with before the next one was asked for.
    judged = (file_key(result.model), rows_key(result.model))
    about = {asset: latest_materialization(instance, asset, partition) for asset in judged}
    for check in checks_of(result):
        yield check.as_evaluation(partition, about[check.asset])


def reported(
    instance: dg.DagsterInstance, workspace: Workspace, result: ImportResult | EventImportResult
) -> Iterator[TakenEvent]:
    """`told`, or `events_told`: whatever kind of file it was."""
    if isinstance(result, EventImportResult):
        yield from events_told(instance, result)
    else:
        yield from told(instance, workspace, result)


def tell_untold(
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
    declared = {model.name: model for model in workspace.declarations.models}
    events = {each.name for each in workspace.declarations.event_imports}
    untold: list[KeptImport] = []
    for kept in latest:
        if kept.model in events:
            tell_untold_events(instance, workspace, kept)
        if kept.model not in declared or kept.partition == besides:
            continue
        if _is_told(instance, kept, declared[kept.model], workspace.declarations.base):
            # Each run begins by telling what is untold: older ones are told of too.
            break
        untold.append(kept)
    return [
        kept.partition for kept in reversed(untold) if _tell(instance, workspace, kept, declared[kept.model], refused)
    ]


def _is_told(instance: dg.DagsterInstance, kept: KeptImport, model: ImportModel, base: ContactBase) -> bool:
    """Has Dagster the verdict that is reported last, MAPPING's, or of a refused file the one that refuses it?"""
    if kept.status == "imported":
        checks, wanted = (
            [dg.AssetCheckKey(file_key(model.name), MAPPING)],
            COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES,
        )
    else:
        checks, wanted = _blocking(model, base), {AssetCheckExecutionRecordStatus.FAILED}
    found = instance.event_log_storage.get_asset_check_partition_info(checks, partition_keys=[kept.partition])
    return any(info.latest_execution_status in wanted for info in found)


def _blocking(model: ImportModel, base: ContactBase) -> list[dg.AssetCheckKey]:
    rows = row_options(model)
    judged = [
        (file_key(model.name), file_suite.rules(file_options(base, model))),
        (rows_key(model.name), [*rows_suite.rules(rows), *rows_suite.rejection_rules(rows)]),
    ]
    named = [(asset, rule.name) for asset, rules in judged for rule in rules if rule.severity == "critical"]
    return [dg.AssetCheckKey(asset, name) for asset, name in [*named, (file_key(model.name), MAPPING)]]


def _tell(
    instance: dg.DagsterInstance,
    workspace: Workspace,
    kept: KeptImport,
    model: ImportModel,
    refused: Callable[[ImportResult], object],
) -> bool:
    try:
        path = find_partition_file(workspace.layout, model.name, model.file, kept.partition)
    except UsageError:
        return False
    desk = Desk(workspace.layout, workspace.declarations, workspace.store, workspace.judge, lambda _: None)
    request = ImportRequest(str(path), model.name, name=kept.name, force=True, preview=True)
    result = replace(
        import_file(request, desk),
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
    for event in told(instance, workspace, result):
        instance.report_runless_asset_event(event)
    if result.status == "refused":
        refused(result)
    return True
