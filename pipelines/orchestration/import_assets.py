"""The three assets of an import model, and the inbox: one file is imported in the same way by each road.

A refused file leaves its verdict in its partition and nothing else; a run over several files goes on with the next one.
"""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
import warnings
from collections.abc import Iterator

import dagster as dg
from dagster_shared.utils.warnings import PreviewWarning

from expectations import file as file_suite
from expectations import rows as rows_suite
from expectations.rules import Rule
from pipelines.declarations.model import ContactBase, Declarations, ImportModel
from pipelines.imports.contacts.judging import file_options, row_options
from pipelines.imports.filing import all_waiting_files, find_partition_file
from pipelines.imports.intake import ImportRequest
from pipelines.orchestration.following import follow, follows_by_itself
from pipelines.orchestration.instance import POOL
from pipelines.orchestration.names import (
    INBOX,
    OWNERS,
    model_keys,
    partitions_of,
)
from pipelines.orchestration.notifying import Teller, said_of, telling
from pipelines.orchestration.reporting import MAPPING, checks_of, metadata_of
from pipelines.orchestration.telling import ANY_INBOX, TakenEvent, provenance, reported, tell_untold
from pipelines.orchestration.verdicts import kept_verdicts
from pipelines.workspace import Workspace

GROUP = "imports"


class ImportConfig(dg.Config):
    """What a run imports. With nothing set: the file that the partition stands for."""

    path: str = ""
    """The file; empty: the one held in the archive, among the refused ones or in the inbox for this partition."""
    name: str = ""
    """The import's name in the history; empty: the file's own name."""
    force: bool = False
    """Import again a file that was the model's last one already (IMP-14)."""


def import_assets(model: ImportModel, base: ContactBase) -> dg.AssetsDefinition:
    """The assets file → rows → outcomes of one model, partitioned by import, with a check a rule."""
    partitions = partitions_of(model.name)
    file, rows, outcomes = model_keys(model.name)
    described = f"by the import model `{model.name}` (files `{model.file}`)"

    def spec(key: dg.AssetKey, deps: list[dg.AssetKey], description: str, kinds: set[str]) -> dg.AssetSpec:
        return dg.AssetSpec(
            key,
            deps=deps,
            description=description,
            group_name=GROUP,
            kinds=kinds,
            owners=OWNERS,
            partitions_def=partitions,
        )

    @dg.multi_asset(
        name=f"take_{model.name}",
        specs=[
            spec(file, [INBOX], f"A contact file taken {described}, judged as a file.", {"csv", "greatexpectations"}),
            spec(
                rows,
                [file],
                f"Its rows: mapped, cleaned, judged, one a key, {described}.",
                {"polars", "greatexpectations"},
            ),
            spec(outcomes, [rows], f"What each import {described} did to the base, contact by contact.", {"duckdb"}),
        ],
        check_specs=[
            *(_rule_spec(rule, file, partitions) for rule in file_suite.rules(file_options(base, model))),
            _check_spec(
                MAPPING, "Every column and constant fits one field, and one column is the key.", file, partitions
            ),
            *(_rule_spec(rule, rows, partitions) for rule in rows_suite.rules(row_options(model))),
            *(_rule_spec(rule, rows, partitions) for rule in rows_suite.rejection_rules(row_options(model))),
        ],
        pool=POOL,
    )
    def take(
        context: dg.AssetExecutionContext, config: ImportConfig, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult | TakenEvent]:
        held = workspace.declarations.model(model.name)
        path = config.path or str(find_partition_file(workspace.layout, held.name, held.file, context.partition_key))
        request = ImportRequest(path, held.name, name=config.name, force=config.force)
        tell_untold(context.instance, workspace, besides=context.partition_key)
        result = workspace.take(request, context.log.info)
        if result.status == "refused":
            yield from (check.as_result() for check in checks_of(result))
            workspace.publish()
            raise dg.Failure(f"Refused; the report is {result.report}", allow_retries=False)
        # Verdicts after what they are about: Dagster forgets those of a partition at its next materialisation.
        for key, metadata in metadata_of(result, workspace.declarations.base).items():
            yield dg.MaterializeResult(asset_key=key, metadata=metadata, tags=provenance(key))
        if result.status == "skipped":
            yield from kept_verdicts(context.instance, sorted(context.assets_def.check_keys), result)
        yield from (check.as_result() for check in checks_of(result))
        if follows_by_itself(context):
            yield from follow(context, workspace)

    return take


