"""E-mail addresses: lower-cased, the domain in ASCII (IDNA), judged by the dot-atom rules of RFC 5321 and 5322."""

from __future__ import annotations

import re

import idna
import polars as pl

from pipelines.cells.reading import Cells, Fault, by_distinct

_ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LOCAL = rf"{_ATOM}(?:\.{_ATOM})*"
_DOMAIN = rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?"
_PLAIN = rf"^{_LOCAL}@{_DOMAIN}$"
_LOCAL_ONLY, _DOMAIN_ONLY = re.compile(_LOCAL), re.compile(_DOMAIN)
_LONGEST, _LONGEST_LOCAL = 254, 64


def read_emails(cells: pl.Series) -> Cells:
    """Normal addresses, NULL where malformed; each malformed cell with its own message."""
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
    local, at, domain = text.strip().lower().rpartition("@")
    if not at:
        return None, "The e-mail address has no @."
    if "@" in local:
        return None, "The e-mail address has more than one @: put one address in a cell."
    if any(sign.isspace() for sign in text.strip()):
        return None, "The e-mail address has a blank inside."
    return _judged(local, domain)


def _judged(local: str, domain: str) -> tuple[str | None, str | None]:
    ascii_domain = _ascii(domain) if domain else None
    fault = _fault(local, domain, ascii_domain)
    return (None, f"The e-mail address {fault}.") if fault else (f"{local}@{ascii_domain}", None)


def _fault(local: str, domain: str, ascii_domain: str | None) -> str | None:
    """What is wrong with an address, in words that go on from "the e-mail address"; None where nothing is."""
    faults = (
        (not local or not domain, f"has nothing {'after' if local else 'before'} the @"),
        (not _LOCAL_ONLY.fullmatch(local), f"cannot have this before the @: {_local_fault(local)}"),
        ("." not in domain, "has no dot after the @: its domain is not complete"),
        (".." in domain or domain.startswith(".") or domain.endswith("."), "has a dot too many after the @"),
        (
            ascii_domain is None or not _DOMAIN_ONLY.fullmatch(ascii_domain),
            "has a domain that cannot exist: a sign in it that no domain has, or digits at its end",
        ),
        (
            len(local) > _LONGEST_LOCAL or len(f"{local}@{ascii_domain}") > _LONGEST,
            "is too long: 64 characters before the @ and 254 in all are the limits",
        ),
    )
    return next((said for wrong, said in faults if wrong), None)


def _local_fault(local: str) -> str:
    if ".." in local or local.startswith(".") or local.endswith("."):
        return "a dot too many"
    return "an accented letter" if not local.isascii() else "a sign that no address has"


def _ascii(domain: str) -> str | None:
    """The domain in ASCII, or None where IDNA refuses it. A plain name is taken as it is, `xn--` labels are judged."""
    if domain.isascii() and "xn--" not in domain:
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        return None
