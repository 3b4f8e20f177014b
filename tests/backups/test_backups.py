"""SEC-5: a backup is whole while runs go on, opens, and gives an equal account back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from itertools import count
from pathlib import Path

import duckdb
import pytest

from pipelines.api.jobs import Job, Jobs
from pipelines.backups.manifest import known
from pipelines.backups.restoring import restore
from pipelines.backups.taking import take_backup
from pipelines.errors import EnvironmentFaultError, RefusedError, UsageError
from pipelines.layout import Layout
from tests.conftest import Account

FILE = "Email;Prénom;Opt-In Email\na@ex.fr;Ana;Oui\nb@ex.fr;Bob;Non\n"


@pytest.fixture
def filled(account: Account) -> Account:
    """Contacts, a refusal that outlived its contact, a file that waits, one of Dagster's files, all of it published."""
    account.load(FILE)
    account.declare(account.layout.assets.joinpath("defs.yaml").read_text() + DELETING)
    account.load("Email\nb@ex.fr\n", "deleting.csv", model="deleting")
    account.workspace.publish()
    (account.layout.inbox / "clients").mkdir(parents=True)
    (account.layout.inbox / "clients" / "clients-2.csv").write_text("Email\nc@ex.fr\n")
    account.layout.dagster.mkdir()
    with closing(sqlite3.connect(account.layout.dagster / "kept.db")) as runs:
        runs.execute("PRAGMA journal_mode = WAL")
        runs.execute("CREATE TABLE kept AS SELECT 'one' AS run")
        runs.commit()
    return account


DELETING = """---
type: pipelines.components.ImportModel
attributes: {name: deleting, file: "deleting*.csv", action: delete}
"""


def elsewhere(account: Account, tmp_path: Path) -> Account:
    return Account(tmp_path / "restored", account.judge)


def tables(layout: Layout) -> dict[str, list[tuple]]:
    with duckdb.connect(str(layout.base), read_only=True) as connection:
        names = connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY 1").fetchall()
        return {name: sorted(connection.execute(f'FROM "{name}"').fetchall(), key=repr) for (name,) in names}


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_what_is_restored_is_equal_and_goes_on_with_the_same_ids(filled: Account, tmp_path: Path) -> None:
    taken = take_backup(filled.workspace.store, tmp_path / "backup")
    other = elsewhere(filled, tmp_path)
    restored = restore(other.layout, tmp_path / "backup")
    assert (restored.contacts, restored.generation, restored.declarations) == (1, taken.generation, True)
    assert tables(other.layout) == tables(filled.layout)
    assert (other.layout.inbox / "clients" / "clients-2.csv").read_text() == "Email\nc@ex.fr\n"
    with closing(sqlite3.connect(other.layout.dagster / "kept.db")) as runs:
        assert runs.execute("SELECT run FROM kept").fetchall() == [("one",)]
    for each in (filled, other):
        numbered = each.load("Email;Opt-In Email\nb@ex.fr;Oui\nd@ex.fr;Oui\n", "clients-3.csv")
        assert numbered.import_id == 3
        refused = ("b@ex.fr", 3, "no")
        assert each.contacts("email", "contact_id", "opt_in_email")[1:] == [refused, ("d@ex.fr", 4, "yes")]


def test_a_run_that_writes_is_not_waited_for(filled: Account, tmp_path: Path) -> None:
    with filled.workspace.store.hold():
        taken = take_backup(filled.workspace.store, tmp_path / "backup")
    assert taken.contacts == 1


def test_it_is_private_and_known(filled: Account, tmp_path: Path) -> None:
    former = os.umask(0o077)
    try:
        take_backup(filled.workspace.store, tmp_path / "backup")
    finally:
        os.umask(former)
    assert [path for path in (tmp_path / "backup").rglob("*") if path.stat().st_mode & 0o077] == []
    assert [each.path for each in known(filled.layout)] == [str(tmp_path / "backup")]
    with filled.layout.backups.open("a") as file:
        file.write('{"path": "cut o')
    assert len(known(filled.layout)) == 1


def test_it_goes_into_a_folder_of_its_own(filled: Account, tmp_path: Path) -> None:
    store, taken = filled.workspace.store, tmp_path / "taken"
    taken.mkdir()
    take_backup(store, taken)
    before = files(taken)
    with pytest.raises(UsageError, match="holds something already"):
        take_backup(store, taken)
    with pytest.raises(UsageError, match="inside what is to be backed up"):
        take_backup(store, filled.layout.data / "backups" / "one")
    assert files(taken) == before


