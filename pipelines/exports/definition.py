"""An export as plain data, in the words of the YAML: what the manifest and the history say was asked for (EXP-4).

Belongs here: declarations → dictionaries of texts, numbers and lists. Does not: places in files.
"""

from __future__ import annotations

from typing import Any

from pipelines.declarations.model import Audience, ContactBase, Export
from pipelines.declarations.spelling import spell
from pipelines.exports.columns import exported_fields


def definition(export: Export, base: ContactBase) -> dict[str, Any]:
    """What decides of the file's content, `fields: main` spelled out, with the base's language and time zone."""
    return {
        "name": export.name,
        "audience": audience(export.audience),
        "fields": [field.name for field in exported_fields(export, base)],
        "format": export.format,
        "multi_select": export.multi_select,
        "excel": export.excel,
        "do_not_track": export.do_not_track,
        "locale": base.locale,
        "timezone": base.timezone,
    }


def audience(who: Audience) -> dict[str, Any]:
    """`{include, exclude, condition}`, or `{search, condition}`, or `{operation, figure}`."""
    condition = None if who.condition is None else spell(who.condition)
    if who.figure is not None:
        return {"operation": who.figure.operation, "figure": who.figure.name}
    if who.search is not None:
        return {"search": who.search, "condition": condition}
    return {"include": list(who.include), "exclude": list(who.exclude), "condition": condition}