def _rule_spec(rule: Rule, asset: dg.AssetKey, partitions: dg.PartitionsDefinition[str]) -> dg.AssetCheckSpec:
    blocking = rule.severity == "critical"
    return _check_spec(rule.name, rule.description, asset, partitions, blocking=blocking)


def _check_spec(
    name: str,
    description: str,
    asset: dg.AssetKey,
    partitions: dg.PartitionsDefinition[str],
    *,
    blocking: bool = True,
) -> dg.AssetCheckSpec:
    with warnings.catch_warnings():
        # Partitioned checks are a preview of Dagster 1.13: each verdict stays with its partition (IMP-3).
        warnings.simplefilter("ignore", PreviewWarning)
        return dg.AssetCheckSpec(
            name, asset=asset, description=description, blocking=blocking, partitions_def=partitions
        )


class WaitingFile(dg.Config):
    """A file of the inbox, and the import model of its folder."""

    path: str
    model: str
    attempt: int = 1
    """How often a run was asked to take it, this one included."""


class InboxConfig(dg.Config):
    """The files that a run takes, in order. None named: all that wait when it starts."""

    files: list[WaitingFile] = []  # noqa: RUF012 (a Dagster config's default, copied by pydantic)


def inbox_asset(declarations: Declarations) -> dg.AssetsDefinition:
    """`inbox`: the waiting files, taken one after the other; each reports to its own partition."""

    @dg.asset(
        key=INBOX,
        group_name=GROUP,
        kinds={"csv"},
        owners=OWNERS,
        pool=POOL,
        description="The files that wait in `data/inbox/<model>/`. Materialise it to import whatever waits now.",
        check_specs=[
            dg.AssetCheckSpec(
                "every_file_taken", asset=INBOX, description="No waiting file was left by a fault of the machine."
            )
        ],
    )
    def inbox(
        context: dg.AssetExecutionContext, config: InboxConfig, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[TakenEvent | dg.MaterializeResult]:
        files = config.files or _all_waiting(workspace)
        taken: dict[str, int] = {"imported": 0, "refused": 0, "skipped": 0}
        faults: list[str] = []
        with telling(workspace, context.log) as teller:
            _tell_before(context, workspace, files, teller)
            for file in files:
                try:
                    result = workspace.receive(ImportRequest(file.path, file.model), context.log.info)
                except Exception as error:
                    # One bad file never holds up the others (IMP-17): this one stays where it is, and the check says so.
                    context.log.error(f"{file.path} stays in the inbox: {said_of(error)}")
                    faults.append(f"{file.model}: {type(error).__name__}")
                    teller.left(file.path, file.model, file.attempt, said_of(error))
                    continue
                taken[result.status] += 1
                if result.status == "refused":
                    context.log.warning(f"Refused; the report is {result.report}")
                    teller.refused(result)
                # Yielded file by file, so that a kill leaves none unreported that was taken.
                yield from reported(context.instance, workspace, result)
        if follows_by_itself(context):
            yield from follow(context, workspace)
        yield dg.MaterializeResult(
            data_version=ANY_INBOX,
            metadata={"files": len(files), **taken, "left": len(faults)},
            check_results=[
                dg.AssetCheckResult(check_name="every_file_taken", passed=not faults, metadata={"faults": faults})
            ],
        )

    return inbox


def _tell_before(
    context: dg.AssetExecutionContext, workspace: Workspace, files: list[WaitingFile], teller: Teller
) -> None:
    """What former runs could not tell any more: imports they committed, files that ended them."""
    try:
        tell_untold(context.instance, workspace, teller.refused)
    except Exception as error:
        for file in files:
            teller.left(file.path, file.model, file.attempt, said_of(error))
        raise
    for file in files:
        reason = "The runs that took it ended before they could say why: killed, or out of memory."
        teller.left(file.path, file.model, file.attempt - 1, reason)


def _all_waiting(workspace: Workspace) -> list[WaitingFile]:
    waiting = all_waiting_files(workspace.layout, workspace.declarations.importers)
    return [WaitingFile(path=str(path), model=model.name) for model, path in waiting]
