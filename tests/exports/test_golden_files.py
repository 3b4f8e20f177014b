"""Whole files, byte for byte: what stands in `cases/` is what people get (EXP-2, EXP-3)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.exports.conftest import Taker
from tests.exports.world import BASE

CASES = Path(__file__).parent / "cases"
EVERY_FIELD = tuple(field.name for field in BASE.fields)


@pytest.mark.parametrize(
    ("case", "locale", "wanted"),
    [
        ("main.csv", "fr", {}),
        ("main.txt", "fr", {"format": "txt"}),
        ("every_field.csv", "fr", {"fields": EVERY_FIELD}),
        ("every_field_en.csv", "en", {"fields": EVERY_FIELD}),
        ("every_field_joined.txt", "fr", {"fields": EVERY_FIELD, "multi_select": "joined", "format": "txt"}),
        ("excel.csv", "fr", {"fields": EVERY_FIELD, "excel": True}),
        ("excel_en.csv", "en", {"fields": EVERY_FIELD, "excel": True}),
    ],
)
def test_file_is_as_it_was(case: str, locale: Any, wanted: dict[str, Any], take: Taker) -> None:
    snapshot = take(replace(BASE, locale=locale), **wanted)
    assert snapshot.path.read_bytes().decode() == (CASES / case).read_bytes().decode()
