"""Which language a door speaks (I18N-1): that of one's own terminal (`CARNET_LANG`), or else the base's.

Belongs here: what the doors say once, when they open. Does not: messages, nor how they are said (`language`).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from pipelines.environment import own_language
from pipelines.language import Locale, speak
from pipelines.layout import Layout


def speak_with_the_operator() -> None:
    """From now on, this process speaks the operator's language; UsageError where `CARNET_LANG` names none of ours.

    The declarations are looked at when the first message is said: a command that says nothing does not pay for it.
    """
    own = own_language()
    speak(partial(_of_the_base, Layout.from_environment().assets) if own is None else lambda: own)


def _of_the_base(folder: Path) -> Locale:
    from pipelines.declarations.locale import locale_of  # YAML: 0.04 s

    return locale_of(folder)
