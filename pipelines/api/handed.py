"""What calls ask for and that lasts, by its name: done where it is handed over, or in the process of the interface.

Belongs here: which work there is, and what it is told and tells as JSON. Does not: how it is handed over (`handing`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipelines.api import exporting, importing, purging
from pipelines.api.account import Account
from pipelines.api.faults import tell_fault
from pipelines.api.handing import IN_THE_WAY
from pipelines.api.jobs import Done, Job
from pipelines.api.webhooks import batches
from pipelines.api.webhooks.spool import Batch
from pipelines.errors import EnvironmentFaultError
from pipelines.faults import as_fault
from pipelines.language import speak
from pipelines.layout import Layout

DOING: Mapping[str, Callable[[Account, Job], Done]] = {
    "import": importing.do,
    "export": exporting.do,
    "purge": purging.do,
}


def run(arguments: list[str]) -> int:
    """Do the work that the arguments name; what it gives goes to standard output.

    The exit code: 3 where it fails, IN_THE_WAY where it may be done later.
    """
    speak(lambda: "en")
    [work, asked] = arguments
    account = Account(Layout.from_environment())
    try:
        print(json.dumps(_WORKS[work](account, json.loads(asked))))
    except Exception as error:  # Whoever handed it over is told by the code; the log, what it was.
        tell_fault(error, f"the work {work} that was handed over")
        return IN_THE_WAY if isinstance(as_fault(error), EnvironmentFaultError) else 3
    finally:
        account.close()
    return 0


def _job(account: Account, asked: Mapping[str, Any]) -> Done:
    job = Job(**asked)
    return DOING[job.kind](account, job)


def _batch(account: Account, asked: Mapping[str, Any]) -> str:
    return batches.take(account, Batch(Path(asked["path"]), asked["event_import"], asked["who"])).status


_WORKS: Mapping[str, Callable[[Account, Mapping[str, Any]], Any]] = {"job": _job, "batch": _batch}
