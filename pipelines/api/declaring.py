"""`assets/api/defs.yaml`: what calls declare, written whole or not at all, put back where the declarations would not hold (SEC-3).

Belongs here: the file, and who writes it at a time. Does not: what is declared (`models`, `field_calls`), nor how its text is
changed (`fields_text`).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from pipelines.api.account import Account
from pipelines.api.answers import ApiError
from pipelines.api.files import alone
from pipelines.declarations.model import Declarations
from pipelines.declarations.problems import DeclarationError
from pipelines.layout import Layout
from pipelines.syncing import sync

HEADING = "# Written by the REST interface: what programs had declared (docs/rest.md).\n"


def place_of(layout: Layout) -> Path:
    """Where the file lies."""
    return layout.assets / "api" / "defs.yaml"


def text_of(layout: Layout) -> str:
    """What it holds now; empty where there is none."""
    place = place_of(layout)
    return place.read_text(encoding="utf-8") if place.exists() else ""


@contextmanager
def alone_declaring(account: Account) -> Generator[Declarations]:
    """Nobody else declares by a call meanwhile; gives what is declared now. DeclarationError where that has errors already."""
    with alone(account.layout.api / "declaring.json"):
        yield account.declarations()


@contextmanager
def declared_so(account: Account, change: Callable[[str], str], refused: str, hint: str) -> Generator[Declarations]:
    """The declarations with the file's text as `change` makes it, for what follows from them; where that fails, it is as it was.

    For who is `alone_declaring`. ApiError 400, `refused` with every problem, where the declarations would have errors.
    """
    former = text_of(account.layout)
    _write(account.layout, change(former or HEADING))
    try:
        yield account.declarations()
    except BaseException as error:
        _write(account.layout, former) if former else place_of(account.layout).unlink()
        if not isinstance(error, DeclarationError):
            raise
        problems = [{"message": problem.message} for problem in error.problems]
        raise ApiError(400, "Invalid", refused, hint, problems=problems) from error
    account.location.reload_soon()


def with_document(text: str, document: str) -> str:
    """The file's text with one more document at its end."""
    begun = "" if not text or text == HEADING else "---\n"
    return f"{_ended(text)}{begun}{document}"


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _write(layout: Layout, text: str) -> None:
    place = place_of(layout)
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    aside.write_text(text, encoding="utf-8")
    sync(aside)
    os.replace(aside, place)
    sync(place.parent)
