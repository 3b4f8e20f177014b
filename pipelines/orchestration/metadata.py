"""What the Dagster UI shows of an import: metadata and check verdicts, without any person's value (SEC-4).

Belongs here: turning results into Dagster's words. Does not: deciding anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from expectations.verdicts import Verdict
from pipelines.declarations.model import ContactBase
from pipelines.imports.masking import masked, masked_problems
from pipelines.imports.results import Counts, EventCounts, ImportResult
from pipelines.language import say, say_many
from pipelines.orchestration.dagster_private import AssetCheckEvaluationTargetMaterializationData as About
from pipelines.orchestration.import_checks import MAPPING, READABLE
from pipelines.orchestration.markdown import markdown_table
from pipelines.orchestration.names import events_key, file_key, model_keys, outcomes_key, rows_key
from pipelines.pictures.pages import address_of

_SHOWN = 20
_OUTCOMES = ("inserted", "updated", "unchanged", "deleted", "skipped_by_action", "suppressed", "remembered")
_SEVERITIES = {
    "critical": dg.AssetCheckSeverity.ERROR,
    "error": dg.AssetCheckSeverity.WARN,
    "warning": dg.AssetCheckSeverity.WARN,
}

Metadata = dict[str, Any]


@dataclass(frozen=True)
class ReportedCheck:
    """One verdict for the UI."""

    asset: dg.AssetKey
    name: str
    passed: bool
    severity: dg.AssetCheckSeverity
    description: str
    metadata: Metadata

    def as_result(self) -> dg.AssetCheckResult:
        """For the run of one partition, which gives it its partition."""
        return dg.AssetCheckResult(
            asset_key=self.asset,
            check_name=self.name,
            passed=self.passed,
            severity=self.severity,
            description=self.description,
            metadata=self.metadata,
        )

    def as_evaluation(self, partition: str, about: About | None) -> dg.AssetCheckEvaluation:
        """For a run over several files: the verdict of one partition, about that materialisation of it."""
        return dg.AssetCheckEvaluation(
            asset_key=self.asset,
            check_name=self.name,
            passed=self.passed,
            severity=self.severity,
            description=self.description,
            metadata=self.metadata,
            partition=partition,
            target_materialization_data=about,
        )


def checks_of(result: ImportResult) -> Iterator[ReportedCheck]:
    """Every verdict of the import, on the asset that it judges, in the order of `import_checks`; none of a skipped file."""
    if result.status == "skipped":
        return
    if isinstance(result.counts, EventCounts):
        yield from _checks_of_events(result, events_key(result.model))
        return
    assets = {
        "file": file_key(result.model),
        "rows": rows_key(result.model),
        "columns": rows_key(result.model),
        "rejections": rows_key(result.model),
    }
    for suite, verdicts in result.verdicts.items():
        for verdict in verdicts:
            yield _check(assets[suite], verdict, _found(result, verdict), result)
    judged = [verdict.rule for verdicts in result.verdicts.values() for verdict in verdicts]
    unfit = result.problems.filter((pl.col("severity") == "critical") & ~pl.col("rule").is_in(judged))
    if result.status == "imported" or not unfit.is_empty():
        yield _check(assets["file"], _summary(MAPPING, unfit), unfit, result)


def _checks_of_events(result: ImportResult, asset: dg.AssetKey) -> Iterator[ReportedCheck]:
    """READABLE for all rules about the file; then a verdict a rule about rows, which shows lines but nothing of what they hold."""
    unreadable = result.problems.filter(pl.col("severity") == "critical")
    yield _check(asset, _summary(READABLE, unreadable), unreadable, result)
    for verdict in result.verdicts.get("events", ()):
        found = _found(result, verdict)
        by_rule = found.with_columns(message="rule")
        words = "" if verdict.passed else say_many("{n} rows", "{n} rows", found.height)
        yield _check(asset, verdict, by_rule, result, words)


def _found(result: ImportResult, verdict: Verdict) -> pl.DataFrame:
    return result.problems.filter(pl.col("rule") == verdict.rule)


def _summary(name: str, critical: pl.DataFrame) -> Verdict:
    return Verdict(name, "critical", critical.is_empty(), critical.height, (), str(critical.height))


def _check(
    asset: dg.AssetKey, verdict: Verdict, found: pl.DataFrame, result: ImportResult, words: str | None = None
) -> ReportedCheck:
    """`words`: what is said of a failed verdict, by default the first problems' messages."""
    found = masked_problems(found, result.hidden)
    metadata: Metadata = {"import": result.name, "partition": result.partition}
    if not verdict.passed:
        metadata |= {"problems": found.height, "where": dg.MetadataValue.md(_table(found))}
        metadata |= _paths(result)
    reasons = "; ".join(found["message"].unique(maintain_order=True).head(3)) if words is None else words
    return ReportedCheck(
        asset, verdict.rule, verdict.passed, _SEVERITIES[verdict.severity], "" if verdict.passed else reasons, metadata
    )


