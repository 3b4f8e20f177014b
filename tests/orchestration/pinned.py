"""The definitions as text, one a line, so that a change of them is read as a diff.

After a change that was meant: `.venv/bin/python -m tests.orchestration.pinned` writes `cases/definitions/pinned.txt` anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import dagster as dg
from dagster._core.definitions.assets.job.asset_job import is_reserved_asset_job_name

from pipelines.building import build_defs
from pipelines.declared import declared
from pipelines.layout import Layout

CASE = Path(__file__).parent / "cases" / "definitions"
PINNED = CASE / "pinned.txt"


def definitions() -> dg.Definitions:
    """What the declarations of the case make. Nothing is read of the folders that are named."""
    return build_defs(declarations=declared(CASE), layout=Layout(data=CASE / "nowhere", assets=CASE))


def described(found: dg.Definitions) -> str:
    """Assets with their checks, then jobs, schedules and sensors: sorted, a line each."""
    parts = {"assets": _assets(found), "jobs": _jobs(found), "schedules": _schedules(found), "sensors": _sensors(found)}
    return "\n".join("\n  ".join([title, *lines]) + "\n" for title, lines in parts.items())


def _assets(found: dg.Definitions) -> Iterator[str]:
    graph = found.resolve_asset_graph()
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        yield _line(
            key.to_user_string(),
            group=node.group_name,
            kinds=sorted(tag.removeprefix("dagster/kind/") for tag in node.tags if tag.startswith("dagster/kind/")),
            deps=_keys(node.parent_keys, found),
            partitions=[str(getattr(node.partitions_def, "name", ""))],
            pools=sorted(node.pools or ()),
            automation=["yes" if node.automation_condition else ""],
        )
        for check in sorted(graph.get_check_keys_for_assets({key})):
            yield f"  check {_line(check.name, blocking=['yes' if graph.get(check).blocking else ''])}"


def _jobs(found: dg.Definitions) -> Iterator[str]:
    own = [job for job in found.resolve_all_job_defs() if not is_reserved_asset_job_name(job.name)]
    for job in sorted(own, key=lambda job: job.name):
        selected = _keys(job.asset_layer.selected_asset_keys, found)
        yield _line(
            job.name,
            assets=selected,
            ops=[] if selected else sorted(node.name for node in job.nodes),
            launchpad=json.dumps(job.run_config["ops"]) if job.run_config else "",
        )


def _schedules(found: dg.Definitions) -> Iterator[str]:
    for schedule in sorted(found.schedules or (), key=lambda schedule: schedule.name):
        assert isinstance(schedule, dg.ScheduleDefinition)
        yield _line(
            schedule.name,
            job=[schedule.job_name],
            cron=[str(schedule.cron_schedule)],
            zone=[str(schedule.execution_timezone)],
            status=[schedule.default_status.value],
        )


def _sensors(found: dg.Definitions) -> Iterator[str]:
    for sensor in sorted(found.sensors or (), key=lambda sensor: sensor.name):
        yield _line(
            sensor.name,
            kind=[sensor.sensor_type.value],
            jobs=sorted(target.job_name for target in sensor.targets),
            every=[f"{sensor.minimum_interval_seconds} s"],
            status=[sensor.default_status.value],
        )


def _keys(keys: Iterable[dg.AssetKey], found: dg.Definitions) -> list[str]:
    """Asset keys as people write them; all of the segments together are one."""
    named = {key.to_user_string() for key in keys}
    every = {
        key.to_user_string() for key in found.resolve_asset_graph().get_all_asset_keys() if key.path[0] == "segments"
    }
    return sorted(named - every | {"segments/*"} if every <= named else named)


def _line(name: str, **marks: Iterable[str] | str) -> str:
    """The name, then each mark that says something."""
    told = {mark: value if isinstance(value, str) else ", ".join(value) for mark, value in marks.items()}
    return " · ".join([name, *(f"{mark}: {value}" for mark, value in told.items() if value)])


if __name__ == "__main__":
    PINNED.write_text(described(definitions()), encoding="utf-8")
    print(f"{PINNED.relative_to(Path.cwd())} is written anew: read its diff before you commit it.")
