"""The row rules (IMP-9), judged on the distinct combinations of problems that rows have, and on the share rejected.

One row of the judged frame stands for all rows of the file with the same numbers of problems, so that 118 000 rows are
judged as a handful and a verdict still names exactly the rows that failed.
"""

from __future__ import annotations

from expectations.rules import Options, Rule, mark

_DESCRIPTIONS = {
    "invalid_key": mark("Every row has a valid uniqueness key."),
    "taken_value": mark("No row brings an address or a unique value that somebody else has."),
    "erased": mark("No row is of a person who was erased."),
    "unreadable_cells": mark("Every cell can be read in its field's format."),
    "not_a_cross": mark("Cross columns hold X or nothing."),
    "undeclared_values": mark("Select fields hold declared values, where others are rejected."),
    "short_line": mark("No row lacks cells, where such rows are rejected."),
    "stray_separator": mark("No row holds a value that ends in a stray separator or quote."),
}
COLUMNS = tuple(_DESCRIPTIONS)
"""What a row is judged by: how many problems of each kind it has."""

REFUSAL_COLUMN = "refusal_column"
"""How many columns of the file look like a refusal and feed no consent (IMP-2): the same on every row."""


def rules(options: Options) -> tuple[Rule, ...]:
    """Each kind of problem must be absent from a row, and no refusal left out.

    Options: `short_lines` (pad, reject_row), `stray_separators`.
    """
    told_only = {
        "short_line": options.get("short_lines") != "reject_row",
        "stray_separator": options.get("stray_separators") != "reject_row",
    }
    of_rows = (
        Rule(name, description, "warning" if told_only.get(name) else "error", at_most=0, each=True)
        for name, description in _DESCRIPTIONS.items()
    )
    return (
        *of_rows,
        Rule(REFUSAL_COLUMN, mark("No column that looks like a refusal is left out."), "warning", at_most=0),
    )


def rejection_rules(options: Options) -> tuple[Rule, ...]:
    """All or nothing (IMP-9), on one row: `rejected` (rows) and `rejected_share` (0 to 1).

    Options: `max_rejected` (share, or None for no limit), `on_error` (reject_rows, refuse_file).
    """
    found: list[Rule] = []
    if options.get("max_rejected") is not None:
        share, most = (
            mark("No larger share of the rows is rejected than the import model allows."),
            options["max_rejected"],
        )
        found.append(Rule("max_rejected", share, "critical", at_most=most, column="rejected_share"))
    if options.get("on_error") == "refuse_file":
        none = mark("No row is rejected, where one refuses the file.")
        found.append(Rule("refuse_file", none, "critical", at_most=0, column="rejected"))
    return tuple(found)
