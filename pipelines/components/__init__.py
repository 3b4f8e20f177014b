"""The YAML types that Dagster knows."""

from pipelines.components.documents import ContactBase, EventImport, Export, Fields, ImportModel, Segment

__all__ = ["ContactBase", "EventImport", "Export", "Fields", "ImportModel", "Segment"]
