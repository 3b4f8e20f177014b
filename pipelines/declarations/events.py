"""The words of operations and events (BHV-1): channels, event types, and which types stand for which behaviour.

Belongs here: names and what belongs together. Does not: what an event does to a contact (`pipelines.behaviours`).
"""

from __future__ import annotations

from typing import Literal

Channel = Literal["email", "sms", "form", "web"]
Signature = Literal["mailgun", "sendgrid", "sns"]

EMAIL_RETURNS = ("absent", "soft", "rejected", "unknown_recipient", "bad_alias", "bad_domain", "bad_syntax")
SMS_RETURNS = ("temporary_error", "bad_number", "bad_format")
RETURNS = (*EMAIL_RETURNS, *SMS_RETURNS)

_ACTS = ("opened", "clicked", "submitted_form", "converted", "unsubscribed", "complained")
EVENT_TYPES = ("sent", "delivered", *_ACTS, *RETURNS, "visited")

TYPES_OF_CHANNEL: dict[Channel, tuple[str, ...]] = {
    "email": ("sent", "delivered", *_ACTS, *EMAIL_RETURNS),
    "sms": ("sent", "delivered", "clicked", "submitted_form", "converted", "unsubscribed", "complained", *SMS_RETURNS),
    "form": ("opened", "clicked", "submitted_form", "converted", "visited"),
    "web": ("visited", "clicked", "submitted_form", "converted"),
}
"""What may happen in an operation of each channel; anything else is a row problem."""

RECIPIENT_TYPES = ("sent", "delivered", *RETURNS)
"""Whoever has one of these is a recipient of the operation (SEG-12)."""

BOUNCES = tuple(name for name in RETURNS if name != "absent")
"""SEG-12: an absence is a return, not a bounce."""

BEHAVIOURS: dict[str, tuple[str, ...]] = {**{name: (name,) for name in _ACTS}, "bounced": BOUNCES}
"""Behaviour of a criterion → the event types that show it."""

FIGURES: dict[str, tuple[str, ...]] = {
    "recipients": RECIPIENT_TYPES,
    "delivered": ("delivered",),
    **{name: (name,) for name in (*_ACTS, "visited")},
    "bounced": BOUNCES,
    **{name: (name,) for name in RETURNS},
}
"""Figure of an operation's report → the event types of the contacts that it counts (BHV-4)."""

ACTIVE_TYPES = ("opened", "clicked", "submitted_form", "converted", "visited")
"""What counts as activity (BHV-3)."""

EVENT_FIELDS = ("event_id", "operation", "email", "mobile", "contact_id", "type", "occurred_at", "link", "detail")
"""What a column of an event file may be mapped to."""
