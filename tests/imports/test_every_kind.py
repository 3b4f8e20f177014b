"""Every kind of file keeps the same promises (IMP-20): contacts in CSV, events in text, NDJSON and Parquet."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from expectations.judge import Judge
from pipelines.imports.intake import ImportRequest
from pipelines.layout import Layout
from pipelines.orchestration.import_checks import import_checks, import_keys
from pipelines.orchestration.names import IMPORT_INBOX, partitions_of
from tests.delivery.mailbox import Mailbox, mail_server
from tests.examples import some
from tests.orchestration.conftest import House, house_over

EVENT_IMPORT = """
---
type: pipelines.components.EventImport
attributes:
  name: %s
  file: "%s"
  channel: email
  mapping: {id: event_id, campaign: operation, email: email, event: type, ts: occurred_at}
  notify: [crm@exemple.org]
"""
DECLARATIONS = """
type: pipelines.components.ContactBase
attributes: {}
---
type: pipelines.components.ImportModel
attributes: {name: clients, file: "clients*.csv", notify: [crm@exemple.org]}
"""
KEYS = ("id", "campaign", "email", "event", "ts")


def events(*more: tuple[str, ...]) -> list[dict[str, str]]:
    rows = [("1", "Soldes", "anna@ex.fr", "opened", "2026-01-10T10:00:00Z"), *more]
    return [dict(zip(KEYS, row, strict=True)) for row in rows]


ODD = ("2", "Soldes", "personne", "opened", "2026-01-10T10:00:00Z")
LATER = ("3", "Soldes", "anna@ex.fr", "unsubscribed", "2026-01-11T10:00:00Z")


def text(rows: list[dict[str, str]]) -> bytes:
    return "".join("\t".join(cells) + "\n" for cells in (KEYS, *(row.values() for row in rows))).encode()


def ndjson(rows: list[dict[str, str]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def parquet(rows: list[dict[str, str]]) -> bytes:
    written = io.BytesIO()
    pl.DataFrame(rows).write_parquet(written)
    return written.getvalue()


@dataclass(frozen=True)
class Kind:
    """Files of one importer. `odd` has a row that is rejected, so that a check is red; `later` is another good one."""

    importer: str
    suffix: str
    odd: bytes
    later: bytes
    refused: bytes
    separator: str | None
    red: str
    """The check that the rejected row fails."""
    refusing: str
    """The check that refuses."""

    def name(self, stem: str = "") -> str:
        return f"{self.importer}{stem}{self.suffix}"


CONTACTS = "Email;Prénom\nanna@ex.fr;Anna\n"
KINDS = (
    Kind(
        "clients", ".csv", f"{CONTACTS}personne;X\n".encode(), b"Email\nbob@ex.fr\n", b"Email\na@ex.fr;\n", ";",
        "invalid_key", "trailing_separators",
    ),
    Kind("text", ".txt", text(events(ODD)), text(events(LATER)), b"id\tcampaign\n1\tSoldes\n", "\t", "unknown_person", "readable"),
    Kind("ndjson", ".ndjson", ndjson(events(ODD)), ndjson(events(LATER)), b'{"id": "\xe9"}\n', None, "unknown_person", "readable"),
    Kind("parquet", ".parquet", parquet(events(ODD)), parquet(events(LATER)), b"PAR1 no more", None, "unknown_person", "readable"),
)  # fmt: skip


@pytest.fixture(params=some([*KINDS[::2], *KINDS], 2), ids=lambda kind: kind.importer)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


@pytest.fixture
def house(tmp_path: Path, judge: Judge, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """An account with an importer of each kind, and somebody who is told of it."""
    monkeypatch.setenv("CARNET_SMTP_URL", f"smtp://127.0.0.1:{mailbox.port}?encryption=none")
    layout = Layout(data=tmp_path / "data", assets=tmp_path / "assets")
    layout.assets.mkdir()
    imports = "".join(EVENT_IMPORT % (kind.importer, f"{kind.importer}*") for kind in KINDS[1:])
    (layout.assets / "defs.yaml").write_text(DECLARATIONS + imports)
    with house_over(layout, judge, monkeypatch) as found:
        yield found


def by_hand(house: House, kind: Kind, content: bytes, stem: str = "") -> dg.ExecuteInProcessResult:
    """As `carnet import` does."""
    path = house.layout.data / "elsewhere" / kind.name(stem)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return house.imported(path, kind.importer)


def dropped(house: House, kind: Kind, content: bytes, stem: str = "") -> Path:
    path = house.layout.inbox / kind.importer / kind.name(stem)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def colours(house: House, kind: Kind, partition: str) -> dict[str, bool]:
    """The verdicts that the UI shows of a partition, by rule."""
    declarations = house.workspace.declarations
    keys = [check.key for check in import_checks(declarations.importer(kind.importer), declarations.base)]
    found = house.instance.event_log_storage.get_asset_check_partition_info(keys, partition_keys=[partition])
    return {info.check_key.name: info.latest_execution_status.value == "SUCCEEDED" for info in found}


def all_checks(house: House, kind: Kind) -> set[str]:
    declarations = house.workspace.declarations
    return {check.name for check in import_checks(declarations.importer(kind.importer), declarations.base)}


def materialised(house: House, kind: Kind) -> set[str]:
    """The partitions that stand as imported in the UI."""
    importer = house.workspace.declarations.importer(kind.importer)
    found = [house.instance.get_materialized_partitions(key) for key in import_keys(importer)]
    assert all(each == found[0] for each in found), "the assets of an importer have the same partitions"
    return found[0]


def history(house: House, *columns: str) -> list[tuple[Any, ...]]:
    return house.published(f"SELECT {', '.join(columns)} FROM imports ORDER BY import_id")


def test_the_same_bytes_are_skipped_and_the_verdicts_are_kept(house: House, kind: Kind) -> None:
    assert by_hand(house, kind, kind.odd).success
    [first] = house.results
    before = colours(house, kind, first.partition)
    assert set(before) == all_checks(house, kind)
    assert (first.status, first.counts.rejected, before[kind.red]) == ("imported", 1, False)

    again = by_hand(house, kind, kind.odd)
    assert again.success
    assert [result.status for result in house.results] == ["imported", "skipped"]
    assert colours(house, kind, first.partition) == before
    assert {
        check.check_name: check.passed for check in again.get_asset_check_evaluations() if check.check_name in before
    } == before
    assert history(house, "status") == [("imported",)]


def test_a_file_that_comes_again_through_the_inbox_keeps_its_verdicts_too(house: House, kind: Kind) -> None:
    by_hand(house, kind, kind.odd)
    [first] = house.results
    before = colours(house, kind, first.partition)
    path = dropped(house, kind, kind.odd)
    assert house.run(IMPORT_INBOX).success
    assert [result.status for result in house.results] == ["imported", "skipped"]
    assert colours(house, kind, first.partition) == before
    assert not path.exists()


def test_a_refusal_leaves_the_base_and_says_why(house: House, kind: Kind) -> None:
    by_hand(house, kind, kind.odd)
    tables = ("contacts", "events", "operations", "consents", "changes")
    before = [house.published(f"SELECT * FROM {table} ORDER BY ALL") for table in tables]
    run = by_hand(house, kind, kind.refused, "-bad")
    assert not run.success
    result = house.results[-1]
    assert result.status == "refused"
    assert [house.published(f"SELECT * FROM {table} ORDER BY ALL") for table in tables] == before
    assert result.report is not None
    assert f"{kind.name('-bad')}: refused. Nothing was imported; the base is unchanged." in result.report.read_text()
    assert (result.report.parent / kind.name("-bad")).read_bytes() == kind.refused, "a copy lies beside it"
    assert (house.layout.data / "elsewhere" / kind.name("-bad")).exists(), "a file given by path is never moved"
    assert colours(house, kind, result.partition)[kind.refusing] is False
    assert result.partition not in materialised(house, kind)


def test_only_a_file_of_the_inbox_is_mailed(house: House, kind: Kind, mailbox: Mailbox) -> None:
    by_hand(house, kind, kind.refused)
    assert mailbox.mails == [], "who imports a file by hand sees what became of it"
    path = dropped(house, kind, kind.refused, "-dropped")
    assert house.run(IMPORT_INBOX).success
    assert mailbox.subjects == [f"Carnet: {path.name} was refused"]
    assert mailbox.recipients == [["crm@exemple.org"]]
    assert "The base is as it was." in mailbox.texts[0]


def test_the_history_says_what_the_file_was(house: House, kind: Kind) -> None:
    by_hand(house, kind, kind.odd)
    columns = ("model", "file", "size", "sha256", "separator", "status", '"rows"', "rejected")
    digest = hashlib.sha256(kind.odd).hexdigest()
    expected = (kind.importer, kind.name(), len(kind.odd), digest, kind.separator, "imported", 2, 1)
    assert history(house, *columns) == [expected]


@pytest.mark.parametrize("moment", ["before the move", "after the move"])
def test_what_a_killed_run_committed_is_filed_once_and_judged_anew(house: House, kind: Kind, moment: str) -> None:
    """A kill between the commit and the report: the base knows the files, Dagster does not (IMP-3, IMP-17)."""
    waiting = [dropped(house, kind, kind.odd), dropped(house, kind, kind.refused, "-bad")]
    for path in waiting:
        house.workspace.take(ImportRequest(str(path), kind.importer))
    good, bad = house.results
    assert (good.status, bad.status) == ("imported", "refused")
    if moment == "before the move":
        for room, path in zip((house.layout.archive, house.layout.refused), waiting, strict=True):
            next(room.rglob(path.name)).rename(path)
        with house.workspace.store.write() as writer:
            writer.connection.execute("UPDATE main.imports SET filed = false")

    assert house.run(IMPORT_INBOX).success
    assert not any(path.exists() for path in waiting)
    assert history(house, "status") == [("imported",), ("refused",)], "neither is imported again"
    assert materialised(house, kind) == {good.partition}
    shown = colours(house, kind, good.partition)
    assert (set(shown), shown[kind.red]) == (all_checks(house, kind), False)
    assert colours(house, kind, bad.partition)[kind.refusing] is False

    importer = house.workspace.declarations.importer(kind.importer)
    assert house.run(IMPORT_INBOX).success
    for key in import_keys(importer):
        assert len(house.instance.fetch_materializations(key, limit=9).records) == 1, "reported once"


def test_an_import_that_was_never_told_is_judged_anew_by_the_next_one(house: House, kind: Kind) -> None:
    path = dropped(house, kind, kind.odd)
    house.workspace.take(ImportRequest(str(path), kind.importer))
    [first] = house.results
    assert colours(house, kind, first.partition) == {}
    assert by_hand(house, kind, kind.later, "-later").success
    shown = colours(house, kind, first.partition)
    assert (set(shown), shown[kind.red]) == (all_checks(house, kind), False)
    assert materialised(house, kind) == {first.partition, house.results[-1].partition}


def test_a_preview_gives_what_the_import_gives_and_writes_nothing(house: House, kind: Kind) -> None:
    path = house.layout.data / kind.name()
    house.layout.data.mkdir(exist_ok=True)
    path.write_bytes(kind.odd)
    asked = ImportRequest(str(path), kind.importer, preview=True)
    preview = house.workspace.take(asked)
    assert (preview.status, preview.import_id, preview.report) == ("preview", None, None)
    with house.workspace.store.write() as writer:
        assert writer.connection.execute("SELECT count(*) FROM main.imports").fetchall() == [(0,)]
        assert writer.connection.execute("SELECT count(*) FROM main.import_rejects").fetchall() == [(0,)]
    imported = house.workspace.take(ImportRequest(str(path), kind.importer))
    assert preview.counts == imported.counts
    assert preview.problems.equals(imported.problems)
    assert preview.verdicts == imported.verdicts


def test_a_partition_is_imported_again_from_where_its_file_lies(house: House, kind: Kind) -> None:
    """« Materialize » in the UI: a run without a path takes the file that is held for the partition."""
    dropped(house, kind, kind.odd)
    assert house.run(IMPORT_INBOX).success
    [first] = house.results
    job = f"import_{kind.importer}"
    config = {"ops": {f"take_{kind.importer}": {"config": {"force": True}}}}
    assert house.run(job, partition_key=first.partition, run_config=config).success
    assert [result.status for result in house.results] == ["imported", "imported"]
    assert house.instance.get_dynamic_partitions(str(partitions_of(kind.importer).name)) == [first.partition]
    shutil.rmtree(house.layout.archive)
    assert not house.run(job, partition_key=first.partition, run_config=config).success
