"""Refusals in an inspected file: columns and lists that no import may lose, and how the proposed model keeps them (IMP-18).

Belongs here: proposals. Does not: what a refusal looks like (`cells.refusals`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.cells.placeholders import says_nothing
from pipelines.cells.refusals import (
    asks_consent,
    channel_said,
    channels_refused,
    consent_said,
    is_refusal,
    list_said,
    plain_words,
    refuses,
    return_said,
)
from pipelines.cells.texts import tidy
from pipelines.channels import BY_ADDRESS, CHANNELS, EMAIL, SMS, Channel
from pipelines.declarations.model import ANY_OTHER, Action, ContactBase, Translation
from pipelines.fields import fold
from pipelines.files.problems import Problem
from pipelines.files.reading import TextFrame
from pipelines.inspection.meaning import Purpose
from pipelines.language import say

_MOST_WORDS = 100
"""A column of statuses has no more distinct words than that."""
_STATUSES = frozenset(channel.status for channel in CHANNELS)
_RETURNED = {
    "email": {"hard": "bad_alias", "temporary": "soft"},
    "sms": {"hard": "bad_number", "temporary": "temporary_error"},
}
_SUBSCRIBED = re.compile(r"subscri|abonne|inscrit|^opt ?in|^double opt ?in")
"""A consent below the header of a refusal, where any other yes is a refusal: `Y`, `on`, `active`, `confirmed`."""
_ALLOWING = frozenset(
    "allow allowed autoriser autorise autorisee permis permitted contactable send envoyer none aucun aucune".split()
)
_CONTRARY = {
    "t": "f",
    "y": "n",
    "o": "n",
    "✓": "✗",
    "☑": "☐",
    "-1": "0",
    "wahr": "falsch",
    "ja": "nein",
    "1": "0",
    "1.0": "0.0",
    "true": "false",
    "vrai": "faux",
    "yes": "no",
    "oui": "non",
    "x": "",
}


@dataclass(frozen=True)
class Listing:
    """What has to be said of a file that lists refusals or bad addresses: an action, or constants; `why`, in a sentence."""

    why: str
    action: Action = "upsert"
    constants: tuple[tuple[str, str], ...] = ()


def listing(file: str, columns: Sequence[Purpose], base: ContactBase) -> Listing | None:
    """The listing that a file's name or columns speak of; None where they speak of none."""
    kind = list_said(file.rpartition(".")[0] or file, (column.header for column in columns))
    if kind is None:
        return None
    channel = _channel(file, columns, base)
    has_key = any(column.field == base.key for column in columns)
    if kind == "returns":
        status = _status(file, channel)
        why = say(
            "By its name or its columns the file lists bad addresses: {field} is said of all of them.",
            field=channel.status,
        )
        return Listing(why, constants=((channel.status, status),))
    of_any_contact = refuses(file) and len(channels_refused(file)) > 1
    return _of_refusals(channel, base, has_key=has_key, of_any_contact=of_any_contact)


def _of_refusals(channel: Channel, base: ContactBase, *, has_key: bool, of_any_contact: bool) -> Listing:
    if not has_key:
        return Listing(
            say(
                "By its name or its columns the file lists people who refused, and no column gives {key}: take it as events "
                "(an EventImport of the channel {channel}, all of the type unsubscribed), which find people by either address.",
                key=base.key,
                channel=channel.name,
            )
        )
    if of_any_contact:
        return Listing(
            say(
                "By its name the file lists people who refused any contact: they enter the account's suppression list, for e-mail "
                "and SMS, also where the base does not know them."
            ),
            "suppress",
        )
    if channel.address == base.key:
        return Listing(
            say(
                "By its name or its columns the file lists people who refused: they are unsubscribed, and remembered where the "
                "base does not know them."
            ),
            "unsubscribe",
        )
    why = say(
        "By its name or its columns the file lists people who refused: {field} is said of all of them.",
        field=channel.consent,
    )
    return Listing(why, constants=((channel.consent, "no"),))


def _channel(file: str, columns: Sequence[Purpose], base: ContactBase) -> Channel:
    said = channel_said(file)
    if said is not None:
        return EMAIL if said == "email" else SMS
    addresses = {column.field for column in columns} & set(BY_ADDRESS)
    return BY_ADDRESS["email" if addresses == {"email"} else "mobile" if addresses == {"mobile"} else base.key]


def _status(file: str, channel: Channel) -> str:
    """A temporary error is never made hard."""
    return _RETURNED[channel.name]["temporary" if "soft" in plain_words(file).split() else "hard"]


def with_refusals(columns: Sequence[Purpose], text: TextFrame, base: ContactBase) -> tuple[Purpose, ...]:
    """The columns, those that look like a refusal and stand for no field yet as consents, with what their words mean.

    One that tells of returns feeds the status too, or alone.
    """
    found: list[Purpose] = []
    for place, column in enumerate(columns):
        is_free = column.field is None and not column.carnet and bool(column.held.filled)
        status_is_free = all(_STATUSES.isdisjoint((each.field, *each.also)) for each in (*columns, *found))
        found.append(_telling(column, _few(text, place), base, status_is_free) if is_free else column)
    return tuple(found)


