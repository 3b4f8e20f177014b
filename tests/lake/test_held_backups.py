"""A backup holds the events that the base has in its lake, and gives them back wherever it is restored (SEC-5, LAK-3)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.backups.restoring import Restored, restore
from pipelines.backups.taking import take_backup
from pipelines.base.held import held_files, path_of
from pipelines.declared import declared
from pipelines.errors import EnvironmentFaultError, RefusedError, UsageError
from pipelines.layout import ROOT, Layout
from pipelines.workspace import elsewhere_of
from tests.behaving import Behaving
from tests.conftest import Account
from tests.lake.held_world import COLUMNS, declare, event


@pytest.fixture
def held(new_account: Callable[[], Account]) -> Behaving:
    """An account with events of two imports in its lake, and a refusal in its base, published."""
    made = Behaving(new_account())
    declare(made, lake=True)
    made.contacts("Email;Opt-In Email\nann@ex.fr;oui\nbob@ex.fr;oui\n")
    made.send(event(1, "ann", "open"), event(2, "bob", "click", url="https://ex.fr/é"))
    made.send(event(3, "bob", "unsub"), event(4, "ann", "sent"), name="esp-2.ndjson")
    made.workspace.refresh_segments(force=True)
    made.workspace.publish()
    made.workspace.publish_lake()
    return made


def put_back(layout: Layout, folder: Path) -> Restored:
    return restore(layout, folder, lambda: elsewhere_of(declared(layout.assets).base, layout))


def told(behaving: Behaving) -> dict[str, Any]:
    workspace = behaving.workspace
    counts = dict(workspace.refresh_segments(force=True).counts)
    workspace.publish()
    with workspace.published() as copy:
        events = copy.execute(f"SELECT {COLUMNS} FROM events ORDER BY ALL").fetchall()
        contacts = copy.execute("SELECT email, opt_in_email FROM contacts ORDER BY ALL").fetchall()
    return {"counts": counts, "events": events, "contacts": contacts}


def files_of(behaving: Behaving) -> list[Path]:
    with behaving.workspace.published() as copy:
        return [path_of(each.address) for each in held_files(copy)]


def test_an_equal_account_is_given_back_though_all_of_the_former_is_gone(
    held: Behaving, new_account: Callable[[], Account], tmp_path: Path
) -> None:
    expected = told(held)
    taken = take_backup(held.workspace.store, tmp_path / "backup")
    assert (taken.held, taken.left) == (3, 0)
    other = Behaving(new_account())
    shutil.rmtree(other.account.layout.assets)
    shutil.rmtree(held.account.folder)
    assert put_back(other.account.layout, tmp_path / "backup").missing == 0
    assert told(other) == expected
    assert other.contact("bob@ex.fr", "opt_in_email") == "no"
    # The lake goes on from there: the known are known, the new are held, an erasure finds all.
    again = other.send(event(1, "ann", "open"), event(5, "ann", "click"), name="esp-3.ndjson")
    assert (again.counts.new, again.counts.known) == (1, 1)
    other.workspace.publish()
    other.workspace.publish_lake()
    assert other.sql("SELECT sum(events) FROM held_files") == [(4,)]
    assert other.workspace.erase_contact("ann@ex.fr").stores["events"] == 3


def test_a_backup_outlives_a_compaction_and_what_came_later(
    held: Behaving, new_account: Callable[[], Account], tmp_path: Path
) -> None:
    expected = told(held)
    take_backup(held.workspace.store, tmp_path / "backup")
    held.send(event(6, "ann", "click"), event(1, "ann", "open", "2026-03-01T10:00:00Z"), name="esp-3.ndjson")
    held.workspace.compact_lake()
    other = Behaving(new_account())
    shutil.rmtree(other.account.layout.assets)
    put_back(other.account.layout, tmp_path / "backup")
    assert told(other) == expected


def test_files_that_go_while_they_are_copied_are_none_of_the_backup(
    held: Behaving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.backups import taking

    copied = taking._copy_held
    turns: list[int] = []

    def tidied_meanwhile(*given: Any) -> None:
        turns.append(1)
        if len(turns) == 1:
            held.send(event(1, "ann", "open", "2026-03-01T10:00:00Z"), name="esp-3.ndjson")
            held.workspace.compact_lake()
            held.workspace.erase_contact("bob@ex.fr")
        copied(*given)

    monkeypatch.setattr(taking, "_copy_held", tidied_meanwhile)
    taken = take_backup(held.workspace.store, tmp_path / "backup")
    assert (len(turns), taken.held, taken.contacts) == (2, 2, 1)


def test_a_lake_without_its_files_is_no_backup(held: Behaving, tmp_path: Path) -> None:
    files_of(held)[0].unlink()
    with pytest.raises(EnvironmentFaultError, match="are not there"):
        take_backup(held.workspace.store, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_it_is_told_that_a_lake_must_be_declared(
    held: Behaving, new_account: Callable[[], Account], tmp_path: Path
) -> None:
    take_backup(held.workspace.store, tmp_path / "backup")
    other = Behaving(new_account())
    declare(other, lake=False)
    with pytest.raises(UsageError, match="declares none"):
        put_back(other.account.layout, tmp_path / "backup")
    assert not other.account.layout.base.exists()
    declare(other, lake=True)
    put_back(other.account.layout, tmp_path / "backup")
    assert len(told(other)["events"]) == 4


def test_other_events_in_the_lake_are_never_replaced(
    held: Behaving, new_account: Callable[[], Account], tmp_path: Path
) -> None:
    take_backup(held.workspace.store, tmp_path / "backup")
    other, third = Behaving(new_account()), Behaving(new_account())
    catalog = (
        f"lake: {{catalog: sqlite, warehouse: '{tmp_path / 'warehouse'}', uri: 'sqlite:///{tmp_path / 'catalog.db'}'}}"
    )
    declare(other, lake=True, base=catalog)
    other.contacts("Email\neve@ex.fr\n")
    other.send(event(1, "eve", "open"))
    before = told(other)["events"]
    declare(third, lake=True, base=catalog)
    with pytest.raises(RefusedError, match="other events"):
        put_back(third.account.layout, tmp_path / "backup")
    assert not third.account.layout.base.exists()
    assert told(other)["events"] == before


_KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.backups import restoring
from pipelines.declared import declared
from pipelines.lake import held
from pipelines.layout import Layout
from pipelines.workspace import elsewhere_of
where, folder, backup = sys.argv[1:]
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
setattr(*((held, "_name") if where == "written" else (restoring.shutil, "rmtree")), die)
layout = Layout(Path(folder) / "data", Path(folder) / "assets")
restoring.restore(layout, Path(backup), lambda: elsewhere_of(declared(layout.assets).base, layout))
"""


@pytest.mark.parametrize("where", ["written", "named"])
def test_one_that_was_killed_is_done_again(
    held: Behaving, new_account: Callable[[], Account], tmp_path: Path, where: str
) -> None:
    expected = told(held)
    take_backup(held.workspace.store, tmp_path / "backup")
    other = Behaving(new_account())
    declare(other, lake=True)
    layout = other.account.layout
    command = [sys.executable, "-c", _KILLED, where, str(other.account.folder), str(tmp_path / "backup")]
    assert subprocess.run(command, check=False, cwd=ROOT, env=os.environ).returncode == -signal.SIGKILL
    assert not layout.base.exists()
    put_back(layout, tmp_path / "backup")
    assert told(other) == expected
    assert other.sql("SELECT sum(events) FROM held_files") == [(3,)]
