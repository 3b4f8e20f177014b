"""Channels: by which address a contact is reached, and the fields that hold its status, consent and last return (STA-1 to STA-5).

Belongs here: what is true of a channel, for every room. Does not: what the values of these fields are called (`fields`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UNKNOWN = "unknown"
"""The status of an address that nothing was ever sent to."""
CONSENT_STRICTNESS: dict[str, int] = {"yes": 0, "no": 1, "orange_list": 2, "suppression_list": 3}


@dataclass(frozen=True)
class Channel:
    """The fields of one channel; a number has no return message.

    `malformed`: the status that a malformed address gets which is not the key (IMP-9). `listed`: the consent of whoever is on the
    account's suppression list, which is for both channels.
    """

    name: Literal["email", "sms"]
    address: Literal["email", "mobile"]
    status: str
    consent: str
    malformed: str
    listed: str
    detail: str | None = None
    returned_at: str | None = None

    @property
    def anew(self) -> dict[str, str | None]:
        """What events say of the address, as it begins: with another address it is so again (STA-2)."""
        return {self.status: UNKNOWN} | {name: None for name in (self.detail, self.returned_at) if name}


EMAIL = Channel(
    "email",
    "email",
    "email_status",
    "opt_in_email",
    malformed="bad_syntax",
    listed="suppression_list",
    detail="email_return_detail",
    returned_at="email_return_at",
)
SMS = Channel("sms", "mobile", "mobile_status", "opt_in_sms", malformed="bad_format", listed="no")
CHANNELS = (EMAIL, SMS)
BY_ADDRESS = {each.address: each for each in CHANNELS}
CONSENTS = tuple(each.consent for each in CHANNELS)
CHANNEL_OF_STATE = {name: each for each in CHANNELS for name in each.anew}
"""Of each field that events move beside consents, the channel of whose address it speaks."""
STATED = (*CHANNEL_OF_STATE, *CONSENTS)
"""The fields that events move: an import's or a person's saying them counts, though the base held the same value before (STA-4)."""
NEVER_CLEARED = (*(each.status for each in CHANNELS), *CONSENTS)
"""The fields that no empty cell erases (STA-5)."""
