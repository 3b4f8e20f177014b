"""The assets of whatever imports files, and the inbox: one file is imported in the same way by each road (IMP-20).

A refused file leaves its verdict in its partition and nothing else; a run over several files goes on with the next one.
"""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
from collections.abc import Iterator

import dagster as dg

from pipelines.declarations.model import ContactBase, Declarations, EventImport
from pipelines.imports.filing import all_waiting_files, find_partition_file
from pipelines.imports.intake import ImportRequest
from pipelines.language import say
from pipelines.orchestration.following import FollowingEvent, follow
from pipelines.orchestration.import_checks import Importer, import_checks, import_specs
from pipelines.orchestration.instance import POOL
from pipelines.orchestration.metadata import checks_of, metadata_of
from pipelines.orchestration.names import INBOX, OWNERS, partitions_of
from pipelines.orchestration.notifying import Notifier, notifying, public_message
from pipelines.orchestration.run_tags import tag_import, tag_inbox
from pipelines.orchestration.untold import ANY_INBOX, ImportEvent, provenance, report_untold, reported
from pipelines.orchestration.verdicts import kept_verdicts
from pipelines.workspace import Workspace


def import_assets(importer: Importer, base: ContactBase) -> dg.AssetsDefinition:
    """The assets of one importer, partitioned by import, with a check a rule."""
    partitions = partitions_of(importer.name)

    class ImportConfig(dg.Config):
        __doc__ = say("What a run imports. With nothing set: the file that the partition stands for.")

        path: str = ""
        """The file; empty: the one held in the archive, among the refused ones or in the inbox for this partition."""
        name: str = ""
        """The import's name in the history; empty: the file's own name."""
        force: bool = False
        """Import again a file that was the model's last one already (IMP-14)."""

    @dg.multi_asset(
        name=f"take_{importer.name}",
        specs=import_specs(importer),
        check_specs=[check.spec(partitions) for check in import_checks(importer, base)],
        pool=POOL,
    )
    def take(
        context: dg.AssetExecutionContext, config: ImportConfig, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult | FollowingEvent]:
        held = workspace.declarations.importer(importer.name)
        path = config.path or str(find_partition_file(workspace.layout, held.name, held.file, context.partition_key))
        report_untold(context.instance, workspace, besides=context.partition_key)
        request = ImportRequest(path, held.name, name=config.name, force=config.force)
        result = workspace.take(request, context.log.info)
        tag_import(context, result)
        if result.status == "refused":
            yield from (check.as_result() for check in checks_of(result))
            workspace.publish()
            raise dg.Failure(say("Refused; the report is {path}", path=result.report), allow_retries=False)
        # Verdicts after what they are about: Dagster forgets those of a partition at its next materialisation.
        for key, metadata in metadata_of(result, workspace.declarations.base).items():
            yield dg.MaterializeResult(asset_key=key, metadata=metadata, tags=provenance(key, held))
        if result.status == "skipped":
            yield from kept_verdicts(context.instance, sorted(context.assets_def.check_keys), result)
        yield from (check.as_result() for check in checks_of(result))
        yield from follow(context, workspace, events=isinstance(held, EventImport))

    return take


class WaitingFile(dg.Config):
    """A file of the inbox, and the import model of its folder."""

    path: str
    model: str
    attempt: int = 1
    """How often a run was asked to take it, this one included."""


def inbox_asset(declarations: Declarations) -> dg.AssetsDefinition:
    """`inbox`: the waiting files, taken one after the other; each reports to its own partition."""

    class InboxConfig(dg.Config):
        __doc__ = say("The files that a run takes, in order. None named: all that wait when it starts.")

        files: list[WaitingFile] = []  # noqa: RUF012 (a Dagster config's default, copied by pydantic)

    @dg.asset(
        key=INBOX,
        group_name="imports",
        kinds={"csv"},
        owners=OWNERS,
        pool=POOL,
        description=say("The files that wait in `data/inbox/<model>/`. Materialise it to import whatever waits now."),
        check_specs=[
            dg.AssetCheckSpec(
                "every_file_taken",
                asset=INBOX,
                description=say("No waiting file was left by a fault of the machine."),
            )
        ],
    )
    def inbox(
        context: dg.AssetExecutionContext, config: InboxConfig, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[ImportEvent | dg.MaterializeResult]:
        files = config.files or _all_waiting(workspace)
        taken = {"imported": 0, "refused": 0, "skipped": 0}
        faults: list[str] = []
        with notifying(workspace, context.log) as notifier:
            _report_before(context, workspace, files, notifier)
            for file in files:
                workspace.store.give_way()
                yield from _take(file, context, workspace, notifier, taken, faults)
            yield from follow(context, workspace, notifier, events=bool(workspace.declarations.event_imports))
        tag_inbox(context, taken, len(faults))
        yield dg.MaterializeResult(
            data_version=ANY_INBOX,
            metadata={"files": len(files), **taken, "left": len(faults)},
            check_results=[
                dg.AssetCheckResult(check_name="every_file_taken", passed=not faults, metadata={"faults": faults})
            ],
        )

    return inbox


def _take(
    file: WaitingFile,
    context: dg.AssetExecutionContext,
    workspace: Workspace,
    notifier: Notifier,
    taken: dict[str, int],
    faults: list[str],
) -> Iterator[ImportEvent]:
    """Take one file of the inbox, and count it in `taken`; or leave it there, and say why in `faults`."""
    try:
        result = workspace.take(ImportRequest(file.path, file.model), context.log.info)
    except Exception as error:
        # One bad file never holds up the others (IMP-17): this one stays where it is, and the check says so.
        reason = public_message(error)
        context.log.error(f"{file.path} stays in the inbox: {reason}")
        faults.append(f"{file.model}: {type(error).__name__}")
        notifier.left(file.path, file.model, file.attempt, reason)
        return
    taken[result.status] += 1
    if result.status == "refused":
        context.log.warning(f"Refused; the report is {result.report}")
        notifier.refused(result)
    # Yielded file by file, so that a kill leaves none unreported that was taken.
    yield from reported(context.instance, workspace, result)


def _report_before(
    context: dg.AssetExecutionContext, workspace: Workspace, files: list[WaitingFile], notifier: Notifier
) -> None:
    """What former runs could not report any more: imports they committed, files that ended them."""
    try:
        report_untold(context.instance, workspace, notifier.refused)
    except Exception as error:
        for file in files:
            notifier.left(file.path, file.model, file.attempt, public_message(error))
        raise
    for file in files:
        reason = say("The runs that took it ended before they could say why: killed, or out of memory.")
        notifier.left(file.path, file.model, file.attempt - 1, reason)


def _all_waiting(workspace: Workspace) -> list[WaitingFile]:
    waiting = all_waiting_files(workspace.layout, workspace.declarations.importers)
    return [WaitingFile(path=str(path), model=model.name) for model, path in waiting]
