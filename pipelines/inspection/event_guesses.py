"""What the columns of a file of events likely mean, and which of our types its words are (IMP-18, BHV-1).

Belongs here: guesses, by names and by what stands there. Does not: how a proposal is written (`event_proposing`). What may pass is
never guessed hard: only words that say « permanent », « hard » or « invalid ».
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.cells.emails import read_emails
from pipelines.cells.mobiles import read_mobiles
from pipelines.cells.moments import read_moments
from pipelines.declarations.events import TYPES_OF_CHANNEL, Channel
from pipelines.declarations.model import ContactBase
from pipelines.fields import fold
from pipelines.inspection.event_sample import Rows

_NAMES: Mapping[str, str] = {
    "event_id": r"(sg_?)?event_?id|id|uuid|sid|guid|message_?guid",
    "operation": r"campaign(_?(name|id|title))?|custom_?campaign|operation|categor(y|ies)|tags?|newsletter|mailing|site_?name",
    "email": r"e?-?mail(_?address)?|recipients?|rcpt_?to|user_?(id|email)|to|destination|adresse_?e?mail|address",
    "mobile": r"to|recipient|receiver|mobile|msisdn|phone(_?number)?|number|portable|numero|from|sender|destinataire",
    "type": r"event(_?(type|name))?|type|status|statut|action|record_?type|notification_?type|state|etat",
    "occurred_at": r".*(time(stamp)?|date|datetime|_at|At|ts|ts_.*|date_.*|heure)",
    "link": r"(target_?link_?|original_?)?(url|link|lien|page)(_?url)?",
    "detail": r".*(reason|raison|description|error(_?message)?|diag(nostic_?code)?|message|response|comment|motif)",
}
_QUALIFIERS = (
    r"severity|(bounce_?)?(sub_?)?type|bounce_?(class|classification|type|sub_?type)|hard_?bounce|.*_?feedback_?type"
)
"""Columns that say more of a type beside the one that says it."""
_CODES = r"error_?code|ptt|dlr"
_SENDERS = re.compile(r"(^|[._])(from|sender|source|reply.?to|user.?agent|smtp.?id)(\[\])?($|[._])", re.IGNORECASE)
_TYPES: tuple[tuple[str, str], ...] = (
    (r"temp|soft|transient|defer|delay|block|full|old|undetermined|retry|throttl", "soft"),
    (r"resubscri|reactivat|subscri(be|ption)$(?<!unsubscribe)|whitelist", ""),
    (r"unsub|optout|stop|desabo|desinscri|abmeld|baja", "unsubscribed"),
    (r"spam|complain|abuse|plainte|junk", "complained"),
    (r"absent|vacation|outofoffice|autoreply|autorespon", "absent"),
    (
        r"(bounce|fail|undeliver|hard|permanent|invalid).*(hard|permanent|invalid|true)|hardbounce|(^|/)hard|invalid",
        "hard",
    ),
    (r"undeliver|bounce|fail|error|echec|nondelivr", "soft"),
    (r"deliver|delivr|remis", "delivered"),
    (r"click|cliqu", "clicked"),
    (r"open|ouvert|read|lu$", "opened"),
    (r"reject|drop", "rejected"),
    (r"sent|send|process|accept|request|inject|envoy|queued", "sent"),
    (r"visit|pageview|page_view|^action$", "visited"),
    (r"convert|purchase|goal|order|achat", "converted"),
    (r"form|submit", "submitted_form"),
)
_OF_SMS = {"soft": "temporary_error", "hard": "bad_number", "rejected": "temporary_error"}
_OTHER_INSTANTS = re.compile(r"sent|created|signature|updated|mail\.|msg\.|server", re.IGNORECASE)
_LIKELY, _MOST_WORDS = 0.8, 60


@dataclass(frozen=True)
class EventGuess:
    """What a file of events likely is: `mapping` (column → ours), `types` (their word → ours, None where it is not known)."""

    channel: Channel
    mapping: dict[str, str]
    types: dict[str, str | None]


def guess_events(rows: Rows, base: ContactBase) -> EventGuess | None:
    """None where it is likely no file of events: nobody, no type of an event or no instant stands in its rows."""
    columns = _columns(rows)
    who, channel = _who(columns, base)
    types = _apart([name for name in _named(columns, "type") if _speaks(columns[name])], rows)
    instants = [name for name in _named(columns, "occurred_at") if _are_instants(columns[name], base)]
    if not who or not types or not instants:
        return None
    types += _qualifiers(types, columns, rows, channel, {*who, *instants})
    words = ["/".join(row[name] for name in types if name in row) for row in rows]
    if channel == "email" and {"visited"} <= {_meaning(word) for word in words}:
        channel = "web"
    mapping = dict.fromkeys(who, "mobile" if channel == "sms" else "email")
    mapping |= dict.fromkeys(types, "type") | dict.fromkeys(_best(instants, columns), "occurred_at")
    for meaning in ("event_id", "operation", "link", "detail"):
        named = [
            name for name in _named(columns, meaning) if name not in mapping and _fits(name, meaning, columns, rows)
        ]
        # Of a list that is no list of events, its only item is meant.
        mapping |= dict.fromkeys((name.removesuffix("[]") for name in named[:1]), meaning)
    return EventGuess(channel, mapping, _types(words, channel))


def _apart(names: Sequence[str], rows: Rows) -> list[str]:
    """The first, and those that stand where none before them does: of records of several kinds, each has its own."""
    found: list[str] = []
    for name in names:
        if not found or not any(name in row and any(other in row for other in found) for row in rows):
            found.append(name)
    return found


def _qualifiers(
    types: Sequence[str], columns: Mapping[str, Sequence[str]], rows: Rows, channel: Channel, taken: Collection[str]
) -> list[str]:
    """What says more of a type: beside it or below it, of some records, in few words."""
    depth = min(name.count(".") for name in types)
    named = [name for name in columns if _last(name, _QUALIFIERS) or (channel == "sms" and _last(name, _CODES))]
    return [
        name
        for name in named
        if name not in types
        and name not in taken
        and name.count(".") >= depth
        and len(set(columns[name])) <= _MOST_WORDS
        and (len(columns[name]) < len(rows) or len(set(columns[name])) > 1)
    ]


def _columns(rows: Rows) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for row in rows:
        for name, text in row.items():
            columns.setdefault(name, []).append(text)
    return columns


def _last(name: str, pattern: str) -> bool:
    """Whether the last key of a path is called so."""
    key = re.split(r"[.]", name.removesuffix("[]"))[-1]
    plain = re.sub(r"[\s-]+", "_", key)
    return re.fullmatch(pattern, plain, re.IGNORECASE) is not None


def _named(columns: Mapping[str, Sequence[str]], meaning: str) -> list[str]:
    """The columns of such a name: the shortest paths first, those at a list's end after the others of their length."""
    found = [name for name in columns if _last(name, _NAMES[meaning])]
    return sorted(found, key=lambda name: (name.count("."), "[]" in name))


