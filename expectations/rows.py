"""The row rules (IMP-9), judged on the distinct combinations of problems that rows have, and on the share rejected.

One row of the judged frame stands for all rows of the file with the same numbers of problems, so that 118 000 rows are
judged as a handful and a verdict still names exactly the rows that failed.
"""

from __future__ import annotations

from expectations.rules import Options, Rule

_DESCRIPTIONS = {
    "invalid_key": "Every row has a valid uniqueness key.",
    "unreadable_cells": "Every cell can be read in its field's format.",
    "not_a_cross": "Cross columns hold X or nothing.",
    "undeclared_values": "Select fields hold declared values, where others are rejected.",
    "short_line": "No row lacks cells, where such rows are rejected.",
    "stray_separator": "No row holds a value that ends in a stray separator or quote.",
}
COLUMNS = tuple(_DESCRIPTIONS)
"""What a row is judged by: how many problems of each kind it has."""


def rules(options: Options) -> tuple[Rule, ...]:
    """Each kind of problem must be absent from a row. Options: `short_lines` (pad, reject_row), `stray_separators`."""
    told_only = {
        "short_line": options.get("short_lines") != "reject_row",
        "stray_separator": options.get("stray_separators") != "reject_row",
    }
    return tuple(
        Rule(name, description, "warning" if told_only.get(name) else "error", at_most=0, each=True)
        for name, description in _DESCRIPTIONS.items()
    )


def rejection_rules(options: Options) -> tuple[Rule, ...]:
    """All or nothing (IMP-9), on one row: `rejected` (rows) and `rejected_share` (0 to 1).

    Options: `max_rejected` (share, or None for no limit), `on_error` (reject_rows, refuse_file).
    """
    found: list[Rule] = []
    if options.get("max_rejected") is not None:
        share, most = "No larger share of the rows is rejected than the import model allows.", options["max_rejected"]
        found.append(Rule("max_rejected", share, "critical", at_most=most, column="rejected_share"))
    if options.get("on_error") == "refuse_file":
        none = "No row is rejected, where one refuses the file."
        found.append(Rule("refuse_file", none, "critical", at_most=0, column="rejected"))
    return tuple(found)