def test_a_damaged_one_is_not_restored(filled: Account, tmp_path: Path) -> None:
    take_backup(filled.workspace.store, tmp_path / "backup")
    base = tmp_path / "backup" / "data" / "base" / "carnet.duckdb"
    content = bytearray(base.read_bytes())
    content[len(content) // 2] ^= 1
    base.write_bytes(content)
    other = elsewhere(filled, tmp_path)
    with pytest.raises(EnvironmentFaultError, match=r"is damaged: data/base/carnet\.duckdb"):
        restore(other.layout, tmp_path / "backup")
    assert not other.layout.data.exists()
    with pytest.raises(UsageError, match="is no backup"):
        restore(other.layout, tmp_path)


def test_it_is_never_restored_over_another_account(filled: Account, tmp_path: Path) -> None:
    take_backup(filled.workspace.store, tmp_path / "backup")
    before = files(filled.layout.data)
    with pytest.raises(RefusedError, match="has a base already"):
        restore(filled.layout, tmp_path / "backup")
    assert files(filled.layout.data) == before
    other = elsewhere(filled, tmp_path)
    other.layout.inbox.mkdir(parents=True)
    (other.layout.inbox / "waits.csv").touch()
    with pytest.raises(RefusedError, match="is not empty: inbox"):
        restore(other.layout, tmp_path / "backup")


def test_whoever_was_erased_since_is_erased_again(filled: Account, tmp_path: Path) -> None:
    """EXP-9: the list of erasures lies where the account is restored to."""
    take_backup(filled.workspace.store, tmp_path / "backup")
    filled.workspace.erase_contact("a@ex.fr")
    other = elsewhere(filled, tmp_path)
    shutil.copytree(filled.layout.erasures, other.layout.erasures)
    restore(other.layout, tmp_path / "backup")
    assert other.contacts("email") == [("a@ex.fr",)]
    assert other.workspace.erase_again() == 1
    assert other.contacts("email") == []
    again = other.load("Email;Opt-In Email\na@ex.fr;Oui\n", "clients-9.csv")
    assert (again.counts.rejected, other.contacts("email")) == (1, [])


def test_one_that_was_cut_off_is_done_again(filled: Account, tmp_path: Path) -> None:
    take_backup(filled.workspace.store, tmp_path / "backup")
    other = elsewhere(filled, tmp_path)
    other.layout.archive.mkdir(parents=True)
    (other.layout.archive / "half of it").touch()
    (other.layout.data / ".restoring").touch()
    restore(other.layout, tmp_path / "backup")
    assert tables(other.layout) == tables(filled.layout)
    assert not (other.layout.data / ".restoring").exists()


KILLED = """\
import os, signal, sys
from pathlib import Path
from pipelines.backups import taking
from pipelines.layout import Layout
from pipelines.workspace import Workspace
setattr(taking, sys.argv[2], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
taking.take_backup(Workspace.open("a test", Layout.from_environment()).store, Path(sys.argv[1]))
"""


@pytest.mark.parametrize("step", ["_copy_base", "_sync_tree", "remember"])
def test_a_killed_one_leaves_nothing_or_all_of_it(filled: Account, tmp_path: Path, step: str) -> None:
    environment = os.environ | {"CARNET_DATA": str(filled.layout.data), "CARNET_ASSETS": str(filled.layout.assets)}
    place = tmp_path / "backups" / "one"
    ended = subprocess.run([sys.executable, "-c", KILLED, str(place), step], env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert place.exists() == (step == "remember")
    take_backup(filled.workspace.store, tmp_path / "backups" / "two")
    assert sorted(path.name for path in (tmp_path / "backups").iterdir()) == ["one", "two"][not place.exists() :]
    manifest = json.loads((tmp_path / "backups" / "two" / "backup.json").read_text())
    assert "data/base/carnet.duckdb" in manifest["files"]


def test_what_calls_asked_for_meanwhile_has_its_file(filled: Account, tmp_path: Path) -> None:
    api, numbers, ended = filled.layout.api, count(1), threading.Event()
    jobs = Jobs(api / "jobs.json", api / "files")

    def ask() -> None:
        number = next(numbers)
        with jobs.room_for(number) as folder:
            (folder / f"{number}.csv").write_text("Email\na@ex.fr\n")
            jobs.add(Job(number, "import", "a", "shop", f"{number}.csv", "2026-11-27T08:00:00+00:00", {}))

    for _ in range(50):
        ask()
    asking = threading.Thread(target=lambda: [ask() for _ in iter(ended.is_set, True)])
    asking.start()
    try:
        for turn in range(3):
            take_backup(filled.workspace.store, tmp_path / f"backup-{turn}")
            kept = tmp_path / f"backup-{turn}" / "data" / "api"
            asked = Jobs(kept / "jobs.json", kept / "files")
            assert len(asked.all()) >= 50
            assert [job.number for job in asked.all() if not asked.to_read(job).exists()] == []
    finally:
        ended.set()
        asking.join()
