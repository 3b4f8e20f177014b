"""The asset of an event import: one file of events is taken in the same way from the inbox, the UI and the command line (BHV-1)."""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
import warnings
from collections.abc import Iterator

import dagster as dg
from dagster_shared.utils.warnings import PreviewWarning

from expectations import events as event_suite
from pipelines.behaviours.results import EventCounts, EventImportResult
from pipelines.declarations.model import EventImport
from pipelines.files.problems import problems_frame
from pipelines.imports.filing import find_partition_file
from pipelines.imports.history import KeptImport
from pipelines.imports.intake import ImportRequest
from pipelines.imports.masking import masked_problems
from pipelines.orchestration.following import FollowingEvent, follow, follows_by_itself
from pipelines.orchestration.instance import POOL
from pipelines.orchestration.names import INBOX, OWNERS, events_key, partitions_of
from pipelines.orchestration.notifying import telling
from pipelines.orchestration.reporting import Metadata
from pipelines.orchestration.verdicts import About, latest_materialization
from pipelines.workspace import Workspace

GROUP = "behaviours"
READABLE = "readable"
"""The check that a refused file fails: every other one judges rows."""
_SHOWN = 20
_TOLD = dg.AssetMaterialization | dg.AssetCheckEvaluation


class EventsConfig(dg.Config):
    """What a run imports. With nothing set: the file that the partition stands for."""

    path: str = ""
    """The file; empty: the one held in the archive, among the refused ones or in the inbox for this partition."""
    name: str = ""
    """The import's name in the history; empty: the file's own name."""
    force: bool = False
    """Import again a file that was the last one already: it changes nothing but what was declared since."""


def event_assets(wanted: EventImport) -> dg.AssetsDefinition:
    """The asset of one event import, partitioned by file, with a check a rule."""
    partitions = partitions_of(wanted.name)
    key = events_key(wanted.name)

    def check(name: str, description: str, *, blocking: bool = False) -> dg.AssetCheckSpec:
        with warnings.catch_warnings():
            # Partitioned checks are a preview of Dagster 1.13: each verdict stays with its partition (IMP-3).
            warnings.simplefilter("ignore", PreviewWarning)
            return dg.AssetCheckSpec(
                name, asset=key, description=description, blocking=blocking, partitions_def=partitions
            )

    @dg.multi_asset(
        name=f"take_{wanted.name}",
        specs=[
            dg.AssetSpec(
                key,
                deps=[INBOX],
                description=f"Events of the channel {wanted.channel}, from files `{wanted.file}`; the states that they move.",
                group_name=GROUP,
                kinds={"duckdb", "greatexpectations"},
                owners=OWNERS,
                partitions_def=partitions,
            )
        ],
        check_specs=[
            check(READABLE, "The file can be read, and has the mapped columns.", blocking=True),
            *(check(rule.name, rule.description) for rule in event_suite.rules({})),
        ],
        pool=POOL,
    )
    def take(
        context: dg.AssetExecutionContext, config: EventsConfig, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult | FollowingEvent]:
        held = workspace.declarations.event_import(wanted.name)
        path = config.path or str(find_partition_file(workspace.layout, held.name, held.file, context.partition_key))
        request = ImportRequest(path, held.name, name=config.name, force=config.force)
        with telling(workspace, context.log) as teller:
            result = workspace.take_events(request, context.log.info)
            if result.status == "refused":
                teller.refused(result)
        if result.status == "refused":
            yield from (_as_result(evaluation) for evaluation in evaluations_of(result))
            workspace.publish()
            raise dg.Failure(f"Refused; the report is {result.report}", allow_retries=False)
        yield dg.MaterializeResult(asset_key=key, metadata=metadata_of_events(result))
        yield from (_as_result(evaluation) for evaluation in evaluations_of(result))
        if follows_by_itself(context):
            yield from follow(context, workspace)

    return take


