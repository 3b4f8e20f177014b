"""A house whose models have sources and people to tell, with real servers of both kinds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from expectations.judge import Judge
from pipelines.building import build_defs
from pipelines.cli.running import Watcher
from pipelines.declared import declared as load_or_raise
from pipelines.layout import Layout
from pipelines.orchestration.instance import open_instance
from pipelines.orchestration.names import IMPORT_INBOX, poll_job
from pipelines.orchestration.resources import RESOURCE
from pipelines.orchestration.sensors import inbox_sensor
from pipelines.workspace import Workspace
from tests.delivery.mailbox import Mailbox
from tests.delivery.servers import SshServer
from tests.orchestration.conftest import House

DECLARATIONS = """\
type: pipelines.components.ContactBase
attributes:
  max_file_bytes: 20000
  fields:
    - {name: postcode, label: Code postal, format: text}
---
type: pipelines.components.ImportModel
attributes:
  name: newsletter
  file: "newsletter*.csv"
  source: "SOURCE"
  interval_minutes: 5
  notify: [crm@exemple.org, dpo@exemple.org]
---
type: pipelines.components.ImportModel
attributes: {name: crm, file: "crm*.csv", notify: [crm@exemple.org, dpo@exemple.org]}
"""


@dataclass
class AutomatedHouse(House):
    """A house, its SFTP server and its mail server."""

    server: SshServer
    mailbox: Mailbox
    cursor: str | None = None
    now: float = 1_800_000_000.0

    def poll(self, settle_seconds: int = 0) -> dg.ExecuteInProcessResult:
        """The polling job of the model newsletter, as its schedule starts it."""
        config = {"ops": {"fetch_newsletter": {"config": {"settle_seconds": settle_seconds}}}}
        return self.run(poll_job("newsletter"), run_config=config)

    def drop(self, content: str, name: str, model: str = "newsletter") -> Path:
        """A file in the inbox."""
        path = self.layout.inbox / model / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def tick(self) -> dg.ExecuteInProcessResult | None:
        """The inbox sensor looks; the run that it asks for, if any, done."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        found = inbox_sensor(self.workspace.declarations, self.layout, lambda: self.now)(context)
        self.cursor = context.cursor
        if isinstance(found, dg.SkipReason):
            return None
        (request,) = found.run_requests
        return self.run(IMPORT_INBOX, run_config=dict(request.run_config))

    def look(self) -> dg.ExecuteInProcessResult | None:
        """The sensor's two looks at new files, and the run of the second."""
        self.tick()
        return self.tick()

    def log(self, run: dg.ExecuteInProcessResult) -> str:
        """All that a run logged."""
        return "\n".join(entry.user_message for entry in self.instance.all_logs(run.run_id))


@contextmanager
def automated_house(
    folder: Path, judge: Judge, server: SshServer, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AutomatedHouse]:
    """The house, in the environment that an operator would set up."""
    layout = Layout(data=folder / "data", assets=folder / "assets")
    layout.assets.mkdir(parents=True)
    (layout.assets / "defs.yaml").write_text(DECLARATIONS.replace("SOURCE", server.address()))
    monkeypatch.setenv("DAGSTER_HOME", "")
    for name, value in server.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CARNET_SMTP_URL", f"smtp://127.0.0.1:{mailbox.port}?encryption=none")
    watcher = Watcher()
    workspace = Workspace(layout, load_or_raise(layout.assets), "a test", watcher)
    workspace.__dict__["judge"] = judge  # the session's: Great Expectations takes seconds to start
    instance = open_instance(layout)
    try:
        definitions = build_defs(
            declarations=workspace.declarations, layout=layout, resource_overrides={RESOURCE: workspace}
        )
        yield AutomatedHouse(workspace, definitions, instance, watcher, server, mailbox)
    finally:
        watcher.stop()
        instance.dispose()
