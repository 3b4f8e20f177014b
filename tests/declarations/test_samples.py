"""The declarations that come with the project."""

from __future__ import annotations

from pipelines.declarations.default_segments import DEFAULT_SEGMENT_NAMES
from pipelines.declarations.model import FieldCriterion, Group
from pipelines.declared import check, declared
from pipelines.layout import ROOT

ASSETS = ROOT / "assets"


def test_they_have_no_problem() -> None:
    assert check(ASSETS) == ()


def test_the_newsletter_is_read_as_the_contract_shows_it() -> None:
    model = declared(ASSETS).model("newsletter")
    assert model.separator == ";"
    assert model.mapping == {
        "Email": "email",
        "Prénom": "first_name",
        "Portable": "mobile",
        "Perle": "interests",
        "Diamant": "interests",
        "Divers": None,
    }
    assert model.constants == {"opt_in_email": "yes"}


def test_the_crm_is_separated_by_tabs() -> None:
    assert declared(ASSETS).model("crm").separator == "\t"


def test_a_segment_holds_typed_criteria() -> None:
    assert declared(ASSETS).segment("paris_perle").root == Group(
        "all",
        (
            FieldCriterion("postcode", "starts_with", ("75",)),
            FieldCriterion("interests", "equals", ("Perle",)),
        ),
    )


def test_default_segments_come_first() -> None:
    segments = declared(ASSETS).segments
    assert tuple(segment.name for segment in segments[:13]) == DEFAULT_SEGMENT_NAMES
    assert [segment.default for segment in segments] == [True] * 13 + [False] * (len(segments) - 13)
