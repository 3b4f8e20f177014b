"""Invisible signs come off keys, numbers, dates, selects, crosses and headers, wherever they stand (FLD-7)."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cells.invisible import visible, visible_text
from pipelines.fields import fold
from tests.conftest import Account

SIGNS = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2063\u2066\u2067\u2068\u2069\ufe0f\ufeff"
)
BASE = """\
type: pipelines.components.ContactBase
attributes:
  key: KEY
  fields:
    - {name: note, label: Remarque, format: text}
    - {name: born, label: Né le, format: date}
    - {name: basket, label: Panier, format: number}
    - {name: vip, label: VIP, format: boolean}
    - {name: member, label: Adhérent, format: single_select, values: [Oui, Non], unknown_values: reject}
    - {name: stones, label: Pierres, format: multi_select, values: [Perle]}
---
type: pipelines.components.ImportModel
attributes: {name: clients, file: "clients*.csv"}
---
type: pipelines.components.ImportModel
attributes: {name: unsub, file: "stop*.csv", action: unsubscribe}
"""


@given(st.text(alphabet=f"ab1 é{SIGNS}", min_size=1))
def test_what_is_left_can_be_seen(text: str) -> None:
    left = visible_text(text)
    assert left == "".join(sign for sign in text if sign not in SIGNS)
    assert visible(pl.Series([text, None]))[0] == ((left.strip() if left != text else text) or None)
    assert fold(left) == visible_text(fold(text))


@pytest.mark.parametrize("sign", SIGNS, ids=[f"U+{ord(sign):04X}" for sign in SIGNS])
def test_no_cell_is_refused_for_what_nobody_sees(account: Account, sign: str) -> None:
    account.declare(BASE.replace("KEY", "email"))
    header = f"Em{sign}ail;{sign}Portable;Né le;Panier;VIP;Adh{sign}érent;Per{sign}le;Remarque"
    row = "{0}a@e{0}x.fr{0};{0}06{0}12345678;{0}1984-{0}03-14;1{0}2,5{0};o{0}ui;{0}Oui{0};{0}X{0};plein{0}texte"
    result = account.load(f"{header}\n{row.format(sign)}\n")
    assert result.problems.is_empty(), result.problems.rows()
    [found] = account.rows("SELECT email, mobile, born::VARCHAR, basket, vip, member, stones, note FROM main.contacts")
    assert found == ("a@ex.fr", "+33612345678", "1984-03-14", 12.5, True, "Oui", ["Perle"], f"plein{sign}texte")


def test_a_file_of_stops_stops_everybody(account: Account) -> None:
    """Numbers as telephones copy them: marks of direction around, a mark in front."""
    account.declare(BASE.replace("KEY", "mobile"))
    account.load("Mobile;Opt-In SMS\n0611111111;Oui\n0622222222;Oui\n0633333333;Oui\n0644444444;Oui\n")
    stops = "Mobile\n\u202d+33611111111\u202c\n\u200e0622222222\n\ufeff0633333333\n\u200b0644444444\n"
    result = account.load(stops, "stop.csv", model="unsub")
    assert (result.counts.updated, result.counts.rejected) == (4, 0)
    assert {consent for (consent,) in account.contacts("opt_in_sms")} == {"no"}


def test_a_text_of_nothing_visible_is_empty(account: Account) -> None:
    account.declare(BASE.replace("KEY", "email"))
    account.load("Email;Remarque\na@ex.fr;\u200e\u2066\n")
    assert account.contacts("note") == [(None,)]
