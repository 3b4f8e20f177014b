"""An account whose e-mail events go into its lake, or not."""

from __future__ import annotations

from typing import Any

from tests.behaving import Behaving

LAKE = "lake: {catalog: sqlite, warehouse: lake}"
SEGMENTS = """---
type: pipelines.components.Segment
attributes: {name: clickers, criteria: [{behaviour: clicked, operations: any}]}
---
type: pipelines.components.Segment
attributes: {name: of_soldes, criteria: [{operation: Soldes, is: recipient}]}
---
type: pipelines.components.Segment
attributes: {name: silent, criteria: [{behaviour: opened, operations: any, negate: true}]}
"""
COLUMNS = "event_id, operation_id, contact_id, type, occurred_at, link, detail, import_id, person, kind, key"


def event(number: int | str, who: str, type_: str, at: str = "2026-03-04T10:00:00Z", **more: Any) -> dict[str, Any]:
    return {"id": f"e{number}", "campaign": "Soldes", "email": f"{who}@ex.fr", "event": type_, "ts": at, **more}


def declare(behaving: Behaving, *, lake: bool, base: str = LAKE, more: str = "") -> None:
    """`lake`: whether the events of `esp` go into it; `more`: of that event import."""
    behaving.declare(base if lake else "", SEGMENTS)
    if lake:
        path = behaving.account.layout.assets / "defs.yaml"
        into = f'file: "esp*"\n  into: lake\n  {more}'
        path.write_text(path.read_text().replace('file: "esp*"', into))
