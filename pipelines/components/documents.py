"""The components, one for each type of document (`pipelines.declarations.schemas`)."""

from __future__ import annotations

import dagster as dg

from pipelines.components.schema import Declared, made_of
from pipelines.declarations import schemas


class ContactBase(Declared, dg.Component):
    """The contact base: its uniqueness key, its language and the fields that the operator adds."""

    schema = made_of(schemas.CONTACT_BASE)


class Fields(Declared, dg.Component):
    """Fields beside those that the contact base declares, and changes of these: the REST interface writes such a document."""

    schema = made_of(schemas.FIELDS)


class ImportModel(Declared, dg.Component):
    """How files with one name are imported: separator, mapping, constants, what to do with errors."""

    schema = made_of(schemas.IMPORT_MODEL)


class EventImport(Declared, dg.Component):
    """How files of events are read: what happened to contacts in an operation, and what they did."""

    schema = made_of(schemas.EVENT_IMPORT)


class Segment(Declared, dg.Component):
    """A dynamic segment: the contacts that meet its criteria, always current."""

    schema = made_of(schemas.SEGMENT)


class Export(Declared, dg.Component):
    """A snapshot file: who, which fields, in which format, when."""

    schema = made_of(schemas.EXPORT)
