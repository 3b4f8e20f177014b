"""Asset keys, groups, pools and names of jobs: one place, since they stand in the UI and in the history of runs."""

from __future__ import annotations

import hashlib
from string import ascii_uppercase

import dagster as dg

from pipelines.declarations.model import EventImport, Export, ImportModel, Segment
from pipelines.declarations.names import PLAIN_NAME, snake_case

INBOX = dg.AssetKey(["inbox"])
CONTACTS = dg.AssetKey(["contacts"])
ACTIVITY = dg.AssetKey(["activity"])
OPERATION_REPORT = dg.AssetKey(["operation_report"])
PUBLISHED = dg.AssetKey(["published_base"])
PICTURES = dg.AssetKey(["pictures"])
IMPORT_INBOX = "import_inbox"
REFRESH_SEGMENTS = "refresh_segments"
REFRESH_ACTIVITY = "refresh_activity"
DRAW_PICTURES = "draw_pictures"
RETENTION = "apply_retention"
COMPACT_LAKE = "compact_lake"
POLL = "poll_"
"""What the names of jobs begin with that look at a source, and write nothing into the base."""
ERASE_CONTACT = "erase_contact"
"""The job that replaces the base's own file: it must not have it open."""
UNATTENDED = (IMPORT_INBOX, REFRESH_ACTIVITY, RETENTION)
"""Jobs that nobody watches: what goes wrong in them is mailed."""
OWNERS = ["team:crm"]


def file_key(model: str) -> dg.AssetKey:
    """The file of an import, judged as a file."""
    return dg.AssetKey([model, "file"])


def rows_key(model: str) -> dg.AssetKey:
    """The rows of that file: read, mapped, cleaned, judged, one a key."""
    return dg.AssetKey([model, "rows"])


def outcomes_key(model: str) -> dg.AssetKey:
    """What the import did to the base, contact by contact."""
    return dg.AssetKey([model, "outcomes"])


def events_key(name: str) -> dg.AssetKey:
    """The events that an event import brings."""
    return dg.AssetKey([name, "events"])


def model_keys(model: str) -> list[dg.AssetKey]:
    """The three assets of an import model, in the order the data takes."""
    return [file_key(model), rows_key(model), outcomes_key(model)]


def segment_key(name: str) -> dg.AssetKey:
    """The view of a segment. A name that is more than a plain word gives its letters, and a mark that no plain name has."""
    if PLAIN_NAME.fullmatch(name):
        return dg.AssetKey(["segments", name])
    digest = hashlib.sha256(name.encode()).digest()[:5]
    mark = "".join(ascii_uppercase[half] for byte in digest for half in (byte >> 4, byte & 15))
    return dg.AssetKey(["segments", "_".join(filter(None, (snake_case(name), mark)))])


def export_key(name: str) -> dg.AssetKey:
    """The snapshot file of an export."""
    return dg.AssetKey(["exports", name])


def partitions_of(model: str) -> dg.DynamicPartitionsDefinition:
    """One partition an import of this model."""
    return dg.DynamicPartitionsDefinition(name=f"imports_{model}")


def import_job(model: ImportModel | str) -> str:
    """The job that imports one file by this model."""
    return f"import_{model if isinstance(model, str) else model.name}"


def poll_job(model: ImportModel | str) -> str:
    """The job that looks at this model's source."""
    return f"{POLL}{model if isinstance(model, str) else model.name}"


def source_job(event_import: EventImport | str) -> str:
    """The job that takes what is new at this event import's source into the lake."""
    return f"take_source_of_{event_import if isinstance(event_import, str) else event_import.name}"


def export_job(export: Export | str) -> str:
    """The job that writes this export."""
    return f"export_{export if isinstance(export, str) else export.name}"


def segment_keys(segments: tuple[Segment, ...]) -> list[dg.AssetKey]:
    """The keys of several segments."""
    return [segment_key(segment.name) for segment in segments]
