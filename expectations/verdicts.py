"""What a suite says of data, rule by rule. Imports nothing, so that whoever asks and whoever answers can share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SuiteName = Literal["file", "files", "rows", "rejections", "base", "records", "events"]


@dataclass(frozen=True)
class Verdict:
    """What one rule said.

    `unexpected`: how many rows of the judged frame failed; `rows`: their positions, from 0; `observed`: the measure.
    """

    rule: str
    severity: Literal["critical", "error", "warning"]
    passed: bool
    unexpected: int
    rows: tuple[int, ...]
    observed: str
