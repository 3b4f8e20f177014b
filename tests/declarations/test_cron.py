"""Cron schedules: what is refused, and that Dagster takes whatever is not."""

from __future__ import annotations

import pytest
from dagster._utils.schedules import is_valid_cron_schedule
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.declarations.cron import cron_fault


@pytest.mark.parametrize(
    "schedule",
    [
        "0 6 * * *",
        "*/15 * * * *",
        "0 0 1,15 * mon-fri",
        "5-50/5 8-18 * JAN,jul 1-7",
        "@daily",
        "0 0 31 1-2 *",
        "0 0 29 2 *",
    ],
)
def test_schedules(schedule: str) -> None:
    assert cron_fault(schedule) is None


@pytest.mark.parametrize(
    ("schedule", "fault"),
    [
        ("0 6 * *", "five parts"),
        ("60 * * * *", "minute '60' is not between 0 and 59"),
        ("* * 0 * *", "day of the month '0'"),
        ("* * * avril *", "month 'avril'"),
        ("* 5-1 * * *", "ends before it begins"),
        ("*/0 * * * *", "step"),
        ("5/10 * * * *", "a step follows"),
        ("*-5 * * * *", "is not a number"),
        ("0 0 30 2 *", "never comes"),
        ("0 0 31 feb,apr *", "never comes"),
        ("@sometimes", "five parts"),
        ("٣ * * * *", "is not a number"),
    ],
)
def test_faults(schedule: str, fault: str) -> None:
    assert fault in (cron_fault(schedule) or "")


NUMBER = st.integers(0, 62).map(str)
PIECE = st.one_of(NUMBER, st.just("*"), st.builds("{}-{}".format, NUMBER, NUMBER), st.builds("*/{}".format, NUMBER))
PART = st.lists(PIECE, min_size=1, max_size=2).map(",".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.just("*"), PART), min_size=5, max_size=5).map(" ".join))
def test_dagster_takes_what_has_no_fault(schedule: str) -> None:
    assert cron_fault(schedule) is not None or is_valid_cron_schedule(schedule)
