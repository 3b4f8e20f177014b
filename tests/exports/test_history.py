"""The history of exports (EXP-6; contract: JSON of `export` and `exports`)."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from pipelines.exports.history import list_exports, record_export
from tests.exports.conftest import Taker
from tests.exports.world import NOW, make_base


def test_exports_are_listed_newest_first_as_the_contract_says(take: Taker, tmp_path: Path) -> None:
    first, second = take(name="a", fields=("email",)), take(name="b'; --", do_not_track="omit")
    with duckdb.connect(str(make_base(tmp_path / "history.duckdb"))) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        assert list_exports(connection) == []
        numbered = [record_export(connection, n, found, "a test") for n, found in enumerate((first, second), start=1)]
        listed = list_exports(connection)
        details = connection.execute("SELECT fields, definition, who FROM main.exports ORDER BY export_id").fetchall()
    assert listed == [numbered[1].as_json(), numbered[0].as_json()]
    assert listed[1] == {
        "export_id": 1,
        "name": "a",
        "status": "exported",
        "path": str(first.path),
        "rows": 3,
        "sha256": first.sha256,
        "manifest": str(first.manifest),
        "taken_at": NOW,
        "deliver_to": None,
        "delivered_at": None,
        "delta": None,
    }
    fields, definition, who = details[0]
    assert (fields, json.loads(definition), who) == (["email"], first.definition, "a test")
