"""A list that grows to as many values as there are rows (`unknown_values: add`), beside the same column as text (FLD-9)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.importing import workspace_of
from expectations.judge import Judge
from pipelines.imports.intake import ImportRequest
from pipelines.layout import Layout
from pipelines.workspace import Workspace

STEPS = ("the file that adds them", "the same file again", "a file of one row", "an edit by hand")
_DECLARATIONS = """\
type: pipelines.components.ContactBase
attributes:
  fields:
    - {{name: town, label: Ville, {form}}}
---
type: pipelines.components.ImportModel
attributes: {{name: towns, file: "*", separator: ";"}}
"""
_FORMS = {
    "add": "format: single_select, values: [Paris], unknown_values: add",
    "text": "format: text",
}


@dataclass(frozen=True)
class Took:
    """Seconds of each of STEPS, with a list and with text."""

    add: dict[str, float]
    text: dict[str, float]


def measure(folder: Path, values: int, rounds: int, judge: Judge) -> Took:
    """Medians of rounds in which both ways alternate, each on an empty base."""
    folder.mkdir(parents=True, exist_ok=True)
    towns, one = folder / "towns.csv", folder / "one.csv"
    towns.write_text("Email;Ville\n" + "".join(f"u{n}@exemple.fr;Ville {n}\n" for n in range(values)), encoding="utf-8")
    one.write_text("Email;Ville\nu0@exemple.fr;Paris\n", encoding="utf-8")
    _round(folder / "warm", "text", one, one, judge)  # The first round of a process pays for lazy imports.
    found: dict[str, list[list[float]]] = {name: [] for name in _FORMS}
    for number in range(rounds):
        for name in _FORMS:
            found[name].append(_round(folder / f"{name}-{number}", name, towns, one, judge))
    medians = {
        name: dict(zip(STEPS, map(median, zip(*times, strict=True)), strict=True)) for name, times in found.items()
    }
    return Took(medians["add"], medians["text"])


def _round(folder: Path, name: str, towns: Path, one: Path, judge: Judge) -> list[float]:
    shutil.rmtree(folder, ignore_errors=True)
    layout = Layout(folder / "data", folder / "assets")
    layout.assets.mkdir(parents=True)
    (layout.assets / "defs.yaml").write_text(_DECLARATIONS.format(form=_FORMS[name]), encoding="utf-8")
    workspace = workspace_of(layout, judge)
    steps: tuple[Callable[[], object], ...] = (
        lambda: _imported(workspace, towns),
        lambda: _imported(workspace, towns),
        lambda: _imported(workspace, one),
        lambda: workspace.edit_contact("u0@exemple.fr", {"last_name": "X"}),
    )
    return [_seconds(step) for step in steps]


def _imported(workspace: Workspace, path: Path) -> None:
    result = workspace.take(ImportRequest(str(path), "towns", force=True))
    if result.status != "imported":
        raise RuntimeError(f"The benchmark's file was {result.status}: {result.listed_problems()[:5]}")


def _seconds(step: Callable[[], object]) -> float:
    start = perf_counter()
    step()
    return perf_counter() - start
