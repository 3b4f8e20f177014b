"""The examples of docs/segments.md: each criterion there becomes the SQL that stands below it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.declarations.events import BEHAVIOURS
from pipelines.declarations.loading import load_condition
from pipelines.declarations.model import Declarations
from pipelines.declared import declared
from pipelines.fields import OPERATORS
from pipelines.layout import ROOT
from pipelines.segments.compiling import condition, render, view_sql

PAGE = (ROOT / "docs" / "segments.md").read_text(encoding="utf-8")
FRENCH_PAGE = (ROOT / "docs" / "fr" / "segments.md").read_text(encoding="utf-8")
PAIRS = re.findall(r"^```yaml( segment)?\n(.*?)^```$.*?^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CRITERIA = [(yaml, sql) for kind, yaml, sql in PAIRS if not kind]
SEGMENTS = [(yaml, sql) for kind, yaml, sql in PAIRS if kind]
BASE = """\
type: pipelines.components.ContactBase
attributes:
  fields:
    - {name: postcode, label: Code postal, format: text}
    - {name: birth_date, label: Date de naissance, format: date}
    - {name: basket, label: Panier moyen, format: number}
    - {name: interests, label: Centre d'intérêt, format: multi_select, values: [Perle, Diamant, Agathe]}
"""


def declare(folder: Path, *documents: str) -> Declarations:
    (folder / "defs.yaml").write_text("---\n".join([BASE, *documents]), encoding="utf-8")
    return declared(folder)


@pytest.mark.parametrize(("yaml", "sql"), CRITERIA, ids=[yaml.splitlines()[0] for yaml, _ in CRITERIA])
def test_a_criterion_becomes_the_sql_below_it(tmp_path: Path, yaml: str, sql: str) -> None:
    declarations = declare(tmp_path, *(yaml for yaml, _ in SEGMENTS))
    text = "criteria:\n" + "".join(f"  {line}\n" for line in yaml.splitlines())
    group = load_condition(text, Path("search.yaml"), declarations)
    assert render(condition(group, declarations)) == sql.rstrip("\n")


@pytest.mark.parametrize(("yaml", "sql"), SEGMENTS, ids=["paris_perle", "lecteurs_parisiens"])
def test_a_segment_becomes_the_view_below_it(tmp_path: Path, yaml: str, sql: str) -> None:
    declarations = declare(tmp_path, yaml)
    [segment] = [segment for segment in declarations.segments if not segment.default]
    assert view_sql(segment, declarations) == sql.rstrip("\n")


@pytest.mark.parametrize("page", [PAGE, FRENCH_PAGE], ids=["en", "fr"])
def test_every_operator_behaviour_and_default_segment_is_named(tmp_path: Path, page: str) -> None:
    names = {op for operators in OPERATORS.values() for op in operators}
    names |= set(BEHAVIOURS)
    names |= {segment.name for segment in declare(tmp_path).segments}
    assert {name for name in names if f"`{name}`" not in page and f"`{name}:" not in page} == set()


def test_every_example_is_checked() -> None:
    assert len(CRITERIA) == PAGE.count("```yaml\n") > 10
    assert len(SEGMENTS) == PAGE.count("```yaml segment\n") == 2
