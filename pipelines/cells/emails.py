"""E-mail addresses: taken out of what programs write around them, lower-cased, the domain in ASCII (IDNA) (IMP-6).

They are judged by the dot-atom rules of RFC 5321 and 5322.
"""

from __future__ import annotations

import re
import unicodedata

import idna
import polars as pl

from pipelines.cells.invisible import visible, visible_text
from pipelines.cells.reading import Cells, Fault, by_distinct
from pipelines.language import mark, say

_ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LOCAL = rf"{_ATOM}(?:\.{_ATOM})*"
_DOMAIN = rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?"
_PLAIN = rf"^{_LOCAL}@{_DOMAIN}$"
_LOCAL_ONLY, _DOMAIN_ONLY = re.compile(_LOCAL), re.compile(_DOMAIN)
_WRAPPED = (
    re.compile(r"[^<>]*<([^<>]*)>"),
    re.compile(r"[^@]*@[^@]*#mailto:([^#]*)#"),
    re.compile(r"(?:mailto|smtp):([^?]*).*", re.IGNORECASE),
    re.compile(r"[^@()]*\(([^@()\s]+@[^@()\s]+)\)"),
    re.compile(r"([^@()\s]+@[^@()\s]+)\s*\([^@()]*\)"),
    re.compile(r"'([^']*)'"),
    re.compile(r'"([^"]*)"'),
    re.compile(r"(.*[^;,\s])[;,\s]+"),
)
"""What programs put around one address: a name and `<…>` or `(…)`, links of Access and of mails, quotes, a separator behind it."""
_WIDE = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3002: 0x2E}
"""Full-width signs, which a keyboard set to Japanese or Chinese writes."""
_TYPOGRAPHIC_QUOTES = "“”„‟‘’‚‛«»‹›"
_LONGEST, _LONGEST_LOCAL = 254, 64


def read_emails(cells: pl.Series) -> Cells:
    """Normal addresses, NULL where malformed; each malformed cell with its own message."""
    cells = visible(cells)
    lowered = cells.str.to_lowercase()
    # A local part can only be too long in a long address, and a label in Punycode only be wrong where there is one.
    plain = (
        lowered.str.contains(_PLAIN)
        & (lowered.str.len_bytes() <= _LONGEST_LOCAL)
        & ~lowered.str.contains("xn--", literal=True)
    )
    odd = cells.is_not_null() & ~plain
    if not odd.any():
        return Cells(lowered)
    read, messages = by_distinct(cells, odd, read_email)
    values = pl.select(pl.when(plain).then(lowered).otherwise(read)).to_series()
    wrong = messages.is_not_null()
    return Cells(values, (Fault(wrong, messages),) if wrong.any() else ())


def read_email(text: str) -> tuple[str | None, str | None]:
    """One address in normal form, or None and what is wrong with it; the message holds nothing of the address."""
    text = _unwrapped(visible_text(text))
    local, at, domain = text.lower().rpartition("@")
    if not at:
        return None, say("The e-mail address has no @.")
    if "@" in local:
        return None, say("The e-mail address has more than one @: put one address in a cell.")
    if any(map(str.isspace, text)):
        return None, say("The e-mail address has a blank inside.")
    return _judged(local, domain)


def _unwrapped(text: str) -> str:
    """The address without what programs put around it; a text with several is left as it is.

    >>> [_unwrapped(text) for text in ("Ann <a@ex.fr>", "mailto:a@ex.fr?subject=x", "'a@ex.fr';", "a@ex.fr, b@ex.fr")]
    ['a@ex.fr', 'a@ex.fr', 'a@ex.fr', 'a@ex.fr, b@ex.fr']
    """
    text = text.translate(_WIDE).strip()
    for wrapped in _WRAPPED:
        if found := wrapped.fullmatch(text):
            return _unwrapped(found[1])
    return text


def _judged(local: str, domain: str) -> tuple[str | None, str | None]:
    ascii_domain = _ascii(domain) if domain else None
    fault = _fault(local, domain, ascii_domain)
    return (None, fault) if fault else (f"{local}@{ascii_domain}", None)


def _fault(local: str, domain: str, ascii_domain: str | None) -> str | None:
    """What is wrong with an address; None where nothing is."""
    faults = (
        (local and not domain, mark("The e-mail address has nothing after the @.")),
        (not local, mark("The e-mail address has nothing before the @.")),
        (not _LOCAL_ONLY.fullmatch(local), mark("The e-mail address cannot have this before the @: {fault}.")),
        ("." not in domain, mark("The e-mail address has no dot after the @: its domain is not complete.")),
        (
            ".." in domain or domain.startswith(".") or domain.endswith("."),
            mark("The e-mail address has a dot too many after the @."),
        ),
        (
            ascii_domain is None or not _DOMAIN_ONLY.fullmatch(ascii_domain),
            mark(
                "The e-mail address has a domain that cannot exist: a sign in it that no domain has, or digits at its end."
            ),
        ),
        (
            len(local) > _LONGEST_LOCAL or len(f"{local}@{ascii_domain}") > _LONGEST,
            mark("The e-mail address is too long: 64 characters before the @ and 254 in all are the limits."),
        ),
    )
    said = next((said for wrong, said in faults if wrong), None)
    return None if said is None else say(said, fault=_local_fault(local))


def _local_fault(local: str) -> str:
    if ".." in local or local.startswith(".") or local.endswith("."):
        return say("a dot too many")
    return next((said for sign in local if (said := _odd_sign(sign))), say("a sign that no address has"))


def _odd_sign(sign: str) -> str | None:
    """What a sign is that no address has, where it can be told by more than that."""
    if sign.isascii():
        return None
    if sign in _TYPOGRAPHIC_QUOTES:
        return say("a typographic quote")
    if unicodedata.category(sign) == "Cf":
        return say("an invisible sign (U+{code:04X})", code=ord(sign))
    if not sign.isalpha():
        return None
    if unicodedata.name(sign, "").startswith("LATIN"):
        return say("an accented letter")
    return say("a letter of another alphabet")


def _ascii(domain: str) -> str | None:
    """The domain in ASCII, or None where IDNA refuses it. A plain name is taken as it is, `xn--` labels are judged."""
    if domain.isascii() and "xn--" not in domain:
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        return None
