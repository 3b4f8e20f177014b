"""The file rules (IMP-2), judged on one row of measures of the file (pipelines/files/profiling.py makes it)."""

from __future__ import annotations

from dataclasses import replace

from expectations.rules import Options, Rule, Severity


def rules(options: Options) -> tuple[Rule, ...]:
    """List the file rules.

    Options: `max_bytes` (int), `stray_separators` (warn, clean, reject_row), `short_lines` (pad, reject_row),
    `missing_columns` (refuse, warn).
    """
    missing: Severity = "warning" if options.get("missing_columns") == "warn" else "critical"
    strays: Severity = "error" if options.get("stray_separators") == "reject_row" else "warning"
    short: Severity = "error" if options.get("short_lines") == "reject_row" else "warning"
    return (
        Rule("size", "critical", "size", at_most=options["max_bytes"]),
        Rule("encoding", "critical", "encoding", one_of=("utf-8",)),
        _none("nul_bytes", "critical"),
        _none("unclosed_quote", "critical"),
        Rule("rows", "critical", "rows", at_least=1),
        Rule("columns", "critical", "columns", at_most=options["max_columns"]),
        _none("headers", "critical"),
        _none("trailing_separators", "critical"),
        _none("extra_cells", "critical"),
        _none("missing_columns", missing),
        _none("stray_separators", strays),
        _none("short_lines", short),
        _none("blank_lines", "warning"),
        _none("one_column", "warning"),
        _none("file_name", "warning"),
    )


def rules_of_many(options: Options) -> tuple[Rule, ...]:
    """The same rules for files that no model knows yet (IMP-18), one row each: a verdict names the rows that failed.

    Before them, what is only asked of such a file: its kind, and where its header stands.
    """
    kind = Rule("kind", "critical", "kind", one_of=("text",))
    first = (kind, _none("title_lines", "critical"), _none("no_header", "critical"))
    return tuple(replace(rule, each=True) for rule in (*first, *rules(options)))


def _none(name: str, severity: Severity) -> Rule:
    return Rule(name, severity, name, at_most=0)
