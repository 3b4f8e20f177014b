"""Malformed calls, drawn from a seed: bodies, forms, encodings, ids, headers, paths, depths, lengths (SEC-3)."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

SECRET = "zq7secret"
"""Stands in whatever a person could be told by: no log may hold it."""
KEY = f"{SECRET}@ex.fr"
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW")
_PARTS = (
    "0",
    "1",
    "-1",
    "9" * 19,
    "9" * 40,
    "1.5",
    "1e9",
    "x",
    "%00",
    "%ff%fe",
    "%2e%2e%2f",
    "..",
    KEY,
    f"{SECRET}%20",
    "%F0%9F%98%80",
    "1;DROP",
    "%0d%0aX: y",
    "a" * 4000,
    "%2F",
    "",
    "１２",
    "null",
    "email",
    "٣",
    "+1",
)
_TEXTS = (
    "",
    " ",
    KEY,
    "ann@ex.fr",
    SECRET,
    "a\0b",
    "\ud800",
    "é" * 300,
    "1",
    "-1",
    "9" * 30,
    "true",
    "yes1",
    "Number|",
    "Number|x|y",
    "ShortText",
    "|",
    "SingleSelection|" + "a" * 80,
    "=1+1",
    "2026-02-30",
    "0000-00-00",
    "9999-12-31 23:59:59+0000",
    "\u202e",
    "[",
    "{}",
    "segment:",
    "segment:９",
    "segment:99999999999999999999",
    "Pearl,Agate,,",
    '"',
    "'; DROP TABLE contacts; --",
    "\r\n",
    "x" * 5000,
)
_NUMBERS = (0, 1, -1, 2**31, 2**63, 2**64, 10**40, 1.5, -0.0, 1e308)
_NAMES = (
    "id",
    "contactKey",
    "attributes",
    "fieldName",
    "fieldValue",
    "name",
    "format",
    "options",
    "description",
    "text",
    "index",
    "fields",
    "filters",
    "logs",
    "log",
    "Id",
    "Title",
    "Object",
    "Group",
    "LogDate",
    "Date",
    "OperationId",
    "idEncrypted",
    "mode",
)
_ATTRIBUTES = (
    "email",
    "emailoptin",
    "mobile",
    "zipcode",
    "firstname",
    "17",
    "18",
    "19",
    "20",
    "21",
    "22",
    "1",
    3,
    "fax",
    "creationdate",
    None,
    "",
)
_FORM_NAMES = (
    "file",
    "matchings",
    "matchings[]",
    "name",
    "firstLine",
    "firstLineAsHeader",
    "encoding",
    "separator",
    "duplicateOption",
    "keyColumn",
    "",
)
_FORM_TEXTS = (
    '["email"]',
    '["email", "firstname", ""]',
    "email",
    "[",
    "[[[",
    "[" * 3000,
    "{}",
    "[null]",
    "[1e999]",
    "1",
    "0",
    "-1",
    "９",
    "9" * 30,
    "true",
    "maybe",
    "UTF-7",
    "UTF-32",
    "Unicode",
    "EBCDIC",
    ";",
    "tab",
    "\0",
    "disallowdup",
    "allowdup",
    KEY,
)
_FILES = (
    b"",
    b"\0",
    b"\xff\xfe\xfd",
    b"PK\x03\x04rubbish",
    b"email;first\n" + KEY.encode() + b";A\n",
    b"+AAA-;+//8-\n",
    b"\n" * 50,
    b'"',
    b"a;b\n" * 300,
)
_TYPES = (
    "application/json",
    "text/json",
    "application/json; charset=utf-16",
    "text/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    'multipart/form-data; boundary="é"',
    "multipart/form-data; boundary=" + "b" * 300,
    "multipart/mixed; boundary=b",
    "",
    ";",
    "\xff",
    "image/png",
)
_ACCEPTS = ("*/*", "application/xml", "text/html, application/xml", "application/json;q=x", ";;,", "\xff")


@dataclass(frozen=True)
class Call:
    """One call as it comes over the wire. `authorization` None: with the right key; `cut`: the body ends before its length."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    authorization: str | None = None
    cut: bool = False


