"""The YAML types that Dagster knows."""

from pipelines.components.documents import ContactBase, EventImport, Export, ImportModel, Segment

__all__ = ["ContactBase", "EventImport", "Export", "ImportModel", "Segment"]
