"""One column of a file under a model: what it is for, told by `mapping`, used by every step after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipelines.declarations.model import ListForm
from pipelines.language import mark, say

Role = Literal["field", "cross", "list", "ignored", "read_only", "unmapped", "carnet"]
CARNET_COLUMNS = ("carnet_line", "carnet_reasons")
"""What a rejects file adds to the columns of its file; an import ignores them wherever they stand (contract)."""


_IDLE = {"read_only": mark("ignored (read-only)"), "unmapped": mark("ignored (not mapped)")}


@dataclass(frozen=True)
class Column:
    """One column, `c<position>`: a field's cells, the crosses of a multi-select's `value`, lists of its values, or not used.

    `explicit`: the model's mapping says so, not the header alone; `key`: what the mapping calls it. `split`: what stands between
    the values of a list. A column that feeds several fields stands once for each.
    """

    position: int
    header: str
    role: Role
    field: str | None = None
    value: str | None = None
    explicit: bool = False
    key: str | None = None
    split: ListForm | None = None

    @property
    def meaning(self) -> str:
        """What becomes of the column, for people."""
        if self.role == "field":
            return str(self.field)
        if self.role == "cross":
            return f"{self.field} : {self.value}"
        if self.role == "list":
            return say("{field} (several values in a cell)", field=self.field)
        return say(_IDLE.get(self.role, mark("ignored")))
