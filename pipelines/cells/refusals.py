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
    "contacte|sollicite|appele|demarche|relance|envoye|recevoir|recu|ecrire|maile|prospecte|telephone|derange|autorise"
)
_MESSAGES = (
    "e ?mail(?:s|ings?)?|mail(?:s|ings?)?|courriels?|sms|textos?|newsletters?|contacts?|appels?|sollicitations?|publicites?"
    "|pub|prospections?|demarchages?"
)
_WANTS = r"souhait\w*|v(?:eu[tx]|eulent|oule\w*)|desir\w*|accept\w*|autoris\w*|recoi\w*|consen\w*"
_DO_NOT = r"\b(?:do(?:es)? ?not|do(?:es)?n ?t)"
_REFUSAL = re.compile(
    "|".join(
        (
            r"unsub",
            r"\bnot subscribed|non ?subscribed|never subscribed",
            r"opt(?:ed|ing|s)? ?out",
            r"(?:black|block|deny|stop|suppress(?:ion)?) ?list",
            r"\bblocked\b|\bbloquee?s?\b|\bsuppress(?:ed)?\b",
            r"desabo|desinscri|\bnon (?:abonne|inscrit)|\bpas (?:abonne|inscrit)",
            r"\bdn[cme]\b|\bdncl\b|\bbloctel\b|\brepoussoir\b|\bliste (?:rouge|orange|noire)\b",
            r"\b(?:list[ea]?|registre|fichier|inscrite?s?) (?:\w+ )?robinson\b|\brobinson liste?\b",
            rf"{_DO_NOT} ?(?:contact|call|phone|(?:bulk ?)?(?:e ?)?mail|text|sms|disturb|solicit|send|market|write)",
            rf"{_DO_NOT} ?(?:allow|want|wish|accept|agree|consent)",
            r"\bno (?:marketing|newsletters?|e ?mail(?:s|ings?)?|mail(?:s|ings?)?|calls?|sms|texts?|solicit|thanks?|longer)",
            r"\bno(?:e?mails?|sms|calls?)\b",
            rf"\bne (?:pas|plus|jamais) (?:(?:me|nous|le|la|les|etre) )?(?:(?:{_SOLICIT})\w*|{_MESSAGES})\b",
            rf"\b(?:{_WANTS}) (?:pas|plus|jamais|aucune?)\b|\bpas d accord\b",
            r"\b(?:non|pas|not) (?:consent\w*|autorise\w*|accepte\w*|contactable\w*|sollicitable\w*|opt(?:ed)? ?in)\b",
            rf"\baucune? (?:{_MESSAGES})\b|\brecevoir aucune?\b",
            rf"\b(?:pas|plus) d[e ] ?(?:{_MESSAGES})\b|\bsans (?:{_MESSAGES})\b",
            r"\bstops?\b|\bstop ?(?:sms|e?mail|pub)s?\b|\bsms ?stops?\b",
            r"\brefus\w*|\brefused?\b|\boppos(?:ee?s?|itions?|ants?)\b|\bexclu(?:e?s?|sions?|re|ded?|des)\b",
            r"\binterdi(?:te?s?|ctions?)\b|\bobject(?:s|ed|ions?) to\b|\b(?:gdpr|rgpd|marketing) objections?\b",
            r"\bdeclined?\b|\bdenied\b|\bwithdr[ae]w\w*|\brevo(?:k|q)\w*|\bretrait (?:du |de )?consentement",
            r"\bconsent\w* (?:retir|annul)\w*|\b(?:e ?mails?|mailings?|sms|newsletters?) (?:disabled|desactive\w*)\b",
            r"\bcomplain\w*|\bplaintes?\b|\bspam\w*|\babuse\b",
            # German, Spanish, Italian, Dutch, Portuguese
            r"\babgemeldet|\babbestellt|\bwiderspr[uo]ch|\bwiderruf|\bwerbe(?:sperre|verbot)|\bkeine? (?:werbung|newsletter)",
            r"\bnicht (?:kontaktieren|anrufen|anschreiben|angemeldet|abonniert)",
            r"\b(?:fecha|dad[oa]s?) de baja\b|^baja$|\bno (?:contactar|molestar|llamar|enviar|acepta|desea|suscrit)",
            r"\bdisiscri|\bnon contattare|\bafgemeld|\buitgeschreven|\bniet (?:bellen|mailen|benaderen|contacteren)",
            r"\bdescadastr|\bnao (?:contact|contat|ligar|enviar|aceit)",
        )
    )
)
_COMPLAINT = re.compile(r"\bcomplain\w*|\bplaintes?\b|\bspam\w*|\babuse\b|\bliste orange\b")
_NO_COLUMN = re.compile(r"\b(?:link|url|lien|token|hash|score)s?\b")
"""What a column about unsubscribing is that says nothing of who did."""
_ON_PAPER = re.compile(r"fax\b|\btelecopies?\b|\bpostal\w*")
"""Letters and faxes, which nobody sends from here."""
_RETURNS = re.compile(
    r"\bcleaned\b|\bclean time\b|\bbounce[ds]?\b|\bnpai\b|\b(?:mauvaise|invalide|bad|invalid)s? (?:adresse|address)"
)
_RETURNS_LATER = re.compile(r"\badresses? (?:mauvaise|invalide)s?|\bhard ?bounce|\bmails? (?:invalide|errone)s?")
_HARD = re.compile(
    r"\bhard ?bounce|\bcleaned\b|\bbounced\b|\bnpai\b|\buser unknown|\bunknown user|\bmailbox not found|\badresse inconnue"
)
_TEMPORARY = re.compile(
    r"\bsoft ?bounce|\btemporar|\btemporaire|\btransient|\bmailbox (?:is )?full|\bboite pleine|\bquota|\bdeferred|\bgreylist"
)
_OF_RETURNS: dict[str, Literal["hard", "temporary"]] = {
    "hard": "hard",
    "permanent": "hard",
    "soft": "temporary",
    "undetermined": "temporary",
}
"""What these words mean below the header of a column of returns alone."""
_ENHANCED_CODE = re.compile(r"4\.\d{1,3}\.\d{1,3}|5\.1\.[1-36]")
"""Of RFC 3463: what may pass, and addresses that are not there. Other failures say nothing of the address."""
_BY_SMS = re.compile(
    r"sms|\bmobiles?\b|\btextos?\b|\bportables?\b|\bgsm\b|\bstops?\b(?! (?:e ?mail|mail|newsletter))"
    r"|phone|\btel\b|(?:\b|not|no)calls?\b|\bappel|bloctel|telephon"
)
_BY_EMAIL = re.compile(r"mail|courriel|courriers? electronique|newsletter")
_ANY_CONTACT = re.compile(
    r"contact|sollicit|solicit|demarch|prospect|derang|disturb|oppos|object|robinson|repoussoir|liste noire|suppress|interdi"
    r"|marketing|commercia|consent|rgpd|gdpr|\bdncl?\b"
)
"""Of a refusal that names no channel: what it refuses is to be written to at all."""
_CONSENT = re.compile(
    "|".join(
        (
            r"\bopt(?:ed|s)? ?ins?\b|\bsubscribed\b|\bsubscription status\b|\bpermissions?\b|\bconsent\w*|\brgpd\b|\bgdpr\b",
            rf"\bnewsletters?\b|\bsend marketing\b|\b(?:{_MESSAGES}) ok\b|\bcontactable\b",
            r"\baccepts? (?:\w+ )?marketing\b|\baccord (?:commercial|marketing|e ?mail\w*|sms|prospection)",
            rf"\b(?:{_WANTS}) (?:\w+ )*(?:recevoir|receive|(?:{_SOLICIT})\w*|offres|{_MESSAGES})\b",
        )
    )
)
_NO_CONSENT = re.compile(
    r"\bdouble\b|\bpartenaires?\b|\bpartners?\b|\btiers\b|\bthird\b|\bphotos?\b|\bimages?\b|\b(?:date|time\w*|source|ip|id|at|le|"
    r"method|version|text|count|name|nom|preuve|proof|basis|base)\b|\b(?:no|not|non|ne|n|pas|plus|sans|stop|end|fin)\b|"
    r"\b(?:resili|annul|supprim|retir|arret|expir|cancel|remov|revoc|quit|left|last|dernier|sent|open|ouv|cli[ck]|frequen)"
)
"""What a column about consent is that says nothing of who may be written to, or of somebody else's messages."""