def _telling(column: Purpose, few: Sequence[str], base: ContactBase, status_is_free: bool) -> Purpose:
    refusing = _with_refusal(column, few, base)
    return _with_returns(refusing, few) if status_is_free else refusing


def all_alike(columns: Sequence[Purpose]) -> bool:
    """Does no column tell those who refused, or what came back, from others? Then all rows may be of one kind."""
    telling = ("booleans", "choices")
    return not any(column.words and (column.held.holds in telling or column.field in _STATUSES) for column in columns)


def _few(text: TextFrame, place: int) -> Sequence[str]:
    """The distinct words of a column, none where they are too many for statuses."""
    distinct = tidy(text.frame[f"c{place}"].drop_nulls().unique(maintain_order=True)).drop_nulls()
    return distinct.to_list() if len(distinct) <= _MOST_WORDS else []


def _with_refusal(column: Purpose, few: Sequence[str], base: ContactBase) -> Purpose:
    note = say("looks like a refusal: look at what its words mean, in `values`")
    if refuses(column.header):
        words = _contrary_words(few)
    elif any(map(is_refusal, few)):
        words = {word: _plain(consent_said(word)) for word in few}
    elif asks_consent(column.header) and "no" in map(consent_said, few):
        words = {word: consent_said(word) for word in few}
        note = say("looks like a consent: look at what its words mean, in `values`")
    else:
        return column
    own, named = BY_ADDRESS[base.key], channels_refused(column.header)
    # Where it is for any contact, the channel of the key comes first: a yes is one for that channel alone.
    channels = sorted((each for each in CHANNELS if each.name in named), key=lambda each: each is not own)
    first, *others = [each.consent for each in channels] or [own.consent]
    refused = {theirs: None if ours == "yes" else ours for theirs, ours in words.items()}
    return replace(column, field=first, also=dict.fromkeys(others, refused), words=words, note=note)


def _with_returns(column: Purpose, few: Sequence[str]) -> Purpose:
    """The column with the states of the returns that its words tell of; a temporary one is never made hard."""
    channel = next((each for each in CHANNELS if each.consent == column.field), EMAIL)
    kinds = {word: kind for word in few if (kind := return_said(word, column.header))}
    if not kinds or (column.field is not None and refuses(column.header)):
        return column
    words = {word: _RETURNED[channel.name][kind] for word, kind in kinds.items()} | {ANY_OTHER: None}
    if column.field is not None:
        return replace(column, also={**column.also, channel.status: words})
    note = say("tells of returns: look at what its words mean, in `values`")
    return replace(column, field=channel.status, words=words, note=note)


def _contrary_words(few: Sequence[str]) -> Translation:
    """What the words of a column of refusals mean for a consent: what says no refuses nothing, and is no consent by itself."""
    words: Translation = {}
    contrary: Translation = {}
    for word in few:
        said = consent_said(word)
        if says_nothing(word) or _allows(word) or (said == "no" and not is_refusal(word)):
            words[word] = None
        elif said == "yes" and _SUBSCRIBED.search(plain_words(word)):
            words[word] = "yes"
        elif said == "yes" and _CONTRARY.get(fold(word)):
            contrary[_CONTRARY[fold(word)]] = None
    told = set(map(fold, words))
    return {**words, **{word: None for word in contrary if word not in told}, ANY_OTHER: "no"}


def _allows(word: str) -> bool:
    """`Allow` below « Do not allow Emails »: nothing is refused, and nobody asked for mails."""
    return plain_words(word) in _ALLOWING


def _plain(said: str | None) -> str | None:
    return "no" if said == "orange_list" else said


def refusal_problems(columns: Sequence[Purpose], found: Listing | None) -> list[Problem]:
    """What is said of them among the file's problems."""
    told = [Problem("refusal_list", "warning", found.why)] if found else []
    return told + [
        Problem("refusal_column", "warning", _mapped(column), column=column.header)
        for column in columns
        if column.words
    ]


def _mapped(column: Purpose) -> str:
    about = {"header": column.header, "field": say(" and ").join((str(column.field), *column.also))}
    if column.field in _STATUSES:
        return say(
            "The column {header!r} tells of returns: the proposed model maps it to {field}, with `values` for what its words "
            "mean.",
            **about,
        )
    if asks_consent(column.header):
        return say(
            "The column {header!r} looks like a consent, and somebody refuses there: the proposed model maps it to {field}, with "
            "`values` for what its words mean.",
            **about,
        )
    return say(
        "The column {header!r} looks like a refusal: the proposed model maps it to {field}, with `values` for what its words "
        "mean.",
        **about,
    )