class Malformed:
    """Calls, one after the other; `paths`: templates that the interface has, with `{…}` for what varies."""

    def __init__(self, seed: int, paths: list[tuple[str, str]]) -> None:
        self._random, self._paths = random.Random(seed), paths

    def call(self) -> Call:
        """Another one."""
        draw = self._random
        method, template = draw.choice(self._paths)
        if draw.random() < 0.1:
            method = draw.choice(_METHODS)
        headers, body = self._sent(template)
        if draw.random() < 0.1:
            headers["content-type"] = draw.choice(_TYPES)
        if draw.random() < 0.1:
            headers["accept"] = draw.choice(_ACCEPTS)
        if draw.random() < 0.1:
            headers["content-length"] = draw.choice(("0", "-1", "x", "9" * 30, "1", "²", str(len(body) + 10)))
        wrong = draw.choice(
            ("Basic", "Basic ###", "Basic \xff", f"Bearer {SECRET}", "Digest x", "Basic OmFiYw==", "Bearer", "")
        )
        authorization = wrong if draw.random() < 0.05 else None
        return Call(method, self._target(template), headers, body, authorization, cut=draw.random() < 0.03)

    def _target(self, template: str) -> str:
        draw = self._random
        parts = [draw.choice(_PARTS) if part.startswith("{") else part for part in template.split("/")]
        if draw.random() < 0.05:
            parts.insert(draw.randrange(len(parts) + 1), draw.choice(_PARTS))
        target = "/".join(parts) + draw.choice(("", "", "", ".json", "/", "?", f"?a={KEY}", "?%ff=%00&&=&size=x"))
        return target if target.startswith("/") else f"/{target}"

    def _sent(self, template: str) -> tuple[dict[str, str], bytes]:
        draw = self._random
        if template.endswith(("import/add", "purge/add")) and draw.random() < 0.9:
            return self._form()
        kind = draw.random()
        if kind < 0.7:
            return {"content-type": "application/json"}, self._json()
        if kind < 0.8:
            return self._form()
        return {"content-type": "application/json"}, draw.choice(
            (b"", b"\xff\xfe{", draw.randbytes(draw.randrange(60)), b" " * 2000)
        )

    def _json(self) -> bytes:
        draw = self._random
        said = self._nearly_right() if draw.random() < 0.5 else self._value(4)
        text = json.dumps(said, ensure_ascii=draw.random() < 0.5)
        spoilt = draw.random()
        if spoilt < 0.1:
            text = text[: draw.randrange(len(text) + 1)]
        elif spoilt < 0.15:
            text = json.dumps(text)
        elif spoilt < 0.2:
            text = draw.choice(
                (
                    "[" * 100_000,
                    '{"a":' * 3000,
                    "[" * 500 + "]" * 500,
                    "1" * 5000,
                    "NaN",
                    "-Infinity",
                    "1e999",
                    '"\\ud800"',
                )
            )
        encoding = "utf-8" if draw.random() < 0.95 else draw.choice(("utf-16", "utf-8-sig", "utf-32"))
        return text.encode(encoding, "surrogatepass")

    def _nearly_right(self) -> Any:
        """In the shape of a body that some call takes, whatever its values are."""
        draw = self._random

        def value() -> Any:
            return draw.choice(_TEXTS) if draw.random() < 0.9 else self._value(2)

        attributes = [{"id": draw.choice(_ATTRIBUTES), "fieldValue": value()} for _ in range(draw.randrange(4))]
        contact = {"id": value(), "contactKey": draw.choice((KEY, "ann@ex.fr", value())), "attributes": attributes}
        shapes = (
            contact,
            [contact] * draw.randrange(4),
            {
                "id": draw.randrange(40),
                "name": value(),
                "format": draw.choice(("ShortText", "Number|x", "SingleSelection", value())),
            },
            {"id": draw.randrange(40), "text": value(), "index": draw.choice((0, 1, "2", -1, 10**20))},
            {
                "contactKey": "ann@ex.fr",
                "Title": value(),
                "LogDate": value(),
                "OperationId": value(),
                "Id": value(),
                "Object": value(),
            },
            {"name": value(), "description": value(), "fields": ["email", value()], "filters": [value()]},
        )
        return draw.choice(shapes)

    def _value(self, depth: int) -> Any:
        draw = self._random
        kind = draw.random()
        if depth and kind < 0.5:
            names = draw.sample(_NAMES, draw.randrange(1, 7))
            return {name: self._value(depth - 1) for name in names}
        if depth and kind < 0.65:
            return [self._value(depth - 1) for _ in range(draw.randrange(4))]
        if kind < 0.9:
            return draw.choice(_TEXTS)
        return draw.choice((*_NUMBERS, None, True, False))

    def _form(self) -> tuple[dict[str, str], bytes]:
        draw = self._random
        parts = [self._part() for _ in range(draw.randrange(1, 7))]
        end = draw.choice((b"--b--\r\n", b"--b--", b"", b"--c--\r\n"))
        return {"content-type": "multipart/form-data; boundary=b"}, b"".join(parts) + end

    def _part(self) -> bytes:
        draw = self._random
        name = draw.choice(_FORM_NAMES)
        says = f'form-data; name="{name}"'
        content: bytes = draw.choice(_FORM_TEXTS).encode()
        if name == "file" or draw.random() < 0.1:
            named = draw.choice(
                ("a.csv", "", "../../etc/passwd", f"{SECRET}.csv", "a\x00.csv", "é" * 200, "a.xlsx", "CON", "a.tar.gz")
            )
            says += f'; filename="{named}"'
            content = draw.choice(_FILES)
        if draw.random() < 0.05:
            says = draw.choice(("form-data", "attachment", "", "form-data; name", 'form-data; name="', "x" * 9000))
        return (
            b"--b\r\nContent-Disposition: "
            + says.encode()
            + draw.choice((b"\r\n\r\n",) * 9 + (b"\n\n",))
            + content
            + b"\r\n"
        )
