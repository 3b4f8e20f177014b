"""Folders of declarations for tests: one base with a field of each format, and whatever documents a test adds."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.declarations.loading import LoadedDeclarations
from pipelines.declared import load

BASE = """\
type: pipelines.components.ContactBase
attributes:
  fields:
    - {name: postcode, label: Code postal, format: text}
    - {name: birth_date, format: date}
    - {name: basket, format: number}
    - {name: vip, format: boolean}
    - {name: member, label: Adhérent, format: single_select, values: [Oui, Non]}
    - {name: interests, label: Centre d'intérêt, format: multi_select, values: [Perle, Agathe], unknown_values: reject}
    - {name: city, format: single_select, values: [Paris], unknown_values: add}
"""

Declare = Callable[..., LoadedDeclarations]


@pytest.fixture
def declare(tmp_path: Path) -> Declare:
    """Loads a folder that holds the base above (or another one) and the documents given, in `defs.yaml`."""

    def load_documents(*documents: str, base: str = BASE) -> LoadedDeclarations:
        (tmp_path / "base").mkdir(exist_ok=True)
        (tmp_path / "base" / "defs.yaml").write_text(textwrap.dedent(base), encoding="utf-8")
        joined = "---\n".join(textwrap.dedent(document) for document in documents)
        (tmp_path / "defs.yaml").write_text(joined, encoding="utf-8")
        return load(tmp_path)

    return load_documents


@pytest.fixture
def declare_criterion(declare: Declare) -> Declare:
    """Loads a folder with one segment of one criterion, which stands on line 5."""

    def load_criterion(criterion: str) -> LoadedDeclarations:
        lines = ["type: pipelines.components.Segment", "attributes:", "  name: s", "  criteria:", f"    - {criterion}"]
        return declare("\n".join(lines) + "\n")

    return load_criterion