_YES = frozenset(
    "oui o yes y t true vrai ok on x subscribed subscribe subscriber optin optedin optinconfirme confirmedoptin doubleoptin abonne "
    "abonnee inscrit inscrite active actif enabled accepte acceptee accepted agreed granted consenti confirmed confirme daccord "
    "ja si sim wahr verdadero vero waar".split()
)
_NO = frozenset(
    "non n no f false faux off nok inactive inactif disabled desactive desactivee jamais never nein nee nao falsch falso".split()
)
_AGREES = re.compile(
    r"^(?:oui |yes )?(?:j accepte|je consens|i (?:agree|accept|consent))\b"
    r"(?!.*\b(?:ne|pas|plus|jamais|aucune?|sauf|not|no|never|except)\b)"
)
_SAYS_NO = re.compile(r"^(?:non|no|nein|nee|nao)\b")
_UNSAID = re.compile(
    r"\b(?:renseigne|communique|connu|defini|precise|applicable|determine|concerne|dispo|confirm|activ|verif|repon|respon|answer|"
    r"data|reply|set|specified|available|known|consent|mobile|phone|opt|abonne|actif)"
)
"""Behind a no: nothing is refused, nothing was said."""
_BIT = re.compile(r"([01])(?:[.,]0+)?")
_TICKED, _UNTICKED = frozenset("✓✔☑✅"), frozenset("☐✗✘❌")


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


