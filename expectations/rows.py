"""The row rules (IMP-9), judged on the distinct combinations of problems that rows have, and on the share rejected.

One row of the judged frame stands for all rows of the file with the same numbers of problems, so that 118 000 rows are
judged as a handful and a verdict still names exactly the rows that failed.
"""

from __future__ import annotations

from expectations.rules import Options, Rule

COLUMNS = (
    "invalid_key",
    "unreadable_cells",
    "not_a_cross",
    "undeclared_values",
    "short_line",
    "stray_separator",
)
"""What a row is judged by: how many problems of each kind it has."""


def rules(options: Options) -> tuple[Rule, ...]:
    """Each kind of problem must be absent from a row. Options: `short_lines` (pad, reject_row), `stray_separators`."""
    told_only = {
        "short_line": options.get("short_lines") != "reject_row",
        "stray_separator": options.get("stray_separators") != "reject_row",
    }
    return tuple(
        Rule(column, "warning" if told_only.get(column) else "error", column, at_most=0, each=True)
        for column in COLUMNS
    )


def rejection_rules(options: Options) -> tuple[Rule, ...]:
    """All or nothing (IMP-9), on one row: `rejected` (rows) and `rejected_share` (0 to 1).

    Options: `max_rejected` (share, or None for no limit), `on_error` (reject_rows, refuse_file).
    """
    found: list[Rule] = []
    if options.get("max_rejected") is not None:
        found.append(Rule("max_rejected", "critical", "rejected_share", at_most=options["max_rejected"]))
    if options.get("on_error") == "refuse_file":
        found.append(Rule("refuse_file", "critical", "rejected", at_most=0))
    return tuple(found)
