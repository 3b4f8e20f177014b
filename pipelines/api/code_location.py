"""The code location of the running Dagster UI: told to load again once calls have declared something, so that it shows it.

Best effort: what is declared holds without it, the daemon looks by itself each minute, and `carnet` commands read the YAML anew.
Belongs here: telling it. Does not: what is declared.
"""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Mapping

from pipelines.api.faults import tell_fault

UI_URL = "CARNET_UI_URL"
"""In the environment of the interface's process: where the UI answers, if `carnet serve` runs one."""
_PAUSE_SECONDS, _LONGEST = 1.0, 120.0
_RELOAD = "mutation { reloadWorkspace { __typename } }"


class CodeLocation:
    """The code location of one account's UI; where there is none, nothing is done."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._url = environ.get(UI_URL)
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def reload_soon(self) -> None:
        """Have it loaded again in a while, in a thread of its own: once for all that is declared in that while."""
        with self._lock:
            if self._url is not None and self._timer is None:
                self._timer = threading.Timer(_PAUSE_SECONDS, self._reload, [self._url])
                self._timer.daemon = True
                self._timer.start()

    def _reload(self, url: str) -> None:
        with self._lock:
            self._timer = None
        try:
            reload_workspace(url)
        except Exception as error:  # A UI that does not answer is no call's fault: it loads all when it starts.
            tell_fault(error, "reloading the code location")


def reload_workspace(url: str) -> str:
    """Have the webserver at `url` load its code locations again; the kind of its answer. OSError where it does not."""
    body = json.dumps({"query": _RELOAD}).encode()
    request = urllib.request.Request(f"{url}/graphql", body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=_LONGEST) as answer:  # noqa: S310 - of this machine, by our own setting
        return json.load(answer)["data"]["reloadWorkspace"]["__typename"]
