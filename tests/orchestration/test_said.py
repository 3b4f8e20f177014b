"""What the Dagster UI says of the definitions is in the language that was spoken when they were made (I18N-1)."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from pipelines.language import Locale, speaking
from tests.orchestration.pinned import definitions


def said(locale: Locale) -> dict[str, str]:
    """Each thing that has a description of ours, with it: segments have the operator's own, rules those of their room."""
    with speaking(locale):
        found = definitions()
        return dict((*_assets(found), *_jobs(found), *_automation(found)))


def _assets(found: dg.Definitions) -> Iterator[tuple[str, str]]:
    graph = found.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        if key.path[0] != "segments":
            yield f"asset {key.to_user_string()}", graph.get(key).description or ""


def _jobs(found: dg.Definitions) -> Iterator[tuple[str, str]]:
    for job in found.resolve_all_job_defs():
        if job.name.startswith("__"):
            continue
        yield f"job {job.name}", job.description or ""
        for node in job.nodes:
            asked = node.definition.config_schema.as_field() if isinstance(node.definition, dg.OpDefinition) else None
            if asked is None or not hasattr(asked.config_type, "fields"):
                continue
            yield f"op {node.name} of {job.name}", asked.description or ""
            for name, field in asked.config_type.fields.items():  # pyright: ignore[reportAttributeAccessIssue]
                yield f"{name} of {node.name} of {job.name}", field.description or ""


def _automation(found: dg.Definitions) -> Iterator[tuple[str, str]]:
    for each in (*(found.schedules or ()), *(found.sensors or ())):
        yield each.name, each.description or ""


def test_what_dagster_shows_is_in_the_language() -> None:
    english, french = said("en"), said("fr")
    assert english.keys() == french.keys()
    assert [what for what, words in english.items() if words and french[what] == words] == []
    assert french["job undo_import"] == "Annule un import\u00a0: `carnet undo ID`."
    assert english["job undo_import"] == "Undoes one import: `carnet undo ID`."
