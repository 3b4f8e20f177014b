"""What DuckDB answers from the published copy and Spark from the lake is one and the same, exports byte for byte (LAK-2)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pysail.spark import SparkConnectServer
from sqlglot import exp

from pipelines.declarations.loading import load_condition
from pipelines.errors import UnknownNameError
from pipelines.lake.spark import SparkEngine, SparkFaultError, connected
from pipelines.workspace import Workspace
from tests.behaving import Behaving

BASE = """lake: {catalog: sqlite, warehouse: lake}
  fields:
    - {name: city, label: Ville, format: text}
    - {name: basket, label: Panier, format: number}
    - {name: born, label: Né le, format: date}
    - {name: interests, label: Goûts, format: multi_select, values: [Perle, "Or, argent"]}"""
SEGMENTS = """
type: pipelines.components.Segment
attributes: {name: lyonnais, criteria: [{field: city, op: starts_with, value: lyón}]}
---
type: pipelines.components.Segment
attributes:
  name: keen
  match: any
  criteria:
    - {behaviour: clicked, operations: [Soldes], at_least: 2}
    - all: [{segment: lyonnais, is: in}, {operation: Soldes, is: recipient}, {field: interests, op: all_of, value: [Perle]}]
---
type: pipelines.components.Segment
attributes: {name: mixed, criteria: [{segment: odd, is: in}, {segment: keen, is: out}, {import: clients, is: in, which: last}]}
---
type: pipelines.components.Export
attributes: {name: everything, fields: [contact_id, email, city, basket, born, interests, created_at], delta: true}
---
type: pipelines.components.Export
attributes:
  name: some
  audience: {include: [mixed, keen], exclude: [bad_email_addresses]}
  format: parquet
  do_not_track: omit
