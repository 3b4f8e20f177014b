"""The SQL of docs/segments.md: the file there becomes the view below it, and the page names every figure and table (SEG-1)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.declarations.events import FIGURES, RETURNS
from pipelines.declared import declared
from pipelines.layout import ROOT
from pipelines.segments.compiling import view_sql
from tests.segments.test_documented import BASE, PAGE


def example(kind: str) -> str:
    [found] = re.findall(rf"^```sql {kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return found


def test_the_file_becomes_the_view_below_it(tmp_path: Path) -> None:
    (tmp_path / "defs.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "big_baskets.sql").write_text(example("file"), encoding="utf-8")
    declarations = declared(tmp_path)
    assert view_sql(declarations.segment("big_baskets"), declarations) == example("view").rstrip("\n")


@pytest.mark.parametrize("folder", ["docs", "docs/fr"])
def test_every_figure_of_an_audience_is_named(folder: str) -> None:
    page = (ROOT / folder / "exports.md").read_text(encoding="utf-8")
    assert [name for name in FIGURES if name not in RETURNS and f"`{name}`" not in page] == []
