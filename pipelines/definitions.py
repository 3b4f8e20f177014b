"""The Dagster code location: what is declared, as assets; and the jobs, sensors and schedules that run them."""

from __future__ import annotations

from pipelines.building import build_defs
from pipelines.privacy import keep_private

keep_private()
defs = build_defs()
