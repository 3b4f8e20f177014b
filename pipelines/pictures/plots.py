"""Plots as SVG that a page holds: no JavaScript, no outside host, colours by the page's own light or dark (SRV-3).

Belongs here: numbers and words → SVG, by pygal. Does not: which numbers (`figures`), which words (`page`).
"""

# pygal carries no types: what it returns is checked by the tests.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

Series = Mapping[str, Sequence[int | None]]
"""What the legend says → a number for each label."""
_COLOURS = tuple(f"var(--series-{number})" for number in range(1, 8))
"""The page gives them, for light and for dark: `--series-1` is that of the first series."""
_WIDTH, _LINE_HEIGHT, _BAR, _MARGIN = 900, 340, 26, 60


def lines(
    series: Mapping[str, Sequence[tuple[date, int]]], number: Callable[[float], str], day: Callable[[date], str]
) -> str:
    """A line for each of `series`, over days; `number` and `day` write one as people read it."""
    chart = _pygal().DateLine(
        **_look(number),
        x_value_formatter=day,
        height=_LINE_HEIGHT,
        x_label_rotation=30,
        dots_size=2,
        range=_from_nought(series),
    )
    for name, points in series.items():
        chart.add(name, list(points))
    return _svg(chart)


def bars(labels: Sequence[str], series: Series, number: Callable[[float], str], *, stacked: bool = True) -> str:
    """A horizontal bar for each label, from above in their order; of several series its parts, or else bars beside each other."""
    pygal = _pygal()
    kind = pygal.HorizontalStackedBar if stacked else pygal.HorizontalBar
    height = _MARGIN + _BAR * len(labels) * (1 if stacked else max(1, len(series) - 1))
    chart = kind(**_look(number), height=height)
    # pygal draws from below.
    chart.x_labels = list(reversed(labels))
    for name, values in series.items():
        chart.add(name, list(reversed(values)))
    return _svg(chart)


def _pygal() -> ModuleType:
    import pygal  # 0.05 s: only who draws pays for it

    # It looks for plug-ins of its own in a way that Python no longer has, at every import of whatever: we have none.
    sys.meta_path[:] = [each for each in sys.meta_path if type(each).__module__ != pygal.__name__]
    return pygal


def _look(number: Callable[[float], str]) -> dict[str, Any]:
    from pygal.style import Style

    style = Style(
        background="transparent",
        plot_background="transparent",
        foreground="var(--ink)",
        foreground_strong="var(--ink)",
        foreground_subtle="var(--rule)",
        guide_stroke_color="var(--rule)",
        major_guide_stroke_color="var(--rule)",
        font_family="system-ui, sans-serif",
        label_font_size=13,
        major_label_font_size=13,
        colors=_COLOURS,
        opacity="0.9",
        opacity_hover="1",
    )
    return {
        "style": style,
        "js": [],
        "width": _WIDTH,
        # The page has one that wraps, in the same colours.
        "show_legend": False,
        "show_x_guides": False,
        "truncate_label": 34,
        "value_formatter": number,
        "spacing": 12,
        "margin": 8,
    }


def _from_nought(series: Mapping[str, Sequence[tuple[date, int]]]) -> tuple[int, int]:
    return 0, max((count for points in series.values() for _, count in points), default=1) or 1


def _svg(chart: Any) -> str:
    """The plot for a page: without pygal's script and what only that would use; who points at a bar reads its number."""
    tree: ElementTree.Element = chart.render_tree()
    for element in list(tree.iter()):
        _name(element)
        if element is not tree:
            # The same in every plot of a page.
            element.attrib.pop("id", None)
        for child in list(element):
            if _is_for_the_script(child):
                element.remove(child)
    tree.set("role", "img")
    return ElementTree.tostring(tree, encoding="unicode")


def _name(element: ElementTree.Element) -> None:
    """Give a bar or a point, and nothing else, the title that browsers show: its label and its number."""
    for other in element.findall("title"):
        element.remove(other)
    said = {each.get("class"): each.text or "" for each in element.findall("desc")}
    if "value" in said:
        title = ElementTree.SubElement(element, "title")
        title.text = " : ".join(filter(None, (said.get("x_label"), said["value"])))


def _is_for_the_script(element: ElementTree.Element) -> bool:
    return element.tag in ("script", "desc") or "tooltip" in (element.get("class") or "").split()
