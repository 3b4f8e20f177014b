"""What a suite says of data, rule by rule. Imports nothing, so that whoever asks and whoever answers can share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SuiteName = Literal["file", "files", "rows", "columns", "rejections", "base", "records", "events"]


@dataclass(frozen=True)
class Verdict:
    """What one rule said.

    `unexpected`: how many rows of the judged frame failed; `rows`: their positions, from 0; `observed`: the measure. `expectation`:
    the rule as Great Expectations judged it (`type`, `kwargs`, `description`), for its own pages.
    """

    rule: str
    severity: Literal["critical", "error", "warning"]
    passed: bool
    unexpected: int
    rows: tuple[int, ...]
    observed: str
    expectation: Mapping[str, Any] = field(default_factory=dict[str, Any], compare=False, repr=False)
