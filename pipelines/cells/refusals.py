"""Refusals as people and tools write them, French and English: in a header, in a cell, in a file's name (IMP-2, IMP-5).

Belongs here: what is said. Does not: a column of consents (`consents`), nor what an import or an inspection makes of it.
A refusal is read generously, a consent only where it is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

from pipelines.cells.invisible import visible_text
from pipelines.language import joined, say

ListOf = Literal["refusals", "returns"]

_SOLICIT = (
    "contacter|solliciter|appeler|demarcher|relancer|envoyer|recevoir|ecrire|mailer|prospecter|telephoner|deranger"
)
_MESSAGES = "e ?mails?|mails?|sms|textos?|newsletters?|contacts?|sollicitations?|publicites?|pub|prospection|demarchage"
_REFUSAL = re.compile(
    "|".join(
        (
            r"unsub",
            r"\bnot subscribed|non ?subscribed|never subscribed",
            r"opt(?:ed|ing|s)? ?out",
            r"(?:black|block|deny|stop|suppress(?:ion)?) ?list",
            r"\bblocked\b|\bbloquee?s?\b|\bsuppress(?:ed)?\b",
            r"desabo|desinscri|\bnon (?:abonne|inscrit)|\bpas (?:abonne|inscrit)",
            r"\bdn[cme]\b|\bdncl\b|\bbloctel\b|\brobinson\b|\brepoussoir\b|\bliste (?:rouge|orange|noire)\b",
            r"\b(?:do ?not|dont|don t) ?(?:contact|call|phone|e ?mail|text|sms|disturb|solicit|send|market|write)",
            r"\bno (?:marketing|newsletters?|mailings?|solicit)",
            rf"\bne (?:pas|plus|jamais) (?:(?:me|nous|le|la|les) )?(?:{_SOLICIT}|{_MESSAGES})\b",
            rf"\b(?:pas|plus) d[e ] ?(?:{_MESSAGES})\b|\bsans (?:{_MESSAGES})\b",
            r"\bstops?\b|\bstop ?(?:sms|e?mail|pub)s?\b|\bsms ?stops?\b",
            r"\brefus\w*|\brefused?\b|\boppos(?:ee?s?|itions?|ants?)\b|\bexclu(?:sions?|re|ded|des?)\b",
            r"\bdeclined?\b|\bdenied\b|\bwithdr[ae]w\w*|\brevo(?:k|q)\w*|\bretrait (?:du |de )?consentement",
            r"\bcomplain\w*|\bplaintes?\b|\bspam\w*|\babuse\b",
        )
    )
)
_COMPLAINT = re.compile(r"\bcomplain\w*|\bplaintes?\b|\bspam\w*|\babuse\b|\bliste orange\b")
_NO_COLUMN = re.compile(r"\b(?:link|url|lien|token|hash|score)s?\b")
"""What a column about unsubscribing is that says nothing of who did."""
_RETURNS = re.compile(
    r"\bcleaned\b|\bclean time\b|\bbounce[ds]?\b|\bnpai\b|\b(?:mauvaise|invalide|bad|invalid)s? (?:adresse|address)"
)
_RETURNS_LATER = re.compile(r"\badresses? (?:mauvaise|invalide)s?|\bhard ?bounce|\bmails? (?:invalide|errone)s?")
_BY_SMS = re.compile(
    r"\bsms|\bmobiles?\b|\btextos?\b|\bportables?\b|\bgsm\b|\bstops?\b|phone|\bcalls?\b|\bappel|\bdnc|bloctel|telephon"
)
_BY_EMAIL = re.compile(r"mail|courriel|newsletter")

_YES = frozenset(
    "oui o yes y true vrai ok on x subscribed subscribe subscriber optin optedin optinconfirme confirmedoptin doubleoptin abonne "
    "abonnee inscrit inscrite active actif enabled accepte acceptee accepted agreed granted consenti confirmed confirme".split()
)
_NO = frozenset("non n no false faux off nok inactive inactif disabled desactive desactivee jamais never".split())
_DIGITS: dict[str, Literal["yes", "no"]] = {"1": "yes", "1.0": "yes", "1,0": "yes", "0": "no", "0.0": "no", "0,0": "no"}


@lru_cache(maxsize=4096)
def plain_words(text: str) -> str:
    """The text in small plain letters and digits, a blank between words, which capitals begin too.

    >>> plain_words("HasOptedOutOf_Email (été)")
    'has opted out of email ete'
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", visible_text(text))
    decomposed = unicodedata.normalize("NFKD", parted.casefold())
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", " ", plain).strip()


def refuses(text: str) -> bool:
    """Does a header, or a cell of a status, speak of a refusal?

    >>> [refuses(text) for text in ("EMAIL_BLACKLISTED", "Désabonné le", "STOP svp", "No", "Opt-In Email", "unsubscribe_url")]
    [True, True, True, False, False, False]
    """
    words = plain_words(text)
    return bool(_REFUSAL.search(words)) and not _NO_COLUMN.search(words)


def consent_said(text: str) -> Literal["yes", "no", "orange_list"] | None:
    """The consent that a person would read in a cell; None where it says none. A complaint is one for the orange list (BHV-2)."""
    text = text.strip()
    if text in _DIGITS:
        return _DIGITS[text]
    words = plain_words(text)
    if _REFUSAL.search(words):
        return "orange_list" if _COMPLAINT.search(words) else "no"
    joined = words.replace(" ", "")
    return "yes" if joined in _YES else "no" if joined in _NO else None


def keeping(header: str, consents: Sequence[str]) -> str:
    """How to keep the refusals of a column, in words that end a message: the mapping and the values to write."""
    fed = consents[0] if len(consents) == 1 else f"[{', '.join(consents)}]"
    words = (
        '{"*": "no"}' if len(consents) == 1 else "{" + ", ".join(f'{name}: {{"*": "no"}}' for name in consents) + "}"
    )
    written = joined((f"mapping: {{{header}: {fed}}}", f"values: {{{header}: {words}}}"))
    return say("to keep them write {written}, with null for words that are no refusal", written=written)


def channel_said(text: str) -> Literal["email", "sms"] | None:
    """The channel that a header, or a file's name, speaks of; None where it names none, or both."""
    words = plain_words(text)
    by_email, by_sms = bool(_BY_EMAIL.search(words)), bool(_BY_SMS.search(words))
    return None if by_email is by_sms else "email" if by_email else "sms"


def list_said(name: str, headers: Iterable[str]) -> ListOf | None:
    """Whether a file lists people who refused, or addresses that are bad: by its name, or by columns that only such lists have."""
    words = plain_words(name)
    if _RETURNS.search(words) or _RETURNS_LATER.search(words):
        return "returns"
    if refuses(name):
        return "refusals"
    columns = {plain_words(header) for header in headers}
    if columns & {"clean time", "clean campaign title", "clean campaign id"}:
        return "returns"
    return "refusals" if columns & {"unsub time", "unsub reason", "unsub campaign title"} else None
