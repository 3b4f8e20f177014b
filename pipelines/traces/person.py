"""By what a person is known, and how that is written in files: one pattern for Python, polars and DuckDB.

Belongs here: the forms of addresses, numbers and ids. Does not: files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pipelines.fields import fold

MASK = "•••"
_BLANK = "[ \t./()\u00a0\u2009\u202f\udca0-]*"
"""What people write between figures; the last but one sign is how a no-break blank of another encoding is decoded."""
_AT, _PLUS = r"(?:@|%40|\\u0040)", r"(?:\+|%2[bB]|\\u002[bB]|00)"
_NO_FIGURES = bytes(sign for sign in range(256) if sign not in b"0123456789")
_LEAST_SIGNS, _LEAST_FIGURES = 6, 8


@dataclass(frozen=True)
class Traces:
    """One person: addresses and numbers in normal form or as they were kept, and values of columns that name one contact.

    `country`: the calling code whose numbers are written without it. `columns`: names of a column → the person's values in it, such
    as `contact_id` and its labels.
    """

    emails: frozenset[str] = frozenset()
    mobiles: frozenset[str] = frozenset()
    columns: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    country: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of the person."""
        return not (self.emails or self.mobiles or any(self.columns.values()))

    @cached_property
    def named(self) -> dict[str, frozenset[str]]:
        """`columns` by their folded names."""
        return {fold(name): values for name, values in self.columns.items() if values}

    @cached_property
    def pattern(self) -> str | None:
        """What matches an address or a number, with the sign before and behind it; None where there is none."""
        mails = [form for mail in sorted(self.emails) for form in _written_email(mail)]
        numbers = [form for number in sorted(self.mobiles) for form in _written_number(number, self.country)]
        found = [rf"(?:^|[^a-z0-9._%+-])(?:{'|'.join(mails)})(?:$|[^a-z0-9.-]|\.(?:$|[^a-z0-9]))"] if mails else []
        found += [rf"(?:^|[^0-9])(?:{'|'.join(numbers)})(?:$|[^0-9])"] if numbers else []
        return f"(?i:{'|'.join(found)})" if found else None

    @property
    def portable(self) -> str | None:
        """`pattern` for programs that know no half characters: polars, DuckDB, bytes."""
        return None if self.pattern is None else self.pattern.replace("\udca0", "")

    @cached_property
    def _compiled(self) -> re.Pattern[str] | None:
        return None if self.pattern is None else re.compile(self.pattern, re.MULTILINE)

    def found_in(self, text: str) -> list[tuple[int, int]]:
        """Where the text names the person: start and end of each place."""
        return [] if self._compiled is None else [place.span() for place in self._compiled.finditer(text)]

    def names(self, text: str) -> bool:
        """Whether the text names the person."""
        return self._compiled is not None and self._compiled.search(text) is not None

    def may_name(self, data: bytes) -> bool:
        """Whether bytes of any kind may name the person by an address, whatever stands around.

        In doubt they may: a hundredth of the time of looking, of which most files need no more.
        """
        plain = data.replace(b"\0", b"").lower()
        if any(local in plain for local in self._locals):
            return True
        return bool(self._figures) and any(rest in plain.translate(None, _NO_FIGURES) for rest in self._figures)

    def may_be_in(self, data: bytes) -> bool:
        """The same, or by a value of a column."""
        return self.may_name(data) or any(value.encode() in data for values in self.named.values() for value in values)

    @cached_property
    def _locals(self) -> list[bytes]:
        """What stands in every form of an address: before its @, and before what is often escaped."""
        return [re.split(r"[+@]", mail)[0].encode() for mail in self.emails if "@" in mail]

    @cached_property
    def _figures(self) -> list[bytes]:
        return [number[len(code) :].encode() for number in map(_digits, self.mobiles) for code in _codes(number)]

    def masked(self, text: str) -> str:
        """The text with what names the person replaced, the signs around it left."""
        if self._compiled is None:
            return text
        return self._compiled.sub(lambda found: _shell(found[0]), text)


def _shell(found: str) -> str:
    before = found[0] if not found[0].isalnum() and found[0] not in "+(" else ""
    behind = found[-1] if not found[-1].isalnum() and len(found) > 1 else ""
    return f"{before}{MASK}{behind}"


def _written_email(mail: str) -> Iterable[str]:
    if "@" not in mail or len(mail) < _LEAST_SIGNS:
        return
    local, _, domain = mail.rpartition("@")
    domains = {domain, _unicode(domain)}
    here = re.escape(local).replace(r"\+", _PLUS.removesuffix("|00)") + ")")
    for each in sorted(domains):
        yield f"{here}{_AT}{re.escape(each)}"


def _unicode(domain: str) -> str:
    if "xn--" not in domain:
        return domain
    import idna

    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain


def _written_number(number: str, country: int) -> Iterable[str]:
    figures = _digits(number)
    if len(figures) < _LEAST_FIGURES:
        return
    if not number.startswith("+"):
        yield _BLANK.join(figures)
        return
    for code in _codes(figures):
        own = f"{_PLUS}?{_BLANK}{_BLANK.join(code)}{_BLANK}(?:0{_BLANK})?"
        rest = _BLANK.join(figures[len(code) :])
        yield f"(?:{own}|0)?{_BLANK}{rest}" if code == str(country) else f"{own}{rest}"


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit())


def _codes(figures: str) -> Iterable[str]:
    """The calling code of a number in E.164."""
    import phonenumbers

    try:
        yield str(phonenumbers.parse("+" + figures).country_code)
    except phonenumbers.NumberParseException:
        yield figures[:2]
