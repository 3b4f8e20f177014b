"""The shapes that calls bring and answers have, for OpenAPI (rest.md). What reads them is lenient: clients send less, and more."""

from __future__ import annotations

from pydantic import BaseModel


class FieldShape(BaseModel):
    """A field of contacts."""

    id: int
    creationDate: str  # noqa: N815 - the name that programs know
    description: str
    format: str
    options: str | None
    name: str


class ValueShape(BaseModel):
    """A value of a selection."""

    id: int
    creationDate: str  # noqa: N815 - the name that programs know
    index: int
    text: str


class AttributeShape(BaseModel):
    """A field's value."""

    id: str
    fieldName: str | None = None  # noqa: N815 - the name that programs know
    fieldValue: str | None = None  # noqa: N815 - the name that programs know


class ContactShape(BaseModel):
    """A contact."""

    id: int | None = None
    idEncrypted: str | None = None  # noqa: N815 - the name that programs know
    contactKey: str | None = None  # noqa: N815 - the name that programs know
    attributes: list[AttributeShape] = []


class LogShape(BaseModel):
    """Something that a contact did, or that was changed of it."""

    Id: int
    Type: str
    Object: str
    Title: str
    Date: str
    Group: str
    OperationId: int
    LogDate: str


class HistoryShape(BaseModel):
    """What is known to have happened to a contact, newest first."""

    contactKey: str  # noqa: N815 - the name that programs know
    contactFound: bool  # noqa: N815 - the name that programs know
    records: int
    logs: list[LogShape]


class SegmentShape(BaseModel):
    """A segment."""

    id: int
    description: str
    creationDate: str  # noqa: N815 - the name that programs know
    name: str
    mode: str
    details: str


class ImportShape(BaseModel):
    """An import: LineImport are the contacts added, updated, and found as they are."""

    Id: int
    Name: str
    StartDate: str
    Status: str
    Link: str
    LineRead: int
    LineDuplicate: int
    LineAdd: int
    LineUpdate: int
    LineImport: int
    LineError: int


class ExportShape(BaseModel):
    """An export."""

    Id: int
    Name: str
    StartDate: str
    Status: str
    Link: str
    TotalContact: int


class PurgeShape(BaseModel):
    """A purge: LineRead are the keys that its file has."""

    Id: int
    StartDate: str
    Status: str
    Link: str
    LineRead: int
