"""Refusals in an inspected file: columns and lists that no import may lose, and how the proposed model keeps them (IMP-18).

Belongs here: proposals. Does not: what a refusal looks like (`cells.refusals`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.cells.numbers import BOOLEAN_WORDS
from pipelines.cells.refusals import channel_said, consent_said, list_said, plain_words, refuses
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
_CONTRARY = {"1": "0", "1.0": "0.0", "true": "false", "vrai": "faux", "yes": "no", "oui": "non", "x": ""}


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
    return _of_refusals(channel, base, has_key=has_key)


def _of_refusals(channel: Channel, base: ContactBase, *, has_key: bool) -> Listing:
    if not has_key:
        return Listing(
            say(
                "By its name or its columns the file lists people who refused, and no column gives {key}: take it as events "
                "(an EventImport of the channel {channel}, all of the type unsubscribed), which find people by either address.",
                key=base.key,
                channel=channel.name,
            )
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
    soft = "soft" in plain_words(file).split()
    return ("soft" if soft else "bad_alias") if channel is EMAIL else ("temporary_error" if soft else "bad_number")


def with_refusals(columns: Sequence[Purpose], text: TextFrame, base: ContactBase) -> tuple[Purpose, ...]:
    """The columns, those that look like a refusal and stand for no field yet as consents, with what their words mean."""
    return tuple(_with_refusal(column, text, place, base) for place, column in enumerate(columns))


def all_alike(columns: Sequence[Purpose]) -> bool:
    """Does no column tell those who refused from others? Then all rows may be of one kind."""
    return not any(column.words and column.held.holds in ("booleans", "choices") for column in columns)


def _with_refusal(column: Purpose, text: TextFrame, place: int, base: ContactBase) -> Purpose:
    if column.field is not None or column.carnet or not column.held.filled:
        return column
    distinct = tidy(text.frame[f"c{place}"].drop_nulls().unique(maintain_order=True)).drop_nulls()
    few = distinct.to_list() if len(distinct) <= _MOST_WORDS else []
    if refuses(column.header):
        words = _contrary_words(few)
    elif any(map(refuses, few)):
        words = {word: _plain(consent_said(word)) for word in few}
    else:
        return column
    channel = channel_said(column.header)
    consent = next((each.consent for each in CHANNELS if each.name == channel), BY_ADDRESS[base.key].consent)
    return replace(
        column, field=consent, words=words, note=say("looks like a refusal: look at what its words mean, in `values`")
    )


def _contrary_words(few: Sequence[str]) -> Translation:
    """What the words of a column of refusals mean for a consent: what says no refuses nothing, and is no consent by itself."""
    words: Translation = {}
    contrary: Translation = {}
    for word in few:
        said, is_plain = consent_said(word), fold(word) in BOOLEAN_WORDS or word[:1].isdigit()
        if said == "no" and not refuses(word):
            words[word] = None
        elif said == "yes" and not is_plain:
            words[word] = "yes"
        elif said == "yes" and _CONTRARY.get(fold(word)):
            contrary[_CONTRARY[fold(word)]] = None
    told = set(map(fold, words))
    return {**words, **{word: None for word in contrary if word not in told}, ANY_OTHER: "no"}


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
    return say(
        "The column {header!r} looks like a refusal: the proposed model maps it to {field}, with `values` for what its words "
        "mean.",
        header=column.header,
        field=column.field,
    )
