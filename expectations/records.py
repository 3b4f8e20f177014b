"""The rules of a file of records, NDJSON or Parquet, as a file (BHV-1), judged on one row of measures of it."""

from __future__ import annotations

from expectations.rules import Options, Rule, Severity


def rules(options: Options) -> tuple[Rule, ...]:
    """List the rules. Options: `missing_columns` (refuse, warn): whether an event can do without what the file lacks."""
    missing: Severity = "warning" if options.get("missing_columns") == "warn" else "critical"
    return (
        Rule("unreadable", "critical", "unreadable", at_most=0),
        Rule("encoding", "critical", "encoding", one_of=("utf-8",)),
        Rule("rows", "critical", "rows", at_least=1),
        Rule("missing_columns", missing, "missing_columns", at_most=0),
    )
