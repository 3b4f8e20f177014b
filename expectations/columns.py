"""The rules about a column as a whole (IMP-6, IMP-6b), judged on one row a column: how many problems of each kind it has."""

from __future__ import annotations

from expectations.rules import Options, Rule, mark

_DESCRIPTIONS = {
    "date_order": mark(
        "No column of dates that no model fixes holds days that exist only in another order than it is read in."
    ),
    "decimal_sign": mark(
        "No column of numbers that no model fixes has cells that speak against the sign before decimals."
    ),
    "landline": mark("No column of mobile numbers holds one of a landline or a service."),
}
COLUMNS = tuple(_DESCRIPTIONS)
"""What a column is judged by."""


def rules(options: Options) -> tuple[Rule, ...]:
    """Each kind of doubt must be absent from a column; one that is there is told. There are no options."""
    del options
    return tuple(
        Rule(name, description, "warning", at_most=0, each=True) for name, description in _DESCRIPTIONS.items()
    )
