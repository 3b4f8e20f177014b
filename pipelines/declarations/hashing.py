"""One hash of what is declared: the same in every version of Carnet for the same declarations (IMP-14).

Belongs here: how declared objects are spelled for it. Does not: which parts of them decide how a file is read (the importers').
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, cast

LATER: Mapping[str, Any] = {"later": True}
"""Metadata of an attribute that came after the hash was first stored: at its default, it is as if it did not exist.

Without it, a new attribute would have every model's last file taken anew, once, in every base.
"""


def hash_declared(*declared: object) -> str:
    """SHA-256, in hexadecimal, of declared objects: their classes, the names of their attributes and the values."""
    return hashlib.sha256(_spelled(declared).encode()).hexdigest()


def _spelled(value: object) -> str:
    """As `repr` has it, but for attributes that are LATER and at their default."""
    if is_dataclass(value) and not isinstance(value, type):
        told = (f for f in fields(value) if f.repr and not _is_later_default(f, getattr(value, f.name)))
        return f"{type(value).__qualname__}({', '.join(f'{f.name}={_spelled(getattr(value, f.name))}' for f in told)})"
    if type(value) is tuple:
        items = [_spelled(item) for item in cast("tuple[object, ...]", value)]
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    if type(value) is dict:
        entries = cast("dict[object, object]", value).items()
        return "{" + ", ".join(f"{_spelled(key)}: {_spelled(item)}" for key, item in entries) + "}"
    return repr(value)


def _is_later_default(attribute: Field[Any], value: object) -> bool:
    made = attribute.default_factory
    default = attribute.default if made is MISSING else made()
    return "later" in attribute.metadata and value == default
