"""A header of megabytes is compared with no name sign by sign: it is like none, and each comparison walks through it (IMP-1)."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import pytest

from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.errors import nearest
from pipelines.imports.contacts.mapping import resolve

MODEL = ImportModel("clients", "*.csv", mapping={"Prénom": "first_name", "x" * 900: "last_name"})


def test_a_huge_header_is_compared_with_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    class Counting(difflib.SequenceMatcher[str]):
        def set_seq1(self, a: Sequence[str]) -> None:
            compared.append(len(a))
            super().set_seq1(a)

        def set_seq2(self, b: Sequence[str]) -> None:
            compared.append(len(b))
            super().set_seq2(b)

    monkeypatch.setattr(difflib, "SequenceMatcher", Counting)
    mapping = resolve(["Email", "x" * 1_000_000, "Prenoms"], MODEL, ContactBase())
    assert max(compared) < 1000
    assert [column.role for column in mapping.columns] == ["field", "unmapped", "unmapped"]
    assert dict.fromkeys(each.header for each in mapping.missing).keys() == MODEL.mapping.keys()


def test_a_name_that_is_too_long_for_a_name_is_like_none() -> None:
    assert nearest("emial", ["email"]) == "email"
    assert nearest("e" * 1000, ["e" * 999]) is None
