"""What `carnet serve` says of itself over HTTP: `/health` for whoever watches it, `/metrics` as Prometheus reads them (SRV-1).

No key is needed, and nothing is said that is a person's.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.api.files import read_json, write_json
from pipelines.base.identity import published_mark
from pipelines.layout import Layout


@dataclass(frozen=True)
class ServiceState:
    """One of the processes that are served: whether it runs, and how often it was started again."""

    running: bool
    restarts: int


def states_file(layout: Layout) -> Path:
    """Where `carnet serve` writes how its processes are, for the one that answers."""
    return layout.data / "service" / "states.json"


def write_states(layout: Layout, states: Mapping[str, ServiceState]) -> None:
    """Tell whoever asks for health how the processes are."""
    write_json(states_file(layout), {name: asdict(state) for name, state in states.items()})


def read_states(layout: Layout) -> dict[str, ServiceState]:
    """What was last told; nothing where no service runs."""
    return {name: ServiceState(**state) for name, state in read_json(states_file(layout), {}).items()}


def health(layout: Layout, services: Mapping[str, ServiceState]) -> dict[str, Any]:
    """`status` is `ok`, or `degraded` where a service is down or the base cannot be read."""
    mark = published_mark(layout.published)
    exists = layout.published.exists()
    readable = mark is not None or not exists
    down = [name for name, state in services.items() if not state.running]
    return {
        "status": "ok" if readable and not down else "degraded",
        "services": {name: "running" if state.running else "down" for name, state in services.items()},
        "restarts": {name: state.restarts for name, state in services.items()},
        "base": {"readable": readable, "generation": mark.generation if mark else None},
        "published_age_seconds": round(time.time() - layout.published.stat().st_mtime) if exists else None,
        "free_bytes": shutil.disk_usage(layout.data).free,
    }


def metrics(found: Mapping[str, Any]) -> str:
    """The same for Prometheus."""
    lines = [
        "# HELP carnet_up Whether everything that is served runs, and the base can be read.",
        "# TYPE carnet_up gauge",
        f"carnet_up {int(found['status'] == 'ok')}",
        "# HELP carnet_service_up Whether a service runs.",
        "# TYPE carnet_service_up gauge",
        *(
            f'carnet_service_up{{service="{name}"}} {int(state == "running")}'
            for name, state in found["services"].items()
        ),
        "# HELP carnet_service_restarts_total How often a service was started again.",
        "# TYPE carnet_service_restarts_total counter",
        *(f'carnet_service_restarts_total{{service="{name}"}} {count}' for name, count in found["restarts"].items()),
        "# HELP carnet_free_bytes Free room on the disk of the data.",
        "# TYPE carnet_free_bytes gauge",
        f"carnet_free_bytes {found['free_bytes']}",
    ]
    if found["base"]["generation"] is not None:
        lines += [
            "# HELP carnet_base_generation How many times the published base had changed.",
            "# TYPE carnet_base_generation counter",
            f"carnet_base_generation {found['base']['generation']}",
            "# HELP carnet_published_age_seconds Since when the published copy stands.",
            "# TYPE carnet_published_age_seconds gauge",
            f"carnet_published_age_seconds {found['published_age_seconds']}",
        ]
    return "\n".join(lines) + "\n"
