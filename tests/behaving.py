"""A base with contacts and event imports of every kind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.declared import declared
from pipelines.imports.results import ImportResult
from pipelines.imports.undoing import Undone
from pipelines.workspace import Workspace
from tests.conftest import Account

DECLARATIONS = """\
type: pipelines.components.ContactBase
attributes:
  key: email
  %s
---
type: pipelines.components.ImportModel
attributes: {name: clients, file: "clients*.csv"}
---
type: pipelines.components.ImportModel
attributes: {name: again, file: "again*.csv", may_resubscribe: true}
---
type: pipelines.components.ImportModel
attributes: {name: leaving, file: "leaving*.csv", action: delete}
---
type: pipelines.components.ImportModel
attributes: {name: suppressed, file: "suppressed*.csv", action: suppress}
---
type: pipelines.components.EventImport
attributes:
  name: esp
  file: "esp*"
  channel: email
  mapping: {id: event_id, campaign: operation, email: email, event: type, ts: occurred_at, url: link, message: detail}
  types: {open: opened, click: clicked, hard_bounce: bad_alias, unsub: unsubscribed, deferred: null}
---
type: pipelines.components.EventImport
attributes:
  name: texts
  file: "texts*"
  channel: sms
  mapping: {campaign: operation, phone: mobile, event: type, ts: occurred_at}
---
type: pipelines.components.EventImport
attributes:
  name: forms
  file: "forms*"
  channel: form
  mapping: {campaign: operation, who: contact_id, event: type, ts: occurred_at}
"""


@dataclass
class Behaving:
    """An account whose files of contacts and events are imported as the product does."""

    account: Account

    @property
    def workspace(self) -> Workspace:
        return self.account.workspace

    def declare(self, base: str = "", more: str = "") -> None:
        """`base`: more of the base's declaration; `more`: other documents."""
        self.account.declare(DECLARATIONS % base + more)

    def contacts(self, text: str, model: str = "clients") -> ImportResult:
        return self.account.load(text, f"{model}.csv", model=model, force=True)

    def events(self, path: Path, model: str = "esp", **options: Any) -> ImportResult:
        return self.account.take(path, model, **options)

    def send(self, *events: dict[str, Any], name: str = "esp.ndjson", model: str = "esp", **options: Any):
        text = "".join(json.dumps(event) + "\n" for event in events)
        return self.events(self.account.write(text, name), model, **options)

    def undo(self, import_id: int | None) -> Undone:
        return self.workspace.undo(import_id or 0)

    def edit(self, key: str, **values: str) -> None:
        self.workspace.edit_contact(key, values)

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.workspace.store.write() as writer:
            return writer.connection.execute(query, list(parameters)).fetchall()

    def contact(self, email: str, *fields: str) -> Any:
        columns = ", ".join(fields)
        [row] = self.sql(f"SELECT {columns} FROM contacts WHERE email = ?", [email])
        return row[0] if len(fields) == 1 else row

    def declarations(self):
        return declared(self.account.layout.assets)