def _table(problems: pl.DataFrame) -> str:
    rows = problems.select("line", "column", "message").head(_SHOWN).rows()
    left = problems.height - _SHOWN
    more = [("…", "", say_many("{n} more in the report", "{n} more in the report", left))] if left > 0 else []
    return markdown_table((say("line"), say("column"), say("problem")), [*rows, *more])


def _paths(result: ImportResult) -> Metadata:
    named = {"report": result.report, "mended_file": result.mended_file, "rejects_file": result.rejects_file}
    paths = {name: dg.MetadataValue.path(str(path)) for name, path in named.items() if path is not None}
    return paths | ({} if result.data_docs is None else {"data_docs": _page(result.data_docs)})


def _page(path: Path) -> dg.MetadataValue[Any]:
    """A page of `data/docs/`: by the service's address where one runs, so that it opens with a click."""
    address = address_of(path)
    return dg.MetadataValue.path(str(path)) if address is None else dg.MetadataValue.url(address)


def metadata_of(result: ImportResult, base: ContactBase) -> dict[dg.AssetKey, Metadata]:
    """The metadata of the import's assets: counts, paths, seconds, a masked preview; of a skipped file less."""
    counts = result.counts
    keys = [events_key(result.model)] if isinstance(counts, EventCounts) else model_keys(result.model)
    common: Metadata = {"import_id": result.import_id, "status": result.status, "partition": result.partition}
    if result.status == "skipped":
        return dict.fromkeys(keys, common)
    file = {**common, "file": dg.MetadataValue.path(str(result.file)), "dagster/row_count": counts.rows}
    seconds = {f"seconds_{name}": round(seconds, 3) for name, seconds in result.seconds.items()}
    if isinstance(counts, EventCounts):
        named = {name: count for name, count in vars(counts).items() if name != "rows"}
        return {keys[0]: {**file, **named, "contacts_changed": result.changed, **seconds, **_paths(result)}}
    return {
        file_key(result.model): file,
        rows_key(result.model): {**common, **_of_rows(result, counts, base)},
        outcomes_key(result.model): {
            **common,
            **{name: getattr(counts, name) for name in _OUTCOMES},
            **{f"changed_{name}": count for name, count in result.changed_fields.items()},
            **_changes(result, base),
            **{f"unreachable_{name}": count for name, count in result.unreachable.items()},
            **seconds,
        },
    }


def _of_rows(result: ImportResult, counts: Counts, base: ContactBase) -> Metadata:
    rows: Metadata = {
        "dagster/row_count": counts.rows - counts.rejected - counts.duplicates,
        "rejected": counts.rejected,
        "duplicates": counts.duplicates,
        "warnings": result.problems.filter(pl.col("severity") == "warning").height,
        **_paths(result),
    }
    if result.stored is not None and not result.stored.is_empty():
        preview = masked(result.stored.head(5), base)
        rows["preview"] = dg.MetadataValue.md(markdown_table(preview.columns, preview.rows()))
    return rows


def _changes(result: ImportResult, base: ContactBase) -> Metadata:
    """What became of known contacts, masked (IMP-11, SEC-4)."""
    if not result.changes:
        return {}
    rows: list[tuple[object, ...]] = []
    for change in result.changes:
        field = base.field(str(change["field"]))
        values = pl.DataFrame({field.name: [change["old"], change["new"]]}, schema={field.name: field.polars_type})
        rows.append((change["line"], field.name, *masked(values, base).to_series()))
    return {
        "changes": dg.MetadataValue.md(markdown_table((say("line"), say("field"), say("before"), say("after")), rows))
    }
