"""The tables of docs/benchmarks.md: written between two markers, the text around them is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.profiling import Called

BEGIN, END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; all columns but the first are figures."""
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def steps_table(carnet: Mapping[str, float], total: float, bare: Mapping[str, float], bare_total: float) -> str:
    """Carnet's steps and the bare script's, in seconds and as multiples of the bare script's whole."""
    rows = [[f"Carnet: {step}", _seconds(took), _ratio(took, bare_total)] for step, took in carnet.items()]
    rows.append(["**Carnet, everything on**", f"**{_seconds(total)}**", f"**{_ratio(total, bare_total)}**"])
    rows += [[f"bare: {step}", _seconds(took), _ratio(took, bare_total)] for step, took in bare.items()]
    rows.append(["**bare script**", f"**{_seconds(bare_total)}**", "**1.00**"])
    return table(("step", "seconds", "× bare script"), rows)


def pair_table(what: str, carnet: float, other: str, bare: float) -> str:
    """Two ways of doing one thing."""
    rows = [[what, _seconds(carnet), _ratio(carnet, bare)], [other, _seconds(bare), "1.00"]]
    return table(("", "seconds", "ratio"), rows)


def beside_table(one: str, took: Mapping[str, float], other: str, beside: Mapping[str, float]) -> str:
    """The same steps of two ways side by side."""
    rows = [[step, _seconds(took[step]), _seconds(beside[step]), _ratio(took[step], beside[step])] for step in took]
    return table(("", f"{one}, seconds", f"{other}, seconds", "ratio"), rows)


def kinds_table(took: Mapping[str, float], kinds: Sequence[str], each: int) -> str:
    """All counts in one pass beside one query a view; the queries by kind of segment too, `each` of them."""
    bare = sum(took[kind] for kind in kinds)
    rows = [
        ["all counts in one pass", _seconds(took["carnet"]), _ratio(took["carnet"], bare)],
        [f"{each * len(kinds)} × `SELECT count(*)` of a view", _seconds(bare), "1.00"],
    ]
    rows += [[f"of these: {each} {kind}", _seconds(took[kind]), _ratio(took[kind], bare)] for kind in kinds]
    return table(("", "seconds", "ratio"), rows)


def profile_table(called: Sequence[Called], rows: int) -> str:
    """The functions that were called most often, beside the rows of the file."""
    found = [[f"`{one.name}`".replace("|", "\\|"), f"{one.calls:,}", f"{one.calls / rows:.4f}"] for one in called]
    return table(("function", "calls", "calls per row"), found)


def gibibytes(count: int) -> str:
    """Bytes for people."""
    return f"{count / 2**30:.2f} GiB"


def _seconds(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.2f}"


def _ratio(value: float, unit: float) -> str:
    return f"{value / unit:.2f}"


def write(page: Path, figures: str) -> None:
    """Put `figures` between the page's markers; ValueError where it has none."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page.name} lacks the line {BEGIN!r} or {END!r}.")
    page.write_text(f"{before}{BEGIN}\n{figures.strip()}\n{END}{after}", encoding="utf-8")
