"""A `ContactBase` document, and `Fields` documents beside it → `ContactBase`: key, language, fields (FLD-1 to FLD-5)."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence

import phonenumbers

from pipelines.declarations.fields_document import (
    FieldChange,
    fields_of,
    judge_unused,
    read_changes,
    read_renamed,
    renamed_values,
    values_of,
)
from pipelines.declarations.lake_document import read_lake
from pipelines.declarations.model import Activity, ContactBase, Retention
from pipelines.declarations.names import Taken, read_name
from pipelines.declarations.problems import Problems, or_write
from pipelines.declarations.schemas import ACTIVITY, CONTACT_BASE, FIELD, RETENTION
from pipelines.declarations.shapes import Attributes, DocumentAttributes, read_texts
from pipelines.declarations.yaml_nodes import Items, Node, Scalar
from pipelines.errors import nearest
from pipelines.fields import SYSTEM_FIELDS, Field, Format, Labels, Value, fold
from pipelines.language import mark, say


def read_base(node: Node, beside: Sequence[Node], problems: Problems) -> tuple[ContactBase, frozenset[str]]:
    """The base, and the names of fields that are declared but could not be understood.

    `beside`: the attributes of `Fields` documents; their fields come after the base's own.
    """
    attributes = DocumentAttributes(node, CONTACT_BASE, problems)
    others = [fields_of(each, problems) for each in beside]
    changes = read_changes([changes for _, changes in others if changes is not None], problems)
    declared = _DeclaredFields(problems, changes)
    fields_node = attributes.node("fields")
    if fields_node is not None:
        declared.read(fields_node)
    for fields, _ in others:
        if fields is not None:
            declared.read(fields, unfilled=True)
    judge_unused(changes, (*(field.name for field in declared.fields), *declared.broken), problems)
    base = ContactBase(
        key=attributes.value("key"),
        locale=attributes.value("locale"),
        phone_region=_phone_region(attributes) or ContactBase.phone_region,
        timezone=_timezone(attributes) or ContactBase.timezone,
        max_file_bytes=attributes.value("max_file_bytes"),
        import_history=attributes.value("import_history"),
        soft_limit=attributes.value("soft_limit"),
        activity=_activity(attributes) or ContactBase.activity,
        retention=_retention(attributes),
        lake=read_lake(attributes),
        declared_fields=tuple(declared.fields),
        place=node.place,
    )
    return base, frozenset(declared.broken)


def _phone_region(attributes: Attributes) -> str | None:
    region = attributes.text("phone_region")
    if region is None or region in phonenumbers.SUPPORTED_REGIONS:
        return region
    place = (attributes.node("phone_region") or attributes).place
    like = region.upper() if region.upper() in phonenumbers.SUPPORTED_REGIONS else None
    said = say("phone_region {region!r} is not a region of two capitals, such as FR", region=region)
    attributes.problems.error(place, or_write(said, like), like)
    return None


def _timezone(attributes: Attributes) -> str | None:
    name = attributes.text("timezone")
    if name is None:
        return None
    known = zoneinfo.available_timezones()
    if name in known:
        return name
    place = (attributes.node("timezone") or attributes).place
    like = nearest(name, sorted(known))
    message = say("there is no time zone {name!r}, such as Europe/Paris", name=name)
    if like:
        message = say("{said}; did you mean {like!r}?", said=message, like=like)
    attributes.problems.error(place, message, like)
    return None


def _activity(attributes: Attributes) -> Activity | None:
    node = attributes.node("activity")
    if node is None:
        return None
    given = DocumentAttributes(node, ACTIVITY, attributes.problems, "activity")
    activity = Activity(given.value("window_days"), given.value("active_within_days"))
    if activity.active_within_days > activity.window_days:
        attributes.problems.error(
            (given.node("active_within_days") or given.node("window_days") or given).place,
            say(
                "activity: active_within_days ({days}) is more than window_days ({window}), so that active contacts could have "
                "degree 0; give at most {window}",
                days=activity.active_within_days,
                window=activity.window_days,
            ),
            str(activity.window_days),
        )
    return activity


def _retention(attributes: Attributes) -> Retention | None:
    node = attributes.node("retention")
    if node is None:
        return None
    given = DocumentAttributes(node, RETENTION, attributes.problems, "retention")
    return Retention(given.value("inactive_years"), given.value("notice_days"), given.value("action"))


class _DeclaredFields:
    """Reads the fields one by one and knows which names and headers are taken."""

    def __init__(self, problems: Problems, changes: Mapping[str, FieldChange]) -> None:
        self.fields: list[Field] = []
        self.broken: set[str] = set()
        self._problems, self._changes = problems, changes
        self._names = Taken(mark("fields"), problems)
        self._api: dict[str, str] = {}
        self._headers = {fold(form): field.name for field in SYSTEM_FIELDS for form in _forms(field)}

    def read(self, node: Node, *, unfilled: bool = False) -> None:
        """Adds the fields of a list; an empty list declares none. `unfilled`: a select may have no values yet."""
        if not isinstance(node, Items):
            self._problems.error(node.place, say("fields is {given}; a list of fields is meant", given=node.described))
            return
        for item in node.items:
            self._read_field(item, unfilled)

    def _read_field(self, node: Node, unfilled: bool) -> None:
        attributes = DocumentAttributes(node, FIELD, self._problems, say("a field"))
        name = self._read_name(attributes)
        label, format_ = attributes.text("label"), attributes.value("format")
        if name is None:
            return
        if format_ is None:
            self.broken.add(name)
            return
        change = self._changes.get(name)
        label = (change.label if change else None) or label or name
        values = _values(attributes, Format(format_), change, unfilled)
        field = Field(
            name,
            Labels(label, label),
            Format(format_),
            values,
            attributes.value("unknown_values") or Field.unknown_values,
            unique=_unique(attributes, Format(format_)),
            api=self._read_api(name, attributes),
            renamed=renamed_values(values),
        )
        self._judge_headers(field, attributes)
        if field.is_select and not field.values and not unfilled:
            self.broken.add(name)
            return
        self.fields.append(field)

    def _read_name(self, attributes: Attributes) -> str | None:
        node = attributes.node("name")
        name = None if node is None else read_name(node, say("the field name"), self._problems)
        if node is None or name is None:
            if isinstance(node, Scalar):
                self.broken.add(node.source)
            return None
        if any(name == field.name for field in SYSTEM_FIELDS):
            self._problems.error(
                node.place, say("the field name {name!r} is taken: every base has this field already", name=name)
            )
            return None
        return name if self._names.take(name, node.place) else None

    def _read_api(self, name: str, attributes: DocumentAttributes) -> str | None:
        """FLD-8: the name by which programs know the field, which no two have."""
        called = attributes.value("api")
        owner = None if called is None else self._api.setdefault(called, name)
        if called is None or owner == name:
            return called
        message = say("api: {called!r} is the field {owner!r} already", called=called, owner=owner)
        self._problems.error(attributes.key_place("api"), message)
        return None

    def _judge_headers(self, field: Field, attributes: Attributes) -> None:
        """A header of a file must mean one field (IMP-5): no label or name may stand for two."""
        for form in _forms(field):
            owner = self._headers.setdefault(fold(form), field.name)
            if owner != field.name:
                place = (attributes.node("label" if form != field.name else "name") or attributes).place
                change = self._changes.get(field.name)
                if form != field.name and change is not None and change.label is not None:
                    place = change.label_place
                self._problems.error(
                    place,
                    say(
                        "{form!r} cannot stand for {field!r}: the field {owner!r} has that name or label already (case, accents "
                        "and blanks aside)",
                        form=form,
                        field=field.name,
                        owner=owner,
                    ),
                )
                return


def _forms(field: Field) -> tuple[str, ...]:
    return (field.name, *field.labels.all)


def _unique(attributes: Attributes, format_: Format) -> bool:
    unique = attributes.flag("unique")
    if unique and format_ not in (Format.TEXT, Format.NUMBER):
        attributes.problems.error(
            attributes.key_place("unique"),
            say("a field of format {format} cannot be unique; a text or a number can", format=format_),
        )
        return False
    return unique


def _values(attributes: Attributes, format_: Format, change: FieldChange | None, unfilled: bool) -> tuple[Value, ...]:
    """The values of a select in their order; other formats have none (FLD-2)."""
    node = attributes.node("values")
    if format_ not in (Format.SINGLE_SELECT, Format.MULTI_SELECT):
        for name in ("values", "unknown_values", "renamed"):
            if name in attributes:
                attributes.problems.error(
                    attributes.key_place(name),
                    say("a field of format {format} has no {name}; a select has", format=format_, name=name),
                )
        if change is not None and change.of_values:
            attributes.problems.error(
                change.place,
                say("a field of format {format} has no {name}; a select has", format=format_, name="values"),
            )
        return ()
    if node is None and not unfilled:
        attributes.problems.error(attributes.place, say("a {format} needs its values: [ … ]", format=format_))
        return ()
    empty = node is None or (unfilled and isinstance(node, Items) and not node.items)
    declared = () if node is None or empty else read_texts(node, "values", attributes.problems)
    return values_of(declared, read_renamed(attributes), change, attributes.problems)
