"""An `Export` document → `Export`: who, which fields, in which format, when (EXP-1 to EXP-4, EXP-7)."""

from __future__ import annotations

from typing import Literal

from pipelines.declarations.cron import cron_fault
from pipelines.declarations.delivery import read_people, read_target
from pipelines.declarations.events import FIGURES
from pipelines.declarations.model import Audience, Export, Figure
from pipelines.declarations.names import Scope, read_name
from pipelines.declarations.problems import Problems
from pipelines.declarations.schemas import CONDITION, EXPORT
from pipelines.declarations.segment_document import read_condition
from pipelines.declarations.shapes import Attributes, DocumentAttributes, read_choice, read_text, read_texts
from pipelines.declarations.yaml_nodes import Entries, Items, Node
from pipelines.language import say


def read_export(node: Node, scope: Scope, problems: Problems) -> Export | None:
    """The export, or None where it has no usable name."""
    attributes = DocumentAttributes(node, EXPORT, problems)
    name_node = attributes.node("name")
    name = None if name_node is None else read_name(name_node, say("the export's name"), problems)
    audience, fields = attributes.node("audience"), attributes.node("fields")
    export = Export(
        name=name or "",
        audience=Audience() if audience is None else read_audience(audience, scope, problems),
        fields="main" if fields is None else read_fields(fields, scope, problems),
        format=attributes.value("format"),
        multi_select=attributes.value("multi_select"),
        excel=attributes.value("excel"),
        do_not_track=attributes.value("do_not_track"),
        schedule=_schedule(attributes),
        deliver=read_target(attributes),
        notify=read_people(attributes),
        share=attributes.value("share"),
        delta=attributes.value("delta"),
        place=node.place,
    )
    excel = attributes.node("excel")
    if excel is not None and export.excel and export.format in ("parquet", "xlsx"):
        problems.error(
            excel.place,
            say("excel: true is for csv and txt: {format} holds native types; leave it out", format=export.format),
        )
    return export if name else None


def read_audience(node: Node, scope: Scope, problems: Problems) -> Audience:
    """A segment's name, an inline condition, segments to include and exclude, a saved search, a figure (SEG-7, SEG-8, BHV-4).

    Searches and operations are looked up in the base when the export runs: here any name will do.
    """
    if not isinstance(node, Entries):
        name = read_text(node, "audience", problems)
        if name is not None:
            scope.has_segment(name, node.place, problems)
        return Audience((name,)) if name is not None else Audience()
    if "search" in node.entries:
        attributes = Attributes(node, "audience", problems, required=("search",), optional=())
        search = attributes.node("search")
        return Audience(search=None if search is None else read_name(search, say("the search's name"), problems))
    if "operation" in node.entries or "figure" in node.entries:
        return Audience(figure=_figure(node, problems))
    if "include" in node.entries or "exclude" in node.entries:
        attributes = Attributes(node, "audience", problems, required=(), optional=("include", "exclude"))
        include, exclude = (_segments(attributes, name, scope) for name in ("include", "exclude"))
        return Audience(include or ("all_contacts",), exclude)
    return Audience(
        condition=read_condition(DocumentAttributes(node, CONDITION, problems, "audience"), scope, problems)
    )


def _figure(node: Entries, problems: Problems) -> Figure | None:
    """`{operation: NAME, figure: clicked}`."""
    attributes = Attributes(node, "audience", problems, required=("operation", "figure"), optional=())
    operation, figure = attributes.text("operation"), attributes.node("figure")
    name = None if figure is None else read_choice(figure, "figure", tuple(FIGURES), problems)
    return None if operation is None or name is None else Figure(operation, name)


def _segments(attributes: Attributes, name: str, scope: Scope) -> tuple[str, ...]:
    texts = attributes.texts(name)
    for segment, node in texts:
        scope.has_segment(segment, node.place, attributes.problems)
    return tuple(segment for segment, _ in texts)


def read_fields(node: Node, scope: Scope, problems: Problems) -> Literal["main"] | tuple[str, ...]:
    """`main`, or names of fields in the order of the file's columns (EXP-2)."""
    if not isinstance(node, Items):
        text = read_text(node, "fields", problems)
        if text is not None and text != "main":
            problems.error(
                node.place, say("fields must be main or a list of names; write [{text}]", text=text), f"[{text}]"
            )
        return "main"
    texts = read_texts(node, "fields", problems)
    for name, item in texts:
        scope.field(name, item.place, problems)
    return tuple(name for name, _ in texts)


def _schedule(attributes: Attributes) -> str | None:
    schedule, node = attributes.text("schedule"), attributes.node("schedule")
    fault = None if schedule is None else cron_fault(schedule)
    if node is None or fault is None:
        return schedule
    attributes.problems.error(node.place, say("schedule: {fault}", fault=fault))
    return None
