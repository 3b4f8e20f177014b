"""Declarations told of in French (I18N-1): what is wrong with them as an operator reads it, and what may be written in them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.declarations import schemas
from pipelines.declarations.model import DEFAULT_TIMEOUT
from pipelines.declarations.schemas import Schema
from pipelines.language import say, speaking
from tests.declarations.conftest import Declare

NBSP = "\u00a0"
SEGMENT = "type: pipelines.components.Segment\nattributes: {name: riches, %s}\n"
SCHEMAS = [each for each in vars(schemas).values() if isinstance(each, Schema)]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            "criteria: [{field: emial, op: is_empty}]",
            "champ inconnu_: «_emial_»_; vouliez-vous dire «_email_»_?",
        ),
        ("match: al, criteria: [{field: email, op: is_empty}]", "match_: «_al_» n'est pas possible"),
        ("criteria: {field: email}", "liste des critères (all)_: un bloc clé: valeur_; une liste est attendue, [ … ]"),
        (
            "criteria: [{field: last_name, op: equals, value: 75}]",
            "YAML lit 75 comme un nombre, alors qu'un texte est attendu",
        ),
        ("warn_change: 12.5, criteria: [{field: email, op: is_empty}]", "et non 12,5_; pour 12,5_%, écrivez 0.125"),
    ],
)
def test_problems(declare: Declare, written: str, told: str) -> None:
    with speaking("fr"):
        [problem] = declare(SEGMENT % written).problems
    assert told.replace("_", NBSP) in problem.message


def _descriptions() -> Iterator[str]:
    for schema in SCHEMAS:
        yield schema.description
        yield from (each.description for each in schema.attributes.values())


@pytest.mark.parametrize("description", [text for text in dict.fromkeys(_descriptions()) if text])
def test_what_may_be_written(description: str) -> None:
    with speaking("fr"):
        assert say(description) != description.format()


def test_the_limit_of_time_is_told_as_it_is() -> None:
    assert f" {DEFAULT_TIMEOUT:g} by default" in schemas.SEGMENT.attributes["timeout_seconds"].description
