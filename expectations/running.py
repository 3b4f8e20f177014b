"""Running a suite with Great Expectations: columns in, verdicts out. Needs no file, no configuration, no network.

Importing this module imports Great Expectations: see `expectations.judge` for how to have it done elsewhere.
"""

# The libraries met here carry few types: what they return is checked by the tests of this folder.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # Read at import: nothing about anybody's files leaves the machine.

import pandas as pd
import pyarrow as pa

from expectations.hiding import hidden

with hidden("pyspark"):
    import great_expectations as gx
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.core.batch_definition import BatchDefinition

from expectations import base, columns, events, file, records, rows
from expectations.rules import Columns, Options, Rule, suite_of
from expectations.verdicts import SuiteName, Verdict

_SUITES: dict[SuiteName, Callable[[Options], tuple[Rule, ...]]] = {
    "file": file.rules,
    "files": file.rules_of_many,
    "rows": rows.rules,
    "columns": columns.rules,
    "rejections": rows.rejection_rules,
    "base": base.rules,
    "records": records.rules,
    "events": events.rules,
}


def run_suite(suite: SuiteName, columns: Columns, options: Options) -> tuple[Verdict, ...]:
    """Give the verdict of each rule of the suite whose column was measured, in the suite's order.

    `columns`: name → values, all of one length; None is "not measured". An expectation that Great Expectations could
    not evaluate raises RuntimeError: a rule is never passed for want of a verdict.
    """
    asked = suite_of(suite, _SUITES[suite](options), columns)
    if not asked.expectations:
        return ()
    batch = _frames().get_batch({"dataframe": _frame(columns)})
    return tuple(_verdict(result) for result in batch.validate(asked, result_format="COMPLETE").results)


@cache
def _frames() -> BatchDefinition[Any]:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # pyright: ignore[reportAttributeAccessIssue]
    asset = context.data_sources.add_pandas("carnet").add_dataframe_asset("measures")
    return asset.add_batch_definition_whole_dataframe("all")


def _frame(columns: Columns) -> pd.DataFrame:
    arrays = {name: pa.array(values) for name, values in columns.items()}
    typed = {name: array.cast(pa.int64()) if pa.types.is_null(array.type) else array for name, array in arrays.items()}
    return pa.table(typed).to_pandas(types_mapper=pd.ArrowDtype)


def _verdict(result: ExpectationValidationResult) -> Verdict:
    asked = result.expectation_config
    assert asked is not None  # noqa: S101 - each result is of an expectation of ours
    meta: Any = asked.meta
    fault = (result.exception_info or {}).get("exception_message")
    if fault:
        raise RuntimeError(f"The rule {meta['rule']!r} could not be evaluated: {fault}")
    found: dict[str, Any] = dict(result.result)
    failed = tuple(int(position) for position in found.get("unexpected_index_list") or ())
    passed = bool(result.success)
    return Verdict(
        rule=meta["rule"],
        severity=meta["severity"],
        passed=passed,
        unexpected=int(found.get("unexpected_count", 0 if passed else 1)),
        rows=failed or (() if passed else (0,)),
        observed=str(found.get("observed_value", found.get("unexpected_count", ""))),
        expectation={
            "type": asked.type,
            "kwargs": {name: value for name, value in asked.kwargs.items() if name != "batch_id"},
            "description": asked.description,
        },
    )
