"""Forms with a file (multipart), as PHP's curl and other tools send them: parts in any order, some of them repeated."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from pipelines.api.answers import ApiError
from pipelines.declarations.schemas import SEPARATORS
from pipelines.errors import listed_names

_MOST_FIELDS = 10_000
ENCODINGS = {
    "utf-8": "utf-8",
    "unicode": "utf-16",
    "iso-8859-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "utf-32": "utf-32",
    "utf-7": "utf-7",
}
"""As programs name them, in small letters → Python's."""


@dataclass(frozen=True)
class Form:
    """The texts of a form, by name in the order in which they came, and its file: its name and its bytes."""

    texts: dict[str, list[str]]
    file_name: str
    file: BinaryIO

    def text(self, name: str, default: str = "") -> str:
        """One text, without blanks around it."""
        return self.texts.get(name, [default])[0].strip()

    def flag(self, name: str, default: bool) -> bool:
        """`true` or `false`."""
        said = self.text(name).casefold()
        if said not in ("", "true", "false", "1", "0"):
            raise ApiError(400, "Invalid", f"{name} is neither true nor false.")
        return said in ("true", "1") if said else default

    def whole(self, name: str, default: int, most: int) -> int:
        """A number from 1."""
        said = self.text(name)
        if not said:
            return default
        if not (said.isascii() and said.isdigit()) or not 1 <= int(said) <= most:
            raise ApiError(400, "Invalid", f"{name} is no whole number from 1 to {most:,}.")
        return int(said)

    def separator(self) -> str | None:
        """As a model has it; None where the form does not say."""
        said = (self.texts.get("separator") or [""])[0]
        if not said:
            return None
        found = SEPARATORS.get(said) or SEPARATORS.get(said.strip().casefold())
        if found is None:
            raise ApiError(400, "Invalid", "The separator is none that is read.", "One of ; , | or tab.")
        return found

    def encoding(self) -> str:
        """The Python codec of the file."""
        said = self.text("encoding") or "utf-8"
        if said.casefold() not in ENCODINGS:
            known = listed_names([name.upper() for name in ENCODINGS])
            raise ApiError(400, "Invalid", "The encoding is none that is read.", f"Known: {known}.")
        return ENCODINGS[said.casefold()]

    def names(self, name: str) -> list[str]:
        """A list: one text that is a JSON array, or repeated parts."""
        given = self.texts.get(name) or self.texts.get(f"{name}[]") or []
        if len(given) == 1 and given[0].strip().startswith("["):
            try:
                read: Any = json.loads(given[0])
            except (ValueError, RecursionError) as error:
                raise ApiError(400, "Invalid", f"{name} is no JSON array.", '["email", "firstname", ""]') from error
            given = ["" if each is None else str(each) for each in read]
        return [each.strip() for each in given]


async def read_form(request: Request) -> AsyncGenerator[Form]:
    """The form of a call; ApiError 415 where it is none, 400 where it has no file."""
    if not request.headers.get("content-type", "").strip().lower().startswith("multipart/form-data"):
        raise ApiError(415, "UnsupportedMediaType", "This call takes a form with a file.", "Send multipart/form-data.")
    async with request.form(max_files=1, max_fields=_MOST_FIELDS) as found:
        texts: dict[str, list[str]] = {}
        files: list[UploadFile] = []
        for name, value in found.multi_items():
            if isinstance(value, UploadFile):
                files.append(value)
            else:
                texts.setdefault(name, []).append(value)
        if not files:
            raise ApiError(400, "Invalid", "The form has no file.", "Send it as the part `file`.")
        yield Form(texts, safe_name(files[0].filename or ""), files[0].file)


def safe_name(name: str) -> str:
    """The name of a file without any folder, of signs that stand anywhere."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", re.split(r"[/\\]", name)[-1])[-100:].lstrip(".")
    return plain if re.search(r"\.[A-Za-z0-9]+$", plain) else f"{plain or 'file'}.csv"


GivenForm = Annotated[Form, Depends(read_form)]
"""The parameter of a call that is given its form."""
