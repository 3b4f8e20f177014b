"""Keys of the REST interface: each has a name and a right, and only its hash is kept (SEC-6).

Belongs here: making, finding and removing keys. Does not: how a call carries one (`door`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from pipelines.api.files import alone, read_json, write_json
from pipelines.errors import UnknownNameError, UsageError
from pipelines.layout import Layout

Right = Literal["read", "write", "resubscribe"]
RIGHTS: tuple[Right, ...] = get_args(Right)
"""Each holds those before it; `resubscribe` may turn a refusal into a consent, as `may_resubscribe` does (STA-5)."""
ENVIRONMENT = "environment"
"""The name of the key that `CARNET_API_KEY` gives."""
_LONGEST = 60


@dataclass(frozen=True)
class ApiKey:
    """A key as it is kept: `sha256` of its text, which has 256 random bits, so that no slow hash is needed."""

    name: str
    right: Right
    sha256: str
    created_at: str

    def may(self, right: Right) -> bool:
        """Whether it has that right."""
        return RIGHTS.index(self.right) >= RIGHTS.index(right)


@dataclass(frozen=True)
class Keys:
    """The keys of an account, by the file that holds their hashes."""

    path: Path
    environ: Mapping[str, str]

    @classmethod
    def of(cls, layout: Layout, environ: Mapping[str, str]) -> Keys:
        """Those of an account, and the one of the environment."""
        return cls(layout.api / "keys.json", environ)

    def all(self) -> list[ApiKey]:
        """Every key, in the order in which they were made; the environment's first."""
        given = self.environ.get("CARNET_API_KEY")
        own = [ApiKey(ENVIRONMENT, "write", _hash(given), "")] if given else []
        return [*own, *self._kept()]

    def _kept(self) -> list[ApiKey]:
        return [ApiKey(**each) for each in read_json(self.path, [])]

    def add(self, name: str, right: Right) -> str:
        """Make a key; its text, which is kept nowhere. UsageError where the name is taken or cannot be one."""
        if not name.strip() or len(name) > _LONGEST or not name.isprintable():
            raise UsageError(
                f"{name!r} cannot name a key.", f"Give the program's name: 1 to {_LONGEST} signs that can be printed."
            )
        with alone(self.path):
            kept = self._kept()
            if name in (ENVIRONMENT, *(key.name for key in kept)):
                raise UsageError(
                    f"There is a key {name!r} already.", f"Give another name, or first: carnet keys remove {name!r}"
                )
            text = secrets.token_urlsafe(32)
            made = ApiKey(name, right, _hash(text), datetime.now(UTC).isoformat(timespec="seconds"))
            write_json(self.path, [asdict(key) for key in (*kept, made)])
        return text

    def remove(self, name: str) -> None:
        """Whoever has the key is refused from now on. UnknownNameError where there is none of that name."""
        with alone(self.path):
            kept = self._kept()
            if name not in (key.name for key in kept):
                raise UnknownNameError("key", name, [key.name for key in kept])
            write_json(self.path, [asdict(key) for key in kept if key.name != name])

    def holder(self, text: str) -> ApiKey | None:
        """The key of that text: all are compared, each in constant time, whichever fits."""
        asked, found = _hash(text), None
        for key in self.all():
            if hmac.compare_digest(key.sha256, asked):
                found = key
        return found


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
