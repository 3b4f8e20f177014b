"""The YAML types that Dagster knows."""

from pipelines.components.contact_base import ContactBase
from pipelines.components.event_import import EventImport
from pipelines.components.export import Export
from pipelines.components.import_model import ImportModel
from pipelines.components.segment import Segment

__all__ = ["ContactBase", "EventImport", "Export", "ImportModel", "Segment"]