def refuses(header: str) -> bool:
    """Does a header, or a file's name, speak of a refusal?

    >>> [refuses(text) for text in ("EMAIL_BLACKLISTED", "Désabonné le", "Do not allow Emails", "Opt-In Email", "unsubscribe_url")]
    [True, True, True, False, False]
    """
    words = plain_words(header)
    if _ON_PAPER.search(words) and not _BY_EMAIL.search(words) and not _BY_SMS.search(words):
        return False
    return (bool(_REFUSAL.search(words)) or words == "robinson") and not _NO_COLUMN.search(words)


def is_refusal(cell: str) -> bool:
    """Is a cell of a status more than a no: words of a refusal, whatever its column is called?

    >>> [is_refusal(text) for text in ("STOP svp", "Ne souhaite plus recevoir d'e-mails", "No", "Ann Robinson")]
    [True, True, False, False]
    """
    words = plain_words(cell)
    return bool(_REFUSAL.search(words)) and not _NO_COLUMN.search(words)


def asks_consent(header: str) -> bool:
    """Does a header ask who may be written to, so that a no below it is a refusal?

    >>> [asks_consent(text) for text in ("Newsletter", "Accepts Email Marketing", "Opt-in date", "Abonné", "Unsubscribed")]
    [True, True, False, False, False]
    """
    words = plain_words(header)
    return bool(_CONSENT.search(words)) and not _NO_CONSENT.search(words) and not refuses(header)


def consent_said(text: str) -> Literal["yes", "no", "orange_list"] | None:
    """The consent that a person would read in a cell; None where it says none. A complaint is one for the orange list (BHV-2)."""
    text = visible_text(text).strip()
    if bit := _BIT.fullmatch(text):
        return "yes" if bit[1] == "1" else "no"
    if text in _TICKED or text in _UNTICKED:
        return "yes" if text in _TICKED else "no"
    words = plain_words(text)
    if _REFUSAL.search(words):
        return "orange_list" if _COMPLAINT.search(words) else "no"
    together = words.replace(" ", "")
    if together in _YES or _AGREES.search(words):
        return "yes"
    return "no" if together in _NO or (_SAYS_NO.search(words) and not _UNSAID.search(words)) else None


def keeping(header: str, consents: Sequence[str]) -> str:
    """How to keep the refusals of a column, in words that end a message: the mapping and the values to write."""
    fed = consents[0] if len(consents) == 1 else f"[{', '.join(consents)}]"
    words = (
        '{"*": "no"}' if len(consents) == 1 else "{" + ", ".join(f'{name}: {{"*": "no"}}' for name in consents) + "}"
    )
    written = joined((f"mapping: {{{header}: {fed}}}", f"values: {{{header}: {words}}}"))
    return say("to keep them write {written}, with null for words that are no refusal", written=written)


def return_said(cell: str, header: str = "") -> Literal["hard", "temporary"] | None:
    """The kind of return that a cell of a status tells of, below that header; None where it tells of none.

    >>> [return_said("Hard bounced"), return_said("Mailbox full"), return_said("soft", "bounce_type"), return_said("soft")]
    ['hard', 'temporary', 'temporary', None]
    """
    words = plain_words(cell)
    if _TEMPORARY.search(words):
        return "temporary"
    if _HARD.search(words):
        return "hard"
    column = plain_words(header)
    if _ENHANCED_CODE.fullmatch(cell.strip()) and re.search("bounce|status|dsn|code", column):
        return "temporary" if cell.strip().startswith("4") else "hard"
    return _OF_RETURNS.get(words) if re.search("bounce|retour|return", column) else None


def kept_as_said(header: str, consents: Sequence[str]) -> str:
    """How to keep what a column of consents says, in words that end a message: its words are read as they are."""
    fed = consents[0] if len(consents) == 1 else f"[{', '.join(consents)}]"
    return say("to keep them write {written}", written=f"mapping: {{{header}: {fed}}}")


def channels_refused(header: str) -> tuple[Literal["email", "sms"], ...]:
    """The channels that a refusal is for: those that it names, both where it is for any contact; none where it does not say.

    >>> [channels_refused(text) for text in ("Opt-out SMS", "Ne pas contacter", "Désabonné")]
    [('sms',), ('email', 'sms'), ()]
    """
    words = plain_words(header)
    by_email, by_sms = bool(_BY_EMAIL.search(words)), bool(_BY_SMS.search(words))
    if by_email is by_sms and (by_email or _ANY_CONTACT.search(words)):
        return ("email", "sms")
    return () if by_email is by_sms else ("email",) if by_email else ("sms",)


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
