"""What goes wrong with other machines: for good, or only for now. Retrying is mechanical then (IMP-17).

`EnvironmentFaultError` of the family is what may work when tried again; `UnreachableError` is one of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.errors import CarnetError, EnvironmentFaultError


class UnreachableError(EnvironmentFaultError):
    """The other machine cannot be reached, or the connection to it broke: trying again may work."""


class TerminalError(CarnetError):
    """The other machine says no, or is not the one it should be: the same would happen again until somebody mends it."""


class HostKeyError(TerminalError):
    """The server's key is not known here, or not the one that is."""


class LoginError(TerminalError):
    """The server lets this user not in."""


class NotThereError(TerminalError):
    """A file or folder that is not there."""


class NotReadableError(TerminalError):
    """A file or folder that this user may not read."""


class TooSlowError(TerminalError):
    """The other machine answers, and does not come to an end: this attempt is over."""


class FileChangedError(EnvironmentFaultError):
    """The file was written to while it was fetched: its own matter, the connection is whole."""


class SourceBusyError(CarnetError):
    """Another process is at this source: nothing is wrong."""


class MailError(EnvironmentFaultError):
    """A mail could not be handed over, or the environment does not say where to.

    `waiting`: who has not got it; empty where nobody has.
    """

    def __init__(self, message: str, hint: str = "", *, waiting: Sequence[str] = ()) -> None:
        super().__init__(message, hint)
        self.waiting = tuple(waiting)
