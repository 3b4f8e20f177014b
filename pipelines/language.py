"""What an operator reads, in the language of their base (I18N-1): a message is written in English where it is made, and said here.

Belongs here: which language is spoken, a message in it, its numbers. Does not: any message, nor who chooses the language
(`speaking`, for the doors). Rule ids, keys of JSON, codes, logs and exceptions of Python are no messages: they stay English.

The words of the other languages lie in `locales/`: `make words` finds the messages in the code, and says which lack a translation.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

if TYPE_CHECKING:
    from gettext import NullTranslations

    import polars as pl

Locale = Literal["fr", "en"]
LOCALES: tuple[Locale, ...] = get_args(Locale)
DOMAIN = "carnet"
CATALOGUES = Path(__file__).with_name("locales")
_BLANK = "\u00a0"
"""Between thousands, before % and inside « »; the narrow one breaks terminals."""
_FRENCH_SIGNS = str.maketrans({",": _BLANK, ".": ",", "%": f"{_BLANK}%"})

_here: ContextVar[Locale | None] = ContextVar("carnet_language", default=None)


def _english() -> Locale:
    return "en"


@dataclass
class _Process:
    """What is spoken where nothing nearer says it: threads that a library starts know no context of ours."""

    choose: Callable[[], Locale] = _english
    chosen: Locale | None = None


_process = _Process()


def speak(choose: Callable[[], Locale]) -> None:
    """This process speaks what `choose` gives, which is asked when the first message is said, and not again."""
    _process.choose, _process.chosen = choose, None


@contextmanager
def speaking(locale: Locale) -> Generator[None]:
    """That language within, whatever the process speaks."""
    token = _here.set(locale)
    try:
        yield
    finally:
        _here.reset(token)


def language() -> Locale:
    """The language that is spoken here."""
    here = _here.get() or _process.chosen
    if here is None:
        with speaking("en"):  # What finds the language may have something to say, and would wait for itself.
            here = _process.chosen = _process.choose()
    return here


def mark(text: str) -> str:
    """The text as it is: `make words` finds it, and whoever shows it says it."""
    return text


def say(template: str, /, **values: object) -> str:
    """The message in the language that is spoken, filled in like `str.format`.

    >>> say("The file {name!r} has {rows:,} rows.", name="a.csv", rows=1234)
    "The file 'a.csv' has 1,234 rows."
    """
    return _filled(words(template), values)


def say_many(one: str, several: str, n: int, /, **values: object) -> str:
    """The message for so many, which it may name as `{n}`.

    >>> say_many("{n:,} row", "{n:,} rows", 1234)
    '1,234 rows'
    """
    return _filled(words_many(one, several, n), values | {"n": n})


def say_rows(template: str, /, **columns: pl.Expr | str) -> pl.Expr:
    """One message a row, NULL where a part of it is: each placeholder is an expression, or the name of a column."""
    import polars as pl  # 0.3 s: not for those who only speak

    parts: list[pl.Expr] = []
    for literal, name, *_ in string.Formatter().parse(words(template)):
        parts.append(pl.lit(literal))
        if name is not None:
            column = columns[name]
            parts.append((pl.col(column) if isinstance(column, str) else column).cast(pl.String))
    return pl.concat_str(parts)


def quoted(text: str, locale: Locale | None = None) -> str:
    """The text as `{…!r}` shows it: between quotes, its control signs escaped."""
    shown = repr(text)
    return shown if (locale or language()) == "en" else f"«{_BLANK}{shown[1:-1]}{_BLANK}»"


def joined(parts: Sequence[str]) -> str:
    """`one, two and three`."""
    last = [say("{first} and {last}", first=", ".join(parts[:-1]), last=parts[-1])] if len(parts) > 1 else parts
    return "".join(last)


def number(value: float, form: str = ",") -> str:
    """A number as people write it in the language: `1,234.5`, `1 234,5`."""
    return _shown(value, form, language())


def words(template: str) -> str:
    """The template in the language, for others to fill; English ones are the code's own, and no catalogue is read."""
    spoken = language()
    return template if spoken == "en" or not template else _catalogue(spoken).gettext(template)


def words_many(one: str, several: str, n: int) -> str:
    """The template for so many in the language, for others to fill."""
    spoken = language()
    return (one if n == 1 else several) if spoken == "en" else _catalogue(spoken).ngettext(one, several, n)


@cache
def _catalogue(locale: Locale) -> NullTranslations:
    import gettext

    return gettext.translation(DOMAIN, CATALOGUES, [locale])


def _filled(template: str, values: Mapping[str, object]) -> str:
    if language() == "en":
        return template.format_map(values)
    return _FRENCH.vformat(template, (), values)


class _French(string.Formatter):
    """Numbers with French signs, and what is shown as it was written inside « »."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """A value by its form."""
        return _shown(value, format_spec, "fr")

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        """`!r`: a text between the signs that French quotes with."""
        if conversion == "r" and isinstance(value, str):
            return quoted(value, "fr")
        return super().convert_field(value, cast("Literal['r', 's', 'a'] | None", conversion))


_FRENCH = _French()


def _shown(value: Any, form: str, locale: Locale) -> str:
    text = format(value, form)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return text.translate(_FRENCH_SIGNS) if is_number and locale == "fr" else text
