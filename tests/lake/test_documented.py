"""docs/lake.md says what can be declared, what is published, and computes what it costs from what was measured."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from pipelines.declarations.model import ContactBase, Lake
from pipelines.declared import check, declared
from pipelines.lake.contents import PART_CONTACTS, Bounds, lake_tables
from pipelines.layout import ROOT

PAGE = (ROOT / "docs" / "lake.md").read_text(encoding="utf-8")


def constant(name: str) -> float:
    [found] = re.findall(rf"^\| `{name}`.* \| ([\d.]+) \|$", PAGE, re.MULTILINE)
    return float(found)


def test_the_declaration_there_is_one(tmp_path: Path) -> None:
    [sample] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "defs.yaml").write_text(sample)
    assert not check(tmp_path)
    assert declared(tmp_path).base.lake == Lake()


@pytest.mark.parametrize("name", [each.name for each in fields(Lake) if each.name != "options"])
def test_each_key_stands_there_with_its_default(name: str) -> None:
    [row] = re.findall(rf"^\| `{name}` \| .* \| `?([^|`]+)`? \|$", PAGE, re.MULTILINE)
    assert row.strip() == str(getattr(Lake(), name))


def test_each_table_stands_there() -> None:
    assert [table.name for table in lake_tables(ContactBase(), Bounds()) if f"`{table.name}`" not in PAGE] == []
    assert f"{PART_CONTACTS:,}".replace(",", " ") in PAGE


def test_costs_follow_from_the_constants() -> None:
    contacts, events, cores, price = 100_000_000, 10_000_000_000, 64, 0.05
    stored = constant("contact_bytes") * contacts + constant("event_bytes") * events
    assert f"| storage | {stored / 1e9:.0f} GB |" in PAGE
    written, digested = (constant(f"{each}_seconds") * (contacts + events) for each in ("write", "digest"))
    assert f"| first publication, by one machine | {written / 3600:.1f} hours |" in PAGE
    assert f"each time | {digested / 60:.0f} minutes |" in PAGE
    assert f"by one machine's core | {constant('take_seconds') * events / 3600:.1f} hours |" in PAGE
    for who, name in {"by Sail": "event_seconds", "by a real Spark": "spark_event_seconds"}.items():
        work = constant("worker_share") * (constant(name) * events + constant("contact_seconds") * contacts)
        [row] = re.findall(rf"^\| .*{who}.* \| ([\d.]+ minutes, [\d.]+ €) \|$", PAGE, re.MULTILINE)
        assert row == f"{work / cores / 60:.1f} minutes, {work / 3600 * price:.2f} €"
