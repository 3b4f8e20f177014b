from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cells.emails import read_email, read_emails

PIECES = st.sampled_from(
    [
        "a",
        "Bo",
        "9",
        ".",
        "-",
        "+",
        "@",
        "é",
        "xn--",
        " ",
        "_",
        "<",
        ">",
        "mailto:",
        "'",
        ";",
        "(",
        ")",
        "ex.fr",
        "exemple.com",
        "ß",
    ]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=8).map("".join).map(str.strip).filter(bool)


def read(*texts: str | None) -> list[str | None]:
    return read_emails(pl.Series(texts, dtype=pl.String)).values.to_list()


@given(st.lists(TEXTS, max_size=8))
def test_the_quick_way_says_what_the_careful_one_says(texts: list[str]) -> None:
    assert read(*texts) == [read_email(text)[0] for text in texts]


@given(TEXTS)
def test_a_normal_address_stays_as_it_is(text: str) -> None:
    once = read(text)
    assert read(*once) == once


@given(TEXTS)
def test_an_address_or_a_reason_never_both(text: str) -> None:
    value, why = read_email(text)
    assert (value is None) != (why is None)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        pytest.param("Jean.Dupont@Exemple.FR", "jean.dupont@exemple.fr", id="lower-cased"),
        pytest.param("o'hara+news@ex.co.uk", "o'hara+news@ex.co.uk", id="signs of an atom"),
        pytest.param("a@été.fr", "a@xn--t-9fab.fr", id="IDNA"),
        pytest.param("a@XN--T-9FAB.fr", "a@xn--t-9fab.fr", id="IDNA already"),
        pytest.param("a" * 64 + "@ex.fr", "a" * 64 + "@ex.fr", id="longest local part"),
        pytest.param("Ann Smith <Ann@ex.fr>", "ann@ex.fr", id="behind a name"),
        pytest.param('"Smith, Ann" <ann@ex.fr>;', "ann@ex.fr", id="behind a quoted name, before a separator"),
        pytest.param("<ann@ex.fr>", "ann@ex.fr", id="in brackets"),
        pytest.param("mailto:ann@ex.fr?subject=x", "ann@ex.fr", id="a link"),
        pytest.param("<mailto:ann@ex.fr>", "ann@ex.fr", id="a link in brackets"),
        pytest.param("SMTP:ann@ex.fr", "ann@ex.fr", id="of Exchange"),
        pytest.param("ann@ex.fr#mailto:ann@ex.fr#", "ann@ex.fr", id="a link of Access"),
        pytest.param("Ann Smith (ann@ex.fr)", "ann@ex.fr", id="of Outlook"),
        pytest.param("ann@ex.fr (perso)", "ann@ex.fr", id="before a remark"),
        pytest.param("'ann@ex.fr'", "ann@ex.fr", id="in quotes"),
        pytest.param("ann@ex.fr, ", "ann@ex.fr", id="before a separator"),
        pytest.param("ａｎｎ＠ｅｘ．ｆｒ", "ann@ex.fr", id="in full-width signs"),
        pytest.param("ann@ex。fr", "ann@ex.fr", id="with an ideographic dot"),
    ],
)
def test_a_good_address_has_one_form(text: str, address: str) -> None:
    assert read(text) == [address]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("jean.exemple.fr", "no @", id="no at"),
        pytest.param("a@b@ex.fr", "more than one @", id="two ats"),
        pytest.param("a@ex.fr; b@ex.fr", "more than one @", id="two addresses"),
        pytest.param("Ann <a@ex.fr>, Bob <b@ex.fr>", "more than one @", id="two addresses behind names"),
        pytest.param("Ann <pas d'adresse>", "no @", id="nothing in brackets"),
        pytest.param("a b@ex.fr", "blank inside", id="blank inside"),
        pytest.param("@ex.fr", "nothing before", id="nothing before"),
        pytest.param("a@", "nothing after", id="nothing after"),
        pytest.param("a..b@ex.fr", "dot too many", id="two dots before"),
        pytest.param("rené@ex.fr", "accented", id="accent before the at"),
        pytest.param("“ann@ex.fr”", "a typographic quote", id="typographic quotes"),
        pytest.param("\u0430nn@ex.fr", "another alphabet", id="a Cyrillic letter"),
        pytest.param("a€b@ex.fr", "a sign that no address has", id="another sign"),
        pytest.param("a@localhost", "no dot", id="no dot after"),
        pytest.param("a@ex..fr", "dot too many after", id="two dots after"),
        pytest.param("a@ex.fr.", "dot too many after", id="dot at the end"),
        pytest.param("a@-ex.fr", "cannot exist", id="label that begins with a dash"),
        pytest.param("a@ex_1.fr", "cannot exist", id="underscore"),
        pytest.param("a@192.168.0.1", "cannot exist", id="ends in digits"),
        pytest.param("a@xn--.fr", "cannot exist", id="empty Punycode"),
        pytest.param("a@" + "b" * 64 + ".fr", "cannot exist", id="label too long"),
        pytest.param("a" * 65 + "@ex.fr", "too long", id="local part too long"),
        pytest.param("a@" + ("b" * 60 + ".") * 4 + "com.fr.be", "too long", id="too long in all"),
    ],
)
def test_a_malformed_address_says_what_is_wrong(text: str, said: str) -> None:
    cells = read_emails(pl.Series([text]))
    assert cells.values.to_list() == [None]
    assert said in str(cells.faults[0].message[0])  # type: ignore[index]


def test_an_empty_cell_is_no_fault() -> None:
    cells = read_emails(pl.Series([None, "a@ex.fr"]))
    assert (cells.values.to_list(), cells.faults) == ([None, "a@ex.fr"], ())
