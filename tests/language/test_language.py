"""What an operator reads, in the language of their base (I18N-1): which one is spoken, and how it writes numbers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from threading import Thread

import polars as pl
import pytest

from pipelines.declarations.locale import locale_of
from pipelines.environment import own_language
from pipelines.errors import UsageError
from pipelines.language import language, number, say, say_many, say_rows, speak, speaking
from tests.conftest import Account

NBSP = "\u00a0"


@pytest.fixture(autouse=True)
def as_the_tests_speak() -> Iterator[None]:
    """English again at the end, as conftest has it."""
    speak(lambda: "en")
    yield
    speak(lambda: "en")


def test_english_is_what_the_code_says() -> None:
    assert say("The file {name!r} has {rows:,} rows.", name="a'b.csv", rows=1234) == (
        'The file "a\'b.csv" has 1,234 rows.'
    )
    assert (number(1234.5), number(0.25, ".1%")) == ("1,234.5", "25.0%")


def test_french_numbers_and_quotes() -> None:
    with speaking("fr"):
        assert (number(1234567.5), number(3), number(0.25, ".1%")) == (f"1{NBSP}234{NBSP}567,5", "3", f"25,0{NBSP}%")
        assert say("Carnet does not speak {language!r}.", language="x.y,z") == (
            f"Carnet ne parle pas «{NBSP}x.y,z{NBSP}»."
        )
        # A sign that would move the cursor stays written out.
        assert "\\x1b" in say("Carnet does not speak {language!r}.", language="\x1b[31m")


def test_none_is_one_in_french_and_several_in_english() -> None:
    said = [say_many("{n} row", "{n} rows", n) for n in (0, 1, 2)]
    assert said == ["0 rows", "1 row", "2 rows"]


def test_one_message_a_row() -> None:
    rows = pl.DataFrame({"language": ["de", None], "known": ["fr", "en"]})
    with speaking("fr"):
        said = rows.select(
            say_rows("Set {variable} to one of: {known}.", variable=pl.col("language"), known="known").alias("said")
        )
    assert said["said"].to_list() == [f"Donnez à de l'une de ces valeurs{NBSP}: fr.", None]


def test_what_is_nearer_wins_and_ends() -> None:
    speak(lambda: "fr")
    heard: list[str] = []
    with speaking("en"):
        assert language() == "en"
        # A thread that a library starts knows what the process speaks, and no context of ours.
        thread = Thread(target=lambda: heard.append(language()))
        thread.start()
        thread.join()
    assert (heard, language()) == (["fr"], "fr")


def test_who_finds_the_language_may_say_something() -> None:
    said: list[str] = []

    def choose() -> str:
        said.append(say("Set {variable} to one of: {known}.", variable="x", known="y"))
        return "fr"

    speak(choose)  # pyright: ignore[reportArgumentType]
    assert (language(), said) == ("fr", ["Set x to one of: y."])


@pytest.mark.parametrize(
    ("given", "meant"),
    [("", None), ("fr", "fr"), ("FR", "fr"), ("fr_CA.UTF-8", "fr"), ("en-GB", "en"), ("en.utf8", "en")],
)
def test_the_language_of_a_terminal(given: str, meant: str | None) -> None:
    assert own_language({"CARNET_LANG": given}) == meant


@pytest.mark.parametrize("given", ["de", "french", "C"])
def test_a_language_that_carnet_does_not_speak(given: str) -> None:
    with pytest.raises(UsageError, match=f"does not speak '{given}'.\nSet CARNET_LANG to one of: fr, en."):
        own_language({"CARNET_LANG": given})


@pytest.mark.parametrize(
    ("declared", "meant"),
    [
        ("type: pipelines.components.ContactBase\nattributes: {locale: en}", "en"),
        ("type: pipelines.components.ContactBase\nattributes: {locale: fr, nonsense: 1}", "fr"),
        ("type: pipelines.components.ContactBase\nattributes: {locale: de}", "fr"),
        ("type: pipelines.components.ContactBase\nattributes: {", "fr"),
        ("# ContactBase\ntype: pipelines.components.Segment\nattributes: {}", "fr"),
    ],
)
def test_the_language_of_a_base_is_known_whatever_else_is_wrong(declared: str, meant: str, account: Account) -> None:
    account.declare(declared)
    assert locale_of(account.layout.assets) == meant


def test_english_reads_no_catalogue() -> None:
    asked = (
        "import sys; from pipelines.language import say, say_many; import gettext\n"
        "gettext.translation = lambda *_: 1 / 0\n"
        "print(say('{n} a', n=1), say_many('a', 'b', 2), 'polars' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout == "1 a b False\n"
