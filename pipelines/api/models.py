"""Import models for what calls say of their files: documents of `assets/api/defs.yaml`, one for each way (decision 17).

The operator sees them, git shows them, and Dagster has assets, partitions and checks of them as of any other.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import yaml

from pipelines.api.account import Account
from pipelines.api.declaring import alone_declaring, declared_so, with_document
from pipelines.api.uploads import Mapped
from pipelines.declarations.model import Action


def model_for(account: Account, mapped: Mapped, action: Action, separator: str | None, *, resubscribe: bool) -> str:
    """The name of the model that imports so; it is declared if it was not. ApiError 400 where it cannot be."""
    said: dict[str, Any] = {"action": action, "mapping": mapped.mapping}
    said |= {"split": mapped.split} if mapped.split else {}
    said |= {"separator": "tab" if separator == "\t" else separator} if separator else {}
    said |= {"may_resubscribe": True} if resubscribe else {}
    name = "api_" + hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:10]
    with alone_declaring(account) as declarations:
        if all(importer.name != name for importer in declarations.importers):
            attributes = {"name": name, "file": f"{name}*.csv", **said}
            _declare(account, {"type": "pipelines.components.ImportModel", "attributes": attributes})
    return name


def _declare(account: Account, document: dict[str, Any]) -> None:
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)
    refused, hint = "The file's columns cannot be imported so.", "Look at matchings."
    with declared_so(account, lambda former: with_document(former, text), refused, hint):
        pass
