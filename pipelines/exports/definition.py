"""An export as plain data, in the words of the YAML: what the manifest and the history say was asked for (EXP-4).

Belongs here: declarations → dictionaries of texts, numbers and lists. Does not: places in files.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from pipelines.declarations.model import (
    Audience,
    ContactBase,
    Criterion,
    Export,
    FieldCriterion,
    Group,
    ImportCriterion,
    Scalar,
    SegmentCriterion,
)
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
    """`{include, exclude, condition}`."""
    condition = None if who.condition is None else criterion(who.condition)
    return {"include": list(who.include), "exclude": list(who.exclude), "condition": condition}


def criterion(what: Criterion) -> dict[str, Any]:
    """One criterion as its YAML says it."""
    match what:
        case Group():
            return {what.match: [criterion(inner) for inner in what.criteria]}
        case SegmentCriterion():
            return {"segment": what.segment, "is": _side(what.inside)}
        case ImportCriterion():
            return {"import": what.source, "is": _side(what.inside)}
        case FieldCriterion():
            return _field(what)


def _side(inside: bool) -> str:
    return "in" if inside else "out"


def _field(what: FieldCriterion) -> dict[str, Any]:
    said: dict[str, Any] = {"field": what.field, "op": what.op}
    values = [_plain(value) for value in what.values]
    if values:
        said["value"] = values[0] if len(values) == 1 else values
    if what.exact:
        said["exact"] = True
    if what.empty is not None:
        said["empty"] = what.empty
    return said


def _plain(value: Scalar) -> str | float | bool:
    return value.isoformat() if isinstance(value, date) else value
