"""The rules of a file of records, JSON or Parquet, as a file (BHV-1), judged on one row of measures of it."""

from __future__ import annotations

from expectations.rules import Options, Rule, Severity, mark


def rules(options: Options) -> tuple[Rule, ...]:
    """List the rules. Options: `missing_columns` (refuse, warn): whether an event can do without what the file lacks."""
    missing: Severity = "warning" if options.get("missing_columns") == "warn" else "critical"
    return (
        Rule("unreadable", mark("The file can be opened as what its ending says."), "critical", at_most=0),
        Rule("encoding", mark("The file is UTF-8 throughout."), "critical", one_of=("utf-8",)),
        Rule("rows", mark("The file has at least one row."), "critical", at_least=1),
        Rule("missing_columns", mark("Every mapped column or key is there."), missing, at_most=0),
    )
