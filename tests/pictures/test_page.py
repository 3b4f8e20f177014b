"""The page of the base (SRV-3): counts of everybody, a value of nobody, in the base's language; no script, no outside host."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from pipelines.pictures.figures import Figures, figures_of
from pipelines.pictures.page import page
from pipelines.pictures.plots import bars
from tests.conftest import Account

HOSTILE = '<script>alert(1)</script> & "co"'
DECLARATIONS = f"""\
type: pipelines.components.ContactBase
attributes:
  fields:
    - {{name: postcode, label: Code postal, format: text}}
---
type: pipelines.components.ImportModel
attributes: {{name: clients, file: "clients*.csv"}}
---
type: pipelines.components.EventImport
attributes:
  name: esp
  file: "esp*.csv"
  channel: email
  mapping: {{id: event_id, campaign: operation, email: email, event: type, ts: occurred_at}}
---
type: pipelines.components.Segment
attributes: {{name: paris, label: {HOSTILE!r}, criteria: [{{field: postcode, op: starts_with, value: "75"}}]}}
"""
ROWS = """\
email;mobile;first_name;opt_in_email;email_status;postcode
ann@ex.fr;0612345678;Ann-Sophie;yes;valid;75011
bob@ex.fr;;Bob;no;;13001
cal@ex.fr;;Cal;yes;bad_alias;75002
dee@ex.fr;;Dee;;;
not-an-address;;Nobody;yes;;
"""
EVENTS = """\
id;campaign;email;event;ts
1;Soldes <b>;ann@ex.fr;sent;2026-11-01 10:00:00
2;Soldes <b>;bob@ex.fr;sent;2026-11-01 10:00:00
3;Soldes <b>;ann@ex.fr;opened;2026-11-01 11:00:00
"""


@pytest.fixture
def figures(new_account: Callable[[], Account]) -> Figures:
    account = new_account()
    account.declare(DECLARATIONS)
    account.load(ROWS)
    account.load(EVENTS, "esp.csv", **{"model": "esp"})
    account.workspace.refresh_segments()
    account.workspace.publish()
    with account.workspace.published() as connection:
        return figures_of(connection, "Europe/Paris", datetime.now(UTC))


def test_the_figures_are_those_of_the_base(figures: Figures) -> None:
    assert figures.contacts == 4
    assert figures.standings == {
        "email": {"reachable": 1, "unsubscribed": 1, "hard": 1, "no_consent": 1},
        "sms": {"no_consent": 1, "no_address": 3},
    }
    # The same as the segments say, who are counted another way.
    assert [(name, [count for _, count in points]) for name, points in figures.growth.items()] == [
        ("all_contacts", [4]),
        ("email_reachable", [1]),
        ("sms_reachable", [0]),
    ]
    assert [(row["import_id"], row["inserted"], row["rejected"]) for row in figures.imports] == [(2, 3, 0), (1, 4, 1)]
    assert list(figures.rejections.values()) == [1]
    assert next(row for row in figures.segments if row["segment"] == "paris")["contacts"] == 2
    [operation] = figures.operations
    assert (operation["recipients"], operation["opened"], operation["clicked"]) == (2, 1, 0)


@pytest.mark.parametrize(("locale", "words"), [("en", "Contacts over time"), ("fr", "Les contacts au fil du temps")])
def test_the_page_holds_all_that_it_shows_and_nobodys_value(figures: Figures, locale: str, words: str) -> None:
    shown = page(figures, locale=locale, timezone="Europe/Paris", checks="quality/index.html")
    assert f'<html lang="{locale}">' in shown
    assert words in shown
    assert not re.search(r"<script|\bon\w+=|src=|url\(|https?://(?!www\.w3\.org)", re.sub("<!--.*?-->", "", shown))
    for value in ("ann@ex.fr", "Ann-Sophie", "612345678", "75011", "not-an-address"):
        assert value not in shown
    assert "Soldes &lt;b&gt;" in shown
    assert "prefers-color-scheme: dark" in shown


def test_a_base_of_nobody_has_a_page(new_account: Callable[[], Account]) -> None:
    account = new_account()
    with account.workspace.store.rehearse() as writer:
        empty = figures_of(writer.connection, "Europe/Paris", datetime.now(UTC))
    assert "No file was imported yet." in page(empty, locale="en", timezone="UTC", checks="")


def test_a_bar_says_its_number_to_who_points_at_it() -> None:
    drawn = ElementTree.fromstring(bars(["Paris <1>", "Lyon"], {"Contacts": [1200, 0]}, "{:,.0f}".format))
    titles = [element.text for element in drawn.iter() if element.tag.endswith("title")]
    assert titles == ["Lyon : 0", "Paris <1> : 1,200"]
    assert not [element for element in drawn.iter() if element.get("id") and element is not drawn]