---
type: pipelines.components.Export
attributes: {name: clickers, audience: {operation: Soldes, figure: clicked}, format: txt, excel: true}
---
type: pipelines.components.Export
attributes: {name: sheet, audience: lyonnais, format: xlsx, multi_select: joined}
"""
CLIENTS = '''Email;Ville;Panier;Né le;Perle;Or, argent;Ne pas me pister
a@ex.fr;Lyon 3e;12,5;29/02/1984;X;X;
b@ex.fr;LYÓN;;;;X;oui
c@ex.fr;"=Paris; ""x""";0,1;01/01/1990;;;
d@ex.fr;;1e3;;X;;
e@ex.fr;l'Isle;;;;;
'''


def event(number: int, mail: str, kind: str, at: str = "2026-11-20T23:30:00Z") -> str:
    return f'{{"id": "e{number}", "campaign": "Soldes", "email": "{mail}", "event": "{kind}", "ts": "{at}", "url": "https://ex.fr/É"}}\n'


EVENTS = "".join(
    event(number, f"{who}@ex.fr", kind)
    for number, (who, kind) in enumerate(
        [
            ("a", "delivered"),
            ("a", "open"),
            ("b", "click"),
            ("c", "click"),
            ("c", "click"),
            ("d", "hard_bounce"),
            ("e", "unsub"),
        ]
    )
)


@pytest.fixture
def filled(behaving: Behaving) -> Behaving:
    behaving.declare(BASE)
    folder = behaving.account.layout.assets
    (folder / "segments.yaml").write_text(SEGMENTS)
    (folder / "odd.sql").write_text("SELECT contact_id FROM contacts WHERE contact_id % 2 = 1\n")
    behaving.account.load(CLIENTS)
    path = behaving.account.write(EVENTS, "esp.ndjson")
    behaving.account.take(path, "esp")
    behaving.workspace.publish()
    return behaving


@contextmanager
def engine(account_of: Behaving, name: str) -> Iterator[Workspace]:
    """The account's workspace with that engine."""
    workspace = account_of.account.workspace
    declared, base = workspace.declarations, workspace.declarations.base
    assert base.lake is not None
    workspace.declarations = replace(declared, base=replace(base, lake=replace(base.lake, engine=name)))
    assert workspace.on_spark is (name == "spark")
    yield workspace


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and "manifest" not in path.name}


def test_both_engines_say_the_same(filled: Behaving) -> None:
    condition = load_condition(
        "match: any\ncriteria: [{field: basket, op: greater_than, value: 0.1}, "
        "{behaviour: clicked, negate: true}, {segment: odd, is: in}, {segment: lyonnais, is: in}]",
        Path("x"),
        filled.account.workspace.declarations,
    )
    told: dict[str, object] = {}
    for name in ("duckdb", "spark"):
        with engine(filled, name) as workspace:
            refreshed = workspace.refresh_segments(force=True)
            workspace.publish()
            with workspace.answers() as answers:
                told[name] = [
                    refreshed.counts,
                    answers.search(condition, 2),
                    answers.search(condition, 0, everybody=True),
                    answers.members("keen"),
                    answers.members("mixed", 0),
                    answers.reports(),
                    answers.reports("Soldes"),
                    answers.figure("Soldes", "clicked"),
                    answers.figure("Soldes", "clicked", 1, everybody=True),
                ]
                with pytest.raises(UnknownNameError, match="operation"):
                    answers.reports("Solde")
            assert workspace.operation_reports() == told[name][5]
    assert told["duckdb"] == told["spark"]
    assert told["spark"][0]["keen"] == 2
    assert told["spark"][1].left_out == 1


def test_a_cluster_that_is_away_is_told(filled: Behaving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARNET_SPARK", "sc://127.0.0.1:1")
    before = filled.sql("SELECT * FROM segment_counts")
    with pytest.raises(SparkFaultError, match="Nobody listens"):
        filled.workspace.refresh_segments(force=True)
    assert filled.sql("SELECT * FROM segment_counts") == before


def test_a_fault_of_spark_quotes_nobody(filled: Behaving) -> None:
    with connected() as session, pytest.raises(SparkFaultError) as told:
        SparkEngine(session).rows(exp.select("x").from_("nobody"))
    assert "nobody" in told.value.private
    assert "nobody" not in str(told.value)


def test_a_server_is_named_by_the_environment(filled: Behaving, monkeypatch: pytest.MonkeyPatch) -> None:
    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    try:
        host, port = server.listening_address
        monkeypatch.setenv("CARNET_SPARK", f"sc://{host}:{port}")
        assert filled.workspace.on_spark
        with filled.workspace.answers() as answers:
            assert answers.members("keen").count == 2
    finally:
        server.stop()


def test_activity_is_equal(filled: Behaving) -> None:
    days = [
        ("a", "2026-11-20T23:30:00Z"),
        ("a", "2026-11-21T22:59:59Z"),
        ("a", "2026-11-21T23:00:00Z"),
        ("b", "1980-01-01T00:00:00Z"),
    ]
    now = datetime.now(UTC).isoformat()
    sent = [(who, at) for who, at in (*days, ("c", now), ("d", "2099-01-01T00:00:00Z"))]
    filled.send(
        *(
            {"id": f"o{n}", "campaign": "S", "email": f"{who}@ex.fr", "event": "open", "ts": at}
            for n, (who, at) in enumerate(sent)
        ),
        name="esp-2.ndjson",
    )
    found: dict[str, object] = {}
    for name in ("duckdb", "spark"):
        with engine(filled, name) as workspace:
            told = replace(workspace.compute_activity(), computed_at=None)
            rows = filled.sql("SELECT contact_id, degree, last_active_at, active FROM activity ORDER BY ALL")
            found[name] = (told, rows, filled.sql("SELECT contact_id, activity_degree FROM contacts ORDER BY ALL"))
    assert found["spark"] == found["duckdb"]
    assert len({row[1] for row in found["spark"][1]}) > 2


def test_exports_are_equal_byte_for_byte(filled: Behaving, tmp_path: Path) -> None:
    held: dict[str, dict[str, bytes]] = {}
    for engine_name in ("duckdb", "spark"):
        folder = tmp_path / engine_name
        folder.mkdir()
        with engine(filled, engine_name) as workspace:
            for export in workspace.declarations.exports:
                assert workspace.export(export, folder / f"{export.name}.{export.format}").rows > 0
        held[engine_name] = files(folder)
    # A workbook says when it was made: its sheets are compared.
    for found in held.values():
        with zipfile.ZipFile(io.BytesIO(found.pop("sheet.xlsx"))) as workbook:
            found |= {name: workbook.read(name) for name in workbook.namelist() if name.startswith("xl/")}
    # Nobody moved between the two: what Spark found is what DuckDB had exported.
    assert len(held["duckdb"].pop("everything.delta.csv").splitlines()) == 6
    assert len(held["spark"].pop("everything.delta.csv").splitlines()) == 1
    assert len(held["spark"]) > 4
    assert held["spark"] == held["duckdb"]