def events_told(instance: dg.DagsterInstance, result: EventImportResult) -> Iterator[_TOLD]:
    """What is to be reported of one file of events, to the partition of its own."""
    key = events_key(result.model)
    instance.add_dynamic_partitions(str(partitions_of(result.model).name), [result.partition])
    known = latest_materialization(instance, key, result.partition)
    if result.status == "imported" or (result.status == "skipped" and known is None):
        yield dg.AssetMaterialization(key, partition=result.partition, metadata=metadata_of_events(result))
    if result.status != "skipped" or known is None:
        about = latest_materialization(instance, key, result.partition)
        yield from evaluations_of(result, about)


def tell_untold_events(instance: dg.DagsterInstance, workspace: Workspace, kept: KeptImport) -> bool:
    """Report an import of events that a killed run had committed and not reported; False where Dagster knows of it."""
    if kept.status == "imported":
        known = latest_materialization(instance, events_key(kept.model), kept.partition)
        if known is not None:
            return False
    counts = kept.counts
    result = EventImportResult(
        import_id=kept.import_id,
        status=kept.status,
        name=kept.name,
        model=kept.model,
        partition=kept.partition,
        file=workspace.layout.archive / kept.model / kept.partition / kept.name,
        counts=EventCounts(
            counts.rows, counts.inserted, counts.unchanged, 0, counts.rejected, counts.skipped_by_action
        ),
        problems=problems_frame(),
        verdicts={},
        report=kept.report,
    )
    for event in events_told(instance, result):
        instance.report_runless_asset_event(event)
    return True


def metadata_of_events(result: EventImportResult) -> Metadata:
    """Counts, seconds and paths: no value of any row (SEC-4)."""
    metadata: Metadata = {"import_id": result.import_id, "status": result.status, "partition": result.partition}
    if result.status == "skipped":
        return metadata
    counts = result.counts
    metadata |= {
        "dagster/row_count": counts.rows,
        "file": dg.MetadataValue.path(str(result.file)),
        **{name: count for name, count in vars(counts).items() if name != "rows"},
        "contacts_changed": result.changed,
        **{f"seconds_{name}": round(seconds, 3) for name, seconds in result.seconds.items()},
    }
    if result.report is not None:
        metadata["report"] = dg.MetadataValue.path(str(result.report))
    return metadata


def evaluations_of(result: EventImportResult, about: About | None = None) -> Iterator[dg.AssetCheckEvaluation]:
    """A verdict a rule, about that materialisation; of a refused file READABLE's alone."""
    refused = result.status == "refused"
    yield _evaluation(result, READABLE, about, passed=not refused)
    if refused:
        return
    judged = {verdict.rule: verdict for verdict in result.verdicts.get("events", ())}
    for rule in event_suite.rules({}):
        verdict = judged.get(rule.name)
        yield _evaluation(result, rule.name, about, passed=verdict is None or verdict.passed)


def _evaluation(result: EventImportResult, rule: str, about: About | None, *, passed: bool) -> dg.AssetCheckEvaluation:
    critical = rule == READABLE
    metadata: Metadata = {"import": result.name, "partition": result.partition}
    words = ""
    if not passed:
        found = result.problems if critical else result.problems.filter(result.problems["rule"] == rule)
        found = masked_problems(found, result.hidden)
        lines = ["| line | column | rule |", "|---|---|---|"]
        lines += [f"| {p['line'] or ''} | {p['column'] or ''} | {p['rule']} |" for p in found.head(_SHOWN).to_dicts()]
        metadata |= {"problems": found.height, "where": dg.MetadataValue.md("\n".join(lines))}
        words = "; ".join(found["message"].unique(maintain_order=True).head(3)) if critical else f"{found.height} rows"
        if result.report is not None:
            metadata["report"] = dg.MetadataValue.path(str(result.report))
    return dg.AssetCheckEvaluation(
        asset_key=events_key(result.model),
        check_name=rule,
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR if critical else dg.AssetCheckSeverity.WARN,
        description=words,
        metadata={name: dg.MetadataValue.text(v) if isinstance(v, str) else v for name, v in metadata.items()},
        partition=result.partition,
        target_materialization_data=about,
    )


def _as_result(evaluation: dg.AssetCheckEvaluation) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=evaluation.asset_key,
        check_name=evaluation.check_name,
        passed=evaluation.passed,
        severity=evaluation.severity,
        description=evaluation.description,
        metadata=evaluation.metadata,
    )