def _who(columns: Mapping[str, Sequence[str]], base: ContactBase) -> tuple[list[str], Channel]:
    """The columns that name people, those of returns before what all events have; and the channel that speaks of them."""
    candidates = {name: texts for name, texts in columns.items() if not _SENDERS.search(name)}
    emails = [name for name, texts in candidates.items() if _share(texts, _is_email) >= _LIKELY]
    if emails:
        named = [name for name in emails if _last(name, _NAMES["email"])]
        named = named or [name for name in emails if _last(name, r".*e?mail.*")]
        # What some records have alone is more exact than what all have: of a bounce, who bounced, and not whom it was sent to.
        return sorted(named or emails[:1], key=lambda name: len(columns[name])), "email"
    for name in _named(columns, "mobile"):
        texts = pl.Series(columns[name], dtype=pl.String)
        if read_mobiles(texts, base.phone_region).values.is_not_null().sum() >= _LIKELY * len(texts):
            return [name], "sms"
    return [], "email"


def _is_email(text: str) -> bool:
    return "@" in text and bool(read_emails(pl.Series([text])).values.is_not_null().all())


def _share(texts: Sequence[str], test: Callable[[str], bool]) -> float:
    asked = list(dict.fromkeys(texts))[:20]
    return sum(map(test, asked)) / len(asked) if asked else 0.0


def _speaks(texts: Sequence[str]) -> bool:
    """Whether most of a column's words are types of events; those of a list of consents alone are not."""
    words = list(dict.fromkeys(texts))[:_MOST_WORDS]
    known = [_meaning(word) for word in words]
    return (
        len(set(texts)) <= _MOST_WORDS
        and sum(map(bool, known)) * 2 >= len(words)
        and set(known) - {"unsubscribed", "", None} != set()
    )


def _are_instants(texts: Sequence[str], base: ContactBase) -> bool:
    asked = pl.Series(list(dict.fromkeys(texts))[:20], dtype=pl.String)
    numbers = asked.str.contains(r"^1\d{9}(\.\d+)?$|^1\d{12}$")
    read = numbers | read_moments(asked, base.locale, base.timezone).is_not_null()
    return read.sum() >= _LIKELY * len(asked)


def _best(instants: Sequence[str], columns: Mapping[str, Sequence[str]]) -> list[str]:
    """Instants of the events first: not that at which a message was made or a request signed, nor one without a zone."""
    return sorted(
        instants,
        key=lambda name: (
            _OTHER_INSTANTS.search(name) is not None,
            re.search(r"^\d{9,}|[Zz]$|[+-]\d\d:?\d\d$|UTC|GMT", columns[name][0]) is None,
            len(columns[name]),
        ),
    )


def _fits(name: str, meaning: str, columns: Mapping[str, Sequence[str]], rows: Rows) -> bool:
    texts = columns[name]
    if meaning == "event_id":
        return len(set(texts)) == len(texts) == len(rows)
    if meaning == "link":
        return all(re.match(r"https?://", text) for text in texts)
    return not any(other.startswith(f"{name}.") for other in columns)


def _types(words: Sequence[str], channel: Channel) -> dict[str, str | None]:
    known = TYPES_OF_CHANNEL[channel]
    found: dict[str, str | None] = {}
    for word, _ in Counter(word for word in words if word).most_common(_MOST_WORDS):
        ours = _meaning(word)
        ours = _OF_SMS.get(ours, ours) if channel == "sms" and ours else ours
        ours = "bad_alias" if ours == "hard" else ours
        found[word] = ours if ours in known else None
    return found


def _meaning(word: str) -> str | None:
    """Our type for their word, `hard` for a return that is; None where nothing is known of it, "" where it is none of ours."""
    form = fold(word)
    return next((ours for pattern, ours in _meanings() if pattern.search(form)), None)


def _meanings() -> Iterator[tuple[re.Pattern[str], str]]:
    return ((re.compile(pattern), ours) for pattern, ours in _TYPES)
