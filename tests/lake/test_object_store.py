"""A lake in an object store, and events that come from one: tried against a server on this machine (LAK-1, LAK-3)."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs, parquet

from pipelines.backups.restoring import Restored, restore
from pipelines.backups.taking import take_backup
from pipelines.declared import check, declared
from pipelines.lake import sources
from pipelines.workspace import Workspace, elsewhere_of
from tests.behaving import Behaving
from tests.conftest import Account
from tests.lake.held_world import SEGMENTS, declare, event


@pytest.fixture
def objects(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, fs.S3FileSystem]]:
    """A store of objects with a bucket for the lake and one for events: its address, and its files."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    for name, value in {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_REGION": "eu-west-3",
        "AWS_ENDPOINT": address,
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    system = fs.S3FileSystem(endpoint_override=address, region="eu-west-3", allow_bucket_creation=True)
    for bucket in ("lake", "events"):
        system.create_dir(bucket)
    yield address, system
    server.stop()


def put_parquet(system: fs.FileSystem, path: str, rows: list[dict[str, Any]], group: int) -> None:
    parquet.write_table(pa.Table.from_pylist(rows), path, filesystem=system, row_group_size=group)


def put_lines(system: fs.FileSystem, path: str, rows: list[dict[str, Any]]) -> None:
    with system.open_output_stream(path) as stream:
        stream.write("".join(json.dumps(row) + "\n" for row in rows).encode())


def asked(workspace: Workspace) -> dict[str, Any]:
    counts = dict(workspace.refresh_segments(force=True).counts)
    reports = [each.as_json() for each in workspace.operation_reports()]
    activity = workspace.compute_activity().as_json() | {"computed_at": None}
    workspace.publish()
    with workspace.answers() as answers:
        clickers = [each["email"] for each in answers.members("clickers", everybody=True).contacts]
    return {"counts": counts, "reports": reports, "activity": activity, "clickers": clickers}


def test_events_from_an_object_store_are_held_in_a_lake_there(
    new_account: Callable[[], Account],
    objects: tuple[str, fs.S3FileSystem],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, system = objects
    monkeypatch.setattr(sources, "PIECE_ROWS", 2)
    monkeypatch.setattr(sources, "PIECE_BYTES", 200)
    plain, held = Behaving(new_account()), Behaving(new_account())
    declare(plain, lake=False)
    lake = f'lake: {{catalog: sqlite, warehouse: "s3://lake/base", engine: spark, s3.region: eu-west-3, s3.endpoint: "{address}"}}'
    declare(held, lake=True, base=lake, more="source: s3://events/2026")
    first = [event(n, who, "click", url="", message="") for n, who in enumerate(["ann", "bob", "ann", "dan", "cat"])]
    second = [event(9, "ann", "unsub"), event(1, "bob", "click", "2026-03-01T10:00:00Z"), event(8, "cat", "sent")]
    for each in (plain, held):
        each.contacts("Email;Opt-In Email\nann@ex.fr;oui\nbob@ex.fr;oui\ncat@ex.fr;oui\n")
    put_parquet(system, "events/2026/11/esp-1.parquet", first, group=2)
    put_lines(system, "events/2026/12/esp-2.ndjson", second)
    put_lines(system, "events/2026/12/other.ndjson", [{}])
    taken = list(held.workspace.take_from_source("esp"))
    assert [each.name.rpartition(" #")[0] for each in taken] == [
        *(f"11/esp-1.parquet {n}/3" for n in (1, 2, 3)),
        *(f"12/esp-2.ndjson {n}/2" for n in (1, 2)),
    ]
    assert [(each.status, each.counts.rows) for each in taken] == [("imported", n) for n in (2, 2, 1, 2, 1)]
    assert list(held.workspace.take_from_source("esp")) == []
    plain.send(*first)
    plain.send(*second, name="esp-2.ndjson")
    assert asked(held.workspace) == asked(plain.workspace)
    assert held.contact("ann@ex.fr", "opt_in_email") == "no"
    assert held.sql("SELECT DISTINCT left(address, 10) FROM held_files") == [("s3://lake/",)]

    held.workspace.publish()
    with held.workspace.published() as copy, pytest.raises(duckdb.Error, match="ask Spark"):
        copy.execute("SELECT count(*) FROM segments.clickers").fetchall()
    held.workspace.erase_contact("bob@ex.fr")
    plain.workspace.erase_contact("bob@ex.fr")
    held.workspace.compact_lake()
    assert asked(held.workspace) == asked(plain.workspace)


def test_a_backup_says_what_lies_in_an_object_store_and_a_restore_looks_for_it(
    new_account: Callable[[], Account], objects: tuple[str, fs.S3FileSystem], tmp_path: Path
) -> None:
    address, system = objects
    held = Behaving(new_account())
    lake = f'lake: {{catalog: sqlite, warehouse: "s3://lake/base", engine: spark, s3.region: eu-west-3, s3.endpoint: "{address}"}}'
    declare(held, lake=True, base=lake)
    held.contacts("Email;Opt-In Email\nann@ex.fr;oui\nbob@ex.fr;oui\n")
    held.send(event(1, "ann", "click"), event(2, "bob", "unsub"), event(3, "bob", "click"))
    expected = asked(held.workspace)
    taken = take_backup(held.workspace.store, tmp_path / "backup")
    assert (taken.held, taken.left, taken.place) == (0, 2, "s3://lake")

    # The catalogue lay with the base: the files alone are there, and the restored account has them in a table of its own.
    other = Behaving(new_account())
    shutil.rmtree(other.account.layout.assets)
    shutil.rmtree(held.account.folder)
    assert restored(other, tmp_path / "backup").missing == 0
    assert asked(other.workspace) == expected

    system.delete_dir_contents("lake")
    third = Behaving(new_account())
    shutil.rmtree(third.account.layout.assets)
    assert restored(third, tmp_path / "backup").missing == 2
    assert third.contact("bob@ex.fr", "opt_in_email") == "no"


def restored(behaving: Behaving, folder: Path) -> Restored:
    layout = behaving.account.layout
    return restore(layout, folder, lambda: elsewhere_of(declared(layout.assets).base, layout))


def test_what_duckdb_does_not_reach_is_asked_of_spark_alone(behaving: Behaving) -> None:
    behaving.declare('lake: {catalog: sqlite, warehouse: "s3://lake/base"}', SEGMENTS)
    path = behaving.account.layout.assets / "defs.yaml"
    path.write_text(path.read_text().replace('file: "esp*"', 'file: "esp*"\n  into: lake'))
    [problem] = check(behaving.account.layout.assets)
    assert "engine: spark" in problem.message
