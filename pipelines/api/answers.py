"""Errors as the interface answers them: `{"error": {"type", "message", "hint", "problems"}}` with a status (rest.md).

Belongs here: which error has which status. Does not: what is wrong (the errors themselves say it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.responses import JSONResponse

from pipelines.base.locking import LockHeldError
from pipelines.declarations.problems import DeclarationError
from pipelines.errors import CarnetError, EnvironmentFaultError, RefusedError, UnknownNameError, UsageError
from pipelines.faults import as_fault

BUSY_SECONDS = 5
"""After which a call that found the base busy may come again."""
Problems = Sequence[Mapping[str, Any]]
_STATUSES: tuple[tuple[type[CarnetError], int], ...] = (
    (
        DeclarationError,
        503,
    ),  # The operator is at it: the caller can do nothing about it, and nothing is wrong with the call.
    (UnknownNameError, 404),
    (UsageError, 400),
    (RefusedError, 400),
    (EnvironmentFaultError, 503),
)


class ApiError(CarnetError):
    """What is wrong with a call: its `status`, `headers` that the answer has, `kind`: the error's name."""

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        hint: str = "",
        *,
        problems: Problems = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.status, self.kind, self.problems, self.headers = status, kind, problems, dict(headers or {})


def not_found(what: str, hint: str = "") -> ApiError:
    """404: there is no such field, value, contact, segment, import …"""
    return ApiError(404, "NotFound", f"There is no {what}.", hint)


def answer_of(error: Exception) -> JSONResponse:
    """The answer to a call that failed; what nobody foresaw is a 500 that tells nothing of what it was about (SEC-4)."""
    if isinstance(error, ApiError):
        return _answer(error.status, error.kind, error.message, error.hint, error.problems, error.headers)
    known = error if isinstance(error, CarnetError) else as_fault(error)
    if known is None:
        hint = "Carnet did not foresee this: its own log (standard error of `carnet serve`) says where it happened."
        return _answer(500, "Unforeseen", "The call failed.", hint)
    status = next((status for kind, status in _STATUSES if isinstance(known, kind)), 500)
    # A declaration's errors name files of the machine: they are for whoever declares (`carnet check`).
    message = "The declarations have errors." if isinstance(known, DeclarationError) else _told(known)
    hint = "`carnet check` lists them." if isinstance(known, DeclarationError) else known.hint
    headers = {"Retry-After": str(BUSY_SECONDS)} if status == 503 else {}
    return _answer(status, type(known).__name__, message, hint, headers=headers)


def _told(error: CarnetError) -> str:
    if isinstance(error, LockHeldError):
        return "The base is busy: another run writes it."
    return error.message


def _answer(
    status: int, kind: str, message: str, hint: str, problems: Problems = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    error = {"type": kind, "message": message, "hint": hint, "problems": list(problems)}
    return JSONResponse({"error": error}, status_code=status, headers=dict(headers or {}))
