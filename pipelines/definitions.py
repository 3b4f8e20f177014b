"""The Dagster code location: what is declared, as assets; and the jobs, sensors and schedules that run them."""

from __future__ import annotations

from pipelines.building import build_defs
from pipelines.privacy import keep_private
from pipelines.speaking import speak_with_the_operator

keep_private()
speak_with_the_operator()
defs = build_defs()
