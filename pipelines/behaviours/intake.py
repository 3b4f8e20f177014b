"""One file of events as it is taken: what it is, whose it is, before it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipelines.base.store import Writer
from pipelines.declarations.model import ContactBase, EventImport
from pipelines.imports.filing import FileIdentity, event_declaration_hash, partition_key, sha256
from pipelines.imports.intake import Desk, ImportRequest


@dataclass(frozen=True)
class EventIntake:
    """One file of events as it was taken. `identity`: of a file of the inbox, None for one given by path."""

    path: Path
    name: str
    wanted: EventImport
    base: ContactBase
    size: int
    digest: str
    partition: str
    declaration: str
    started_at: datetime
    identity: FileIdentity | None
    preview: bool
    seconds: dict[str, float] = field(default_factory=dict[str, float])


def take(request: ImportRequest, path: Path, wanted: EventImport, desk: Desk, writer: Writer) -> EventIntake:
    """What is known of a file of events before it is read."""
    started_at = datetime.now(UTC)
    digest = sha256(path)
    name = request.name or path.name
    return EventIntake(
        path=path,
        name=name,
        wanted=wanted,
        base=writer.contact_base,
        size=path.stat().st_size,
        digest=digest,
        partition=partition_key(name, digest),
        declaration=event_declaration_hash(wanted, desk.declarations.base),
        started_at=started_at,
        identity=FileIdentity.of(path) if path.is_relative_to(desk.layout.inbox) else None,
        preview=request.preview,
    )
