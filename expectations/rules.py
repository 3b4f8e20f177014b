"""How a suite is written: a rule is one Great Expectations expectation with a name, a description and a severity.

Belongs here: the few shapes of expectation that the suites share. Does not: which rules there are (file, rows, base).
Great Expectations takes 4 to 6 s of CPU to import: only judging imports it, so that rules can be listed for nothing.
"""

# pyright: reportPrivateImportUsage=false, reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation

Severity = Literal["critical", "error", "warning"]
Columns = Mapping[str, Sequence[Any]]
Options = Mapping[str, Any]

# Great Expectations knows critical, warning and info; ours travels with each expectation as its `meta`.
_THEIRS: dict[Severity, str] = {"critical": "critical", "error": "warning", "warning": "info"}


def mark(text: str) -> str:
    """The text as it is: `make words` finds it here, and whoever shows it says it in the operator's language."""
    return text


@dataclass(frozen=True)
class Rule:
    """One rule about one measured column: the one of the rule's own name, where `column` names no other.

    `description`: what holds of data that passes, in a sentence for the Dagster UI, in English. `at_least` and `at_most` bound the
    column's values, `one_of` lists them. `each` judges every row by itself and names those that fail; otherwise the frame
    has one row, and bounds on its minimum or maximum say the same, three times faster.
    """

    name: str
    description: str
    severity: Severity
    at_most: float | None = None
    at_least: float | None = None
    one_of: tuple[str, ...] = ()
    each: bool = False
    column: str = ""

    @property
    def measure(self) -> str:
        """The column that is judged."""
        return self.column or self.name

    def expectation(self) -> Expectation:
        """Write the rule as Great Expectations judges it."""
        import great_expectations.expectations as gxe  # 4 to 6 s of CPU, once per process

        shared: dict[str, Any] = {
            "column": self.measure,
            "description": self.description,
            "severity": _THEIRS[self.severity],
            "meta": {"rule": self.name, "severity": self.severity},
        }
        if self.one_of and self.each:
            return gxe.ExpectColumnValuesToBeInSet(value_set=list(self.one_of), mostly=1, **shared)
        if self.one_of:
            return gxe.ExpectColumnDistinctValuesToBeInSet(value_set=list(self.one_of), **shared)
        if self.each:
            return gxe.ExpectColumnValuesToBeBetween(
                min_value=self.at_least, max_value=self.at_most, mostly=1, **shared
            )
        if self.at_most is None:
            return gxe.ExpectColumnMinToBeBetween(min_value=self.at_least, **shared)
        return gxe.ExpectColumnMaxToBeBetween(min_value=self.at_least, max_value=self.at_most, **shared)


def suite_of(name: str, rules: Sequence[Rule], columns: Columns) -> ExpectationSuite:
    """Make the suite of the rules whose column was measured: on an absent or NULL measure there is nothing to judge."""
    from great_expectations.core import ExpectationSuite  # 4 to 6 s of CPU, once per process

    measured = {column for column, values in columns.items() if any(value is not None for value in values)}
    return ExpectationSuite(name=name, expectations=[rule.expectation() for rule in rules if rule.measure in measured])
