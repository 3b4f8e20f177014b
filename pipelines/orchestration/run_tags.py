"""What the list of runs says of each: of which kind its job is, what it imported and what came of that; counts only (SEC-4)."""

from __future__ import annotations

import dagster as dg

from pipelines.imports.results import EventCounts, ImportResult
from pipelines.language import mark, say, words

KIND = "carnet/kind"
"""The tag to filter runs and jobs by."""
DID = "carnet/did"
"""For people, in the language; programs read the outcome, a code."""
_OUTCOME, _IMPORT = "carnet/outcome", "carnet/import"
_STATUSES = {
    "imported": mark("imported"),
    "refused": mark("refused"),
    "skipped": mark("skipped"),
    "preview": mark("preview"),
}
_FIGURES = {
    "rows": mark("{count:,} rows"),
    "added": mark("{count:,} added"),
    "updated": mark("{count:,} updated"),
    "new": mark("{count:,} new"),
    "known": mark("{count:,} known"),
    "pending": mark("{count:,} pending"),
    "rejected": mark("{count:,} rejected"),
    "left_out": mark("{count:,} left out"),
}
_TAKEN = {
    "imported": mark("{count} imported"),
    "refused": mark("{count} refused"),
    "skipped": mark("{count} skipped"),
    "left": mark("{count} left"),
}


def kind(name: str) -> dict[str, str]:
    """The tags of a job: `import`, `export`, `correction`, `upkeep`, `base`."""
    return {KIND: name}


def tag_import(context: dg.AssetExecutionContext, result: ImportResult) -> None:
    """Say of the run what it did."""
    counts = result.counts
    figures = (
        vars(counts)
        if isinstance(counts, EventCounts)
        else {"rows": counts.rows, "added": counts.inserted, "updated": counts.updated, "rejected": counts.rejected}
    )
    told = ", ".join(say(_FIGURES[name], count=count) for name, count in figures.items() if count)
    did = words(_STATUSES[result.status])
    if told and result.status == "imported":
        did = say("imported: {figures}", figures=told)
    tags = {DID: did, _OUTCOME: result.status, _IMPORT: str(result.import_id)}
    context.instance.add_run_tags(context.run.run_id, tags)


def tag_inbox(context: dg.AssetExecutionContext, taken: dict[str, int], left: int) -> None:
    """The same of a run over several files."""
    told = ", ".join(say(_TAKEN[name], count=count) for name, count in {**taken, "left": left}.items() if count)
    context.instance.add_run_tags(context.run.run_id, {DID: told or say("nothing waited")})
