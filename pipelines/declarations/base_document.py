"""A `ContactBase` document → `ContactBase`: the key, the language, the fields (FLD-1 to FLD-4)."""

from __future__ import annotations

import zoneinfo

import phonenumbers

from pipelines.declarations.model import Activity, ContactBase
from pipelines.declarations.names import Taken, read_name
from pipelines.declarations.problems import Problems
from pipelines.declarations.schemas import ACTIVITY, CONTACT_BASE, FIELD
from pipelines.declarations.shapes import Attributes, DocumentAttributes, read_texts
from pipelines.declarations.yaml_nodes import Items, Node, Scalar
from pipelines.errors import nearest
from pipelines.fields import SYSTEM_FIELDS, Field, Format, Labels, Value, declared_value, fold


def read_base(node: Node, problems: Problems) -> tuple[ContactBase, frozenset[str]]:
    """The base, and the names of fields that are declared but could not be understood."""
    attributes = DocumentAttributes(node, CONTACT_BASE, problems)
    declared = _DeclaredFields(problems)
    fields_node = attributes.node("fields")
    if fields_node is not None:
        declared.read(fields_node)
    base = ContactBase(
        key=attributes.value("key"),
        locale=attributes.value("locale"),
        phone_region=_phone_region(attributes) or ContactBase.phone_region,
        timezone=_timezone(attributes) or ContactBase.timezone,
        max_file_bytes=attributes.value("max_file_bytes"),
        import_history=attributes.value("import_history"),
        soft_limit=attributes.value("soft_limit"),
        activity=_activity(attributes) or ContactBase.activity,
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
    hint = f"; write {like}" if like else ""
    attributes.problems.error(place, f"phone_region {region!r} is not a region of two capitals, such as FR{hint}", like)
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
    hint = f"; did you mean {like!r}?" if like else ""
    attributes.problems.error(place, f"there is no time zone {name!r}, such as Europe/Paris{hint}", like)
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
            f"activity: active_within_days ({activity.active_within_days}) is more than window_days "
            f"({activity.window_days}), so that active contacts could have degree 0; give at most {activity.window_days}",
            str(activity.window_days),
        )
    return activity


class _DeclaredFields:
    """Reads the fields one by one and knows which names and headers are taken."""

    def __init__(self, problems: Problems) -> None:
        self.fields: list[Field] = []
        self.broken: set[str] = set()
        self._problems = problems
        self._names = Taken("fields", problems)
        self._headers = {fold(form): field.name for field in SYSTEM_FIELDS for form in _forms(field)}

    def read(self, node: Node) -> None:
        """Adds the fields of a list; an empty list declares none."""
        if not isinstance(node, Items):
            self._problems.error(node.place, f"fields is {node.described}; a list of fields is meant")
            return
        for item in node.items:
            self._read_field(item)

    def _read_field(self, node: Node) -> None:
        attributes = DocumentAttributes(node, FIELD, self._problems, "a field")
        name = self._read_name(attributes)
        label, format_ = attributes.text("label"), attributes.value("format")
        if name is None:
            return
        if format_ is None:
            self.broken.add(name)
            return
        label = label or name
        field = Field(
            name,
            Labels(label, label),
            Format(format_),
            _values(attributes, Format(format_)),
            attributes.value("unknown_values") or Field.unknown_values,
        )
        self._judge_headers(field, attributes)
        if field.is_select and not field.values:
            self.broken.add(name)
            return
        self.fields.append(field)

    def _read_name(self, attributes: Attributes) -> str | None:
        node = attributes.node("name")
        name = None if node is None else read_name(node, "the field name", self._problems)
        if node is None or name is None:
            if isinstance(node, Scalar):
                self.broken.add(node.source)
            return None
        if any(name == field.name for field in SYSTEM_FIELDS):
            self._problems.error(node.place, f"the field name {name!r} is taken: every base has this field already")
            return None
        return name if self._names.take(name, node.place) else None

    def _judge_headers(self, field: Field, attributes: Attributes) -> None:
        """A header of a file must mean one field (IMP-5): no label or name may stand for two."""
        for form in _forms(field):
            owner = self._headers.setdefault(fold(form), field.name)
            if owner != field.name:
                place = (attributes.node("label" if form != field.name else "name") or attributes).place
                self._problems.error(
                    place,
                    f"{form!r} cannot stand for {field.name!r}: the field {owner!r} has that name or label already "
                    "(case, accents and blanks aside)",
                )
                return


def _forms(field: Field) -> tuple[str, ...]:
    return (field.name, *field.labels.all)


def _values(attributes: Attributes, format_: Format) -> tuple[Value, ...]:
    """The values of a select in their order; other formats have none (FLD-2)."""
    node = attributes.node("values")
    if format_ not in (Format.SINGLE_SELECT, Format.MULTI_SELECT):
        for name in ("values", "unknown_values"):
            if name in attributes:
                attributes.problems.error(
                    attributes.key_place(name), f"a field of format {format_} has no {name}; a select has"
                )
        return ()
    if node is None:
        attributes.problems.error(attributes.place, f"a {format_} needs its values: [ … ]")
        return ()
    return _distinct_values(node, attributes.problems)


def _distinct_values(node: Node, problems: Problems) -> tuple[Value, ...]:
    by_fold: dict[str, str] = {}
    for text, item in read_texts(node, "values", problems):
        first = by_fold.setdefault(fold(text), text)
        if first != text:
            problems.error(item.place, f"values: {text!r} and {first!r} are one value (case, accents and blanks aside)")
    return tuple(declared_value(text) for text in by_fold.values())
