"""What the Dagster UI shows of an import: metadata and check verdicts, without any person's value (SEC-4).

Belongs here: turning results into Dagster's words. Does not: deciding anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg
import polars as pl

from expectations.verdicts import Verdict
from pipelines.declarations.model import ContactBase
from pipelines.imports.masking import masked, masked_problems
from pipelines.imports.results import ImportResult
from pipelines.orchestration.names import file_key, model_keys, outcomes_key, rows_key
from pipelines.orchestration.verdicts import About

MAPPING = "mapping"
_SHOWN = 20
_OUTCOMES = ("inserted", "updated", "unchanged", "deleted", "skipped_by_action", "suppressed")
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
    """Every verdict of the import, on the asset that it judges; MAPPING's where the columns were looked at."""
    assets = {"file": file_key(result.model), "rows": rows_key(result.model), "rejections": rows_key(result.model)}
    for suite, verdicts in result.verdicts.items():
        for verdict in verdicts:
            found = result.problems.filter(pl.col("rule") == verdict.rule)
            yield _check(assets[suite], verdict, found, result)
    judged = [verdict.rule for verdicts in result.verdicts.values() for verdict in verdicts]
    unfit = result.problems.filter((pl.col("severity") == "critical") & ~pl.col("rule").is_in(judged))
    if result.status == "imported" or not unfit.is_empty():
        verdict = Verdict(MAPPING, "critical", unfit.is_empty(), unfit.height, (), str(unfit.height))
        yield _check(assets["file"], verdict, unfit, result)


def _check(asset: dg.AssetKey, verdict: Verdict, found: pl.DataFrame, result: ImportResult) -> ReportedCheck:
    found = masked_problems(found, result.hidden)
    metadata: Metadata = {"import": result.name, "partition": result.partition}
    if not verdict.passed:
        metadata |= {"problems": found.height, "where": dg.MetadataValue.md(_table(found))}
        metadata |= _paths(result)
    reasons = "; ".join(found.get_column("message").unique(maintain_order=True).head(3).to_list())
    return ReportedCheck(
        asset, verdict.rule, verdict.passed, _SEVERITIES[verdict.severity], "" if verdict.passed else reasons, metadata
    )


def _table(problems: pl.DataFrame) -> str:
    lines = ["| line | column | problem |", "|---|---|---|"]
    for line, column, message in problems.select("line", "column", "message").head(_SHOWN).iter_rows():
        lines.append(f"| {_cell(line)} | {_cell(column)} | {_cell(message)} |")
    if problems.height > _SHOWN:
        lines.append(f"| … | | {problems.height - _SHOWN} more in the report |")
    return "\n".join(lines)


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")


def _paths(result: ImportResult) -> Metadata:
    named = {"report": result.report, "mended_file": result.mended_file, "rejects_file": result.rejects_file}
    return {name: dg.MetadataValue.path(str(path)) for name, path in named.items() if path is not None}


def metadata_of(result: ImportResult, base: ContactBase) -> dict[dg.AssetKey, Metadata]:
    """The metadata of the import's three assets: counts, paths, seconds, a masked preview; of a skipped file less."""
    counts = result.counts
    common: Metadata = {"import_id": result.import_id, "status": result.status, "partition": result.partition}
    if result.status == "skipped":
        return dict.fromkeys(model_keys(result.model), common)
    rows: Metadata = {
        **common,
        "dagster/row_count": counts.rows - counts.rejected - counts.duplicates,
        "rejected": counts.rejected,
        "duplicates": counts.duplicates,
        "warnings": result.problems.filter(pl.col("severity") == "warning").height,
        **_paths(result),
    }
    if result.stored is not None:
        rows["preview"] = dg.MetadataValue.md(_markdown(masked(result.stored.head(5), base)))
    return {
        file_key(result.model): {
            **common,
            "file": dg.MetadataValue.path(str(result.file)),
            "dagster/row_count": counts.rows,
        },
        rows_key(result.model): rows,
        outcomes_key(result.model): {
            **common,
            **{name: getattr(counts, name) for name in _OUTCOMES},
            **{f"changed_{name}": count for name, count in result.changed_fields.items()},
            **_changes(result, base),
            **{f"unreachable_{name}": count for name, count in result.unreachable.items()},
            **{f"seconds_{name}": round(seconds, 3) for name, seconds in result.seconds.items()},
        },
    }


def _changes(result: ImportResult, base: ContactBase) -> Metadata:
    """What became of known contacts, masked (IMP-11, SEC-4)."""
    if not result.changes:
        return {}
    lines = ["| line | field | before | after |", "|---|---|---|---|"]
    for change in result.changes:
        field = base.field(str(change["field"]))
        values = pl.DataFrame({field.name: [change["old"], change["new"]]}, schema={field.name: field.polars_type})
        old, new = masked(values, base).to_series().to_list()
        lines.append(f"| {change['line']} | {field.name} | {_cell(old)} | {_cell(new)} |")
    return {"changes": dg.MetadataValue.md("\n".join(lines))}


def _markdown(frame: pl.DataFrame) -> str:
    if frame.is_empty():
        return ""
    lines = ["| " + " | ".join(map(_cell, frame.columns)) + " |", "|" + "---|" * frame.width]
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in frame.iter_rows()]
    return "\n".join(lines)
