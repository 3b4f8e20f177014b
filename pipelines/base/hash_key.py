"""The key of the base's keyed hashes: what lets a person be recognised without being named (STA-5, EXP-9).

It lies beside the pipeline's own base, never in it: whoever has the published copy has hashes and no key.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb

from pipelines.base.statements import first_row
from pipelines.errors import EnvironmentFaultError
from pipelines.language import say
from pipelines.syncing import sync

_BLOCK, _BYTES = 64, 32


@dataclass(frozen=True)
class HashKey:
    """The secret in `path`, made when it is first needed."""

    path: Path

    def bind(self, connection: duckdb.DuckDBPyConnection) -> dict[str, bytes]:
        """The parameters `inner` and `outer` of an HMAC-SHA256 (RFC 2104) written in SQL:

        `sha256($outer || unhex(sha256($inner || encode(text))))`. EnvironmentFaultError where the base was hashed with
        another key than this file's.
        """
        known = first_row(connection, "SELECT value FROM main.settings WHERE name = 'hash_key'")
        if known is None:
            connection.execute("INSERT INTO main.settings VALUES ('hash_key', ?)", [self._mark])
        elif known[0] != self._mark:
            raise EnvironmentFaultError(
                say("{path} is not the key that this base's suppression list was hashed with.", path=self.path),
                say(
                    "Put the file back from a copy of data/base/: without it, consents that outlived their contacts are lost."
                ),
            )
        return {"inner": bytes(b ^ 0x36 for b in self._block), "outer": bytes(b ^ 0x5C for b in self._block)}

    def digest(self, text: str) -> str:
        """The keyed hash of a text, as SQL gives it by `bind`."""
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()

    @cached_property
    def _block(self) -> bytes:
        return self._secret.ljust(_BLOCK, b"\0")

    @property
    def _mark(self) -> str:
        return hashlib.sha256(b"carnet hash key" + self._secret).hexdigest()

    @cached_property
    def _secret(self) -> bytes:
        if not self.path.exists():
            aside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                stream.write(secrets.token_bytes(_BYTES))
            sync(aside)
            aside.replace(self.path)
            sync(self.path.parent)
        return self.path.read_bytes()
