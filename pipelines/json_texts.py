"""Documents as the contract's JSON, the same at every door: dates and instants in ISO 8601, nothing that JSON does not have."""

from __future__ import annotations

import json
import math
import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

_C1 = re.compile(r"[\x7f-\x9f]")


def json_text(document: Any, indent: int | None = None) -> str:
    """`document` as JSON; signs that a terminal obeys are escaped, and so are halves of characters, as in the names of files."""
    text = json.dumps(_finite(document), ensure_ascii=False, indent=indent, default=_plain, allow_nan=False)
    text = _C1.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text.encode("utf-8", "backslashreplace").decode()


def _finite(value: Any) -> Any:
    """The document with null for numbers that JSON does not have (infinite, not a number)."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def _plain(value: object) -> object:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.hex() if isinstance(value, bytes) else str(value)
