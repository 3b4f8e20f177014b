"""An export holds the base as it is now, whatever of it was published before (EXP-1, SEG-6)."""

from __future__ import annotations

import csv

import pytest

from pipelines.declarations.model import Audience, Export
from tests.conftest import DECLARATIONS, Account

PARIS = """---
type: pipelines.components.Segment
attributes:
  name: paris
  label: Parisiens
  criteria: [{{field: postcode, op: starts_with, value: "{start}"}}]
"""
EXPORT = Export("paris", Audience(("paris",)), ("email",))


@pytest.fixture
def published(account: Account) -> Account:
    """Three contacts, of whom one is in the segment, counted and published."""
    account.declare(DECLARATIONS + PARIS.format(start="75"))
    account.load("Email;Code postal\na@ex.fr;75001\nb@ex.fr;69002\nc@ex.fr;13001\n")
    account.workspace.refresh_segments(force=True)
    account.workspace.publish()
    return account


def emails(account: Account, export: Export = EXPORT) -> list[str]:
    with account.workspace.export(export).path.open(encoding="utf-8", newline="") as file:
        return [row[0] for row in list(csv.reader(file, delimiter=";"))[1:]]


def told(account: Account) -> tuple[int, int]:
    """What readers see: the segment's count, and how many exports the history has."""
    with account.workspace.published() as copy:
        [found] = copy.execute(
            "SELECT (SELECT count FROM main.segment_counts WHERE segment = 'paris'), (SELECT count(*) FROM main.exports)"
        ).fetchall()
    return found


def refreshed(account: Account) -> str:
    with account.workspace.published() as copy:
        [(at,)] = copy.execute("SELECT max(refreshed_at)::VARCHAR FROM main.segment_counts").fetchall()
    return at


def test_a_base_that_nothing_changed_shows_the_export_and_its_count(published: Account) -> None:
    before = refreshed(published)
    assert emails(published) == ["a@ex.fr"]
    assert told(published) == (1, 1)
    assert refreshed(published) > before


def test_what_was_committed_and_never_published_is_exported(published: Account) -> None:
    published.load("Email;Code postal\nd@ex.fr;75004\n")
    assert emails(published) == ["a@ex.fr", "d@ex.fr"]
    assert told(published) == (2, 1)


def test_a_segment_that_is_another_one_since_is_exported_as_it_is_declared(published: Account) -> None:
    published.declare(DECLARATIONS + PARIS.format(start="69"))
    assert emails(published) == ["b@ex.fr"]
    assert told(published) == (1, 1)


def test_contacts_that_were_updated_stand_among_the_others_by_their_numbers(published: Account) -> None:
    published.load("Email;Code postal\na@ex.fr;75005\n")
    assert emails(published, Export("all", fields=("email",))) == ["a@ex.fr", "b@ex.fr", "c@ex.fr"]
    assert [number for (number,) in published.rows("SELECT contact_id FROM main.contacts")] != [1, 2, 3], "as they lie"
