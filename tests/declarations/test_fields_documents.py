"""`Fields` documents: fields beside those of the base, and changes of these, with file and line where they do not fit (FLD-5)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.cells.selects import ValueNames
from tests.declarations.conftest import Declare

FIELDS = """
    type: pipelines.components.Fields
    attributes:
      fields:
        - {name: total, label: Total, format: number}
        - {name: tags, label: Étiquettes, format: multi_select, values: []}
      changes:
        - {name: postcode, label: CP}
        - {name: member, renamed: {Oui: "Actif"}, add: [Ancien], order: [Ancien, Actif]}
"""


def test_fields_come_after_those_of_the_base_and_changes_are_acted_on(declare: Declare) -> None:
    declarations = declare(FIELDS).declarations
    assert declarations is not None
    base = declarations.base
    assert [field.name for field in base.declared_fields][-2:] == ["total", "tags"]
    assert base.field("tags").values == ()
    assert base.field("postcode").labels.fr == "CP"
    member = base.field("member")
    assert (member.codes, member.renamed) == (("Ancien", "Actif", "Non"), (("Oui", "Actif"),))
    # Files that have the former text mean the value that it is now.
    assert ValueNames(member).code("OUI") == "Actif"


def test_a_criterion_with_a_former_text_means_the_value_of_today(declare: Declare) -> None:
    segment = """
        type: pipelines.components.Segment
        attributes: {name: s, criteria: [{field: member, op: equals, value: Oui}]}
    """
    declarations = declare(FIELDS, segment).declarations
    assert declarations is not None
    assert declarations.segment("s").root.criteria[0].values == ("Actif",)  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("fields: [{name: postcode, format: text}]", "there are two fields 'postcode': the first stands at"),
        ("fields: [{name: cp, label: Code Postal, format: text}]", "cannot stand for 'cp'"),
        ("changes: [{name: member, label: Code postal}]", "'Code postal' cannot stand for 'member'"),
        ("changes: [{name: basket, add: [x]}]", "a field of format number has no values"),
        ("changes: [{name: member, add: [oui]}]", "are one value"),
        ("changes: [{name: member, renamed: {Oui: Oui2, Oui2: Oui}}]", "is no value of the field"),
        ("changes: [{name: member}, {name: member}]", "there are two changes of the field 'member'"),
        ("fields: [{name: s, format: single_select, values: [a], renamed: {a: b}}]", "'b' is no value"),
        (
            "fields: [{name: s, format: single_select, values: [a, b], renamed: {a: b}}]",
            "'a' is a value of the field again",
        ),
        ("fields: {name: s}", "a list of fields is meant"),
        ("changes: {name: s}", "a list of changes is meant"),
        ("change: []", "there is no attribute of Fields 'change'"),
    ],
)
def test_what_does_not_fit_is_told_where_it_stands(entry: str, said: str, declare: Declare) -> None:
    loaded = declare(f"type: pipelines.components.Fields\nattributes:\n  {entry}\n")
    assert not loaded.ok
    [problem] = [each for each in loaded.problems if said in each.message]
    assert (problem.file.name, problem.line) == ("defs.yaml", 3)


def test_a_change_of_a_field_that_is_gone_is_told_and_does_no_harm(declare: Declare) -> None:
    loaded = declare("type: pipelines.components.Fields\nattributes: {changes: [{name: gone, label: X}]}\n")
    assert loaded.ok
    assert "not acted on" in loaded.problems[0].message


def test_the_page_shows_what_works(declare: Declare) -> None:
    page = (Path(__file__).parents[2] / "docs" / "fields.md").read_text(encoding="utf-8")
    base, fields = (
        next(block for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if f"components.{kind}\n" in block)
        for kind in ("ContactBase", "Fields")
    )
    declarations = declare(fields, base=base).declarations
    assert declarations is not None
    interests = declarations.base.field("interests")
    assert (interests.labels.fr, interests.codes) == ("Goûts", ("Quartz", "Perles", "Diamant", "Agathe"))
    assert declarations.base.declared_fields[-1].name == "woo_orderstotal"
