"""Sheets: a workbook (XLSX, ODS) → the text of one sheet, a line a row (IMP-1b), opened in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from pipelines.errors import nearest
from pipelines.language import quoted, say

_SECONDS = 120
_MEMORY, _MEMORY_A_BYTE = 2 << 30, 64
"""What the process may take, in bytes: so much, and so much for each byte that the text of a sheet may have."""
_LISTED = 20


class UnreadableFileError(Exception):
    """Why a file cannot be read as what it is; the message is for people, and says how to mend it."""


@dataclass(frozen=True)
class ErrorCells:
    """Cells of one column (from 0) that hold an error of the workbook, such as `#N/A`."""

    column: int
    count: int
    line: int
    sign: str


@dataclass(frozen=True)
class Sheet:
    """One sheet as text: UTF-8, `;` between cells, one record a row; `size`: of that text, which is empty beyond the limit."""

    name: str
    others: tuple[str, ...]
    text: bytes
    size: int
    errors: tuple[ErrorCells, ...]


def read_sheet(data: bytes, name: str | None, most_bytes: int, decimal: str = ".") -> Sheet:
    """The sheet of that name, or else the first one, of a workbook. UnreadableFileError where there is none.

    `decimal`: the sign that its numbers are written with in the text.
    """
    about, text = _asked(
        data,
        {"sheet": name, "decimal": decimal, "max_bytes": most_bytes, "memory": _MEMORY + _MEMORY_A_BYTE * most_bytes},
    )
    names: list[str] = about.get("sheets", [])
    if "fault" in about:
        raise UnreadableFileError(
            say(
                "The workbook is damaged: it cannot be opened. Open it in the program that it comes from, and save it anew."
            )
        )
    if about.get("missing"):
        like = nearest(name or "", names)
        meant = [say("Did you mean {name!r}?", name=like)] if like else []
        lack = say("The workbook has no sheet {name!r}: it has {names}.", name=name, names=_listed(names))
        raise UnreadableFileError(" ".join((lack, *meant, say("Correct `sheet` in the model."))))
    if "sheet" not in about:
        raise UnreadableFileError(say("The workbook has no sheet with cells."))
    others = tuple(other for other in names if other != about["sheet"])
    return Sheet(about["sheet"], others, text, about["size"], tuple(ErrorCells(**each) for each in about["errors"]))


def _asked(data: bytes, options: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    # -P: the folder that one stands in is no place to import `pipelines` from.
    command = [sys.executable, "-P", "-m", "pipelines.files.sheet_process", json.dumps(options)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise UnreadableFileError(
            say(
                "The workbook took more than {seconds} seconds to open. Save the sheet alone, or as « CSV UTF-8 ».",
                seconds=_SECONDS,
            )
        ) from error
    head, _, text = done.stdout.partition(b"\n")
    if done.returncode or not head:
        raise UnreadableFileError(
            say(
                "The workbook cannot be opened: it is damaged, or its cells lie so far apart that they take more memory than "
                "is given to one. Delete the empty rows and columns around the table, or save the sheet as « CSV UTF-8 »."
            )
        )
    return json.loads(head), text


def _listed(names: list[str]) -> str:
    return ", ".join(map(quoted, names[:_LISTED])) + (", …" if len(names) > _LISTED else "")
