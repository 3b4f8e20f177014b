"""A base knows itself: what lies in its place and is not it is told, and nothing is overwritten (SEC-5, issue 16)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines.base.adopting import adopt
from pipelines.base.identity import WrongBaseError, mark_of, published_mark
from pipelines.base.published import read_published
from pipelines.base.store import Store
from pipelines.declarations.model import ContactBase
from pipelines.errors import UsageError
from pipelines.layout import Layout


def store_in(folder: Path) -> Store:
    return Store(Layout(data=folder / "data", assets=folder / "assets"), ContactBase(), "a test")


def add(store: Store, *ids: int, publish: bool = True) -> None:
    with store.write() as writer, writer.transaction() as connection:
        for _ in ids:
            contact_id = writer.next_id("contact_id")
            connection.execute(
                "INSERT INTO main.contacts (contact_id, email) VALUES (?, ? || '@ex.fr')", [contact_id, contact_id]
            )
    if publish:
        store.publish()


def contacts(store: Store) -> int:
    with read_published(store.layout.published) as connection:
        return len(connection.execute("SELECT contact_id FROM contacts").fetchall())


def bytes_of(layout: Layout) -> dict[str, bytes]:
    places = (layout.base, layout.base.with_name(layout.base.name + ".wal"), layout.published)
    return {path.name: path.read_bytes() for path in places if path.exists()}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A published base of three contacts; a backup of an earlier state, of two, lies in `backup.duckdb`."""
    made = store_in(tmp_path)
    add(made, 1, 2)
    shutil.copyfile(made.layout.base, tmp_path / "backup.duckdb")
    add(made, 3)
    return made


def missing(store: Store, folder: Path) -> None:
    store.layout.base.rename(folder / "elsewhere.duckdb")


def older(store: Store, folder: Path) -> None:
    shutil.copyfile(folder / "backup.duckdb", store.layout.base)


def foreign(store: Store, folder: Path) -> None:
    store.layout.base.unlink()
    with duckdb.connect(str(store.layout.base)) as connection:
        connection.execute("CREATE TABLE x (a INTEGER)")


def another(store: Store, folder: Path) -> None:
    other = store_in(folder / "other")
    for _ in range(9):
        add(other, 1, publish=False)
    shutil.copyfile(other.layout.base, store.layout.base)


def blank(store: Store, folder: Path) -> None:
    store.layout.base.unlink()
    duckdb.connect(str(store.layout.base)).close()


WRONG = {
    "missing": (missing, "is missing, though it was published"),
    "older": (older, "is older than its published copy"),
    "foreign": (foreign, "is a DuckDB file, but no base of Carnet"),
    "another": (another, "but another account's"),
    "blank": (blank, "is empty, though it was published"),
}


@pytest.mark.parametrize(("spoil", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_base_is_told_and_nothing_is_written(
    store: Store, tmp_path: Path, spoil: Callable[[Store, Path], None], said: str
) -> None:
    spoil(store, tmp_path)
    before = bytes_of(store.layout)
    for attempt in (store.write, store.rehearse, store.annotate):
        with pytest.raises(WrongBaseError, match=said) as told, attempt():
            pass
        assert told.value.exit_code == 3
        assert "carnet base adopt" in told.value.hint
    with pytest.raises(WrongBaseError):
        store.publish()
    assert bytes_of(store.layout) == before
    assert contacts(store) == 3


def test_an_older_base_that_has_a_log_keeps_it(store: Store, tmp_path: Path) -> None:
    """What a killed run committed stands in the log: a base that is refused is not brought together with it either."""
    older(store, tmp_path)
    logged = store.layout.base.with_name("carnet.duckdb.wal")
    copy = tmp_path / "copy.duckdb"
    shutil.copyfile(tmp_path / "backup.duckdb", copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        connection.execute("INSERT INTO main.contacts (contact_id, email) VALUES (99, 'late@ex.fr')")
    shutil.copyfile(copy, store.layout.base)
    shutil.copyfile(copy.with_name("copy.duckdb.wal"), logged)
    before = bytes_of(store.layout)
    assert len(before) == 3
    with pytest.raises(WrongBaseError), store.write():
        pass
    assert bytes_of(store.layout) == before
    assert adopt(store).contacts == 3, "adopted with its log: the two of the backup and the late one"


def test_a_copy_that_is_behind_or_gone_is_made_anew(store: Store) -> None:
    """A kill between commit and publication stays harmless, and so does a copy that somebody removed or spoilt (SEC-1)."""
    add(store, 4, publish=False)
    assert store.publish()
    store.layout.published.unlink()
    assert store.publish()
    store.layout.published.chmod(0o600)
    store.layout.published.write_bytes(b"x" * 5000)
    assert store.publish()
    assert contacts(store) == 4


def test_a_base_from_before_identities_gets_one_and_so_does_its_copy(store: Store) -> None:
    for path in (store.layout.base, store.layout.published):
        path.chmod(0o600)
        with duckdb.connect(str(path)) as connection:
            connection.execute("DELETE FROM main.settings WHERE name = 'identity'")
            connection.execute("DELETE FROM main.schema_migrations WHERE version = 13")
    assert store.publish()
    copy = published_mark(store.layout.published)
    assert copy is not None
    assert copy.identity is not None


def test_a_backup_from_before_identities_is_older(store: Store, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "backup.duckdb")) as connection:
        connection.execute("UPDATE main.counters SET value = 1000 WHERE name = 'generation'")
        connection.execute("DELETE FROM main.settings WHERE name = 'identity'")
    older(store, tmp_path)
    with pytest.raises(WrongBaseError, match="older"), store.write():
        pass


@pytest.mark.parametrize(("spoil", "left"), [(older, 2), (another, 9)], ids=["older", "another"])
def test_a_base_is_adopted_by_who_means_it(
    store: Store, tmp_path: Path, spoil: Callable[[Store, Path], None], left: int
) -> None:
    lost = store.layout.base.read_bytes()
    spoil(store, tmp_path)
    adopted = adopt(store)
    assert adopted.contacts == contacts(store) == left
    (kept,) = adopted.kept
    with duckdb.connect(str(kept), read_only=True) as connection:
        assert len(connection.execute("FROM contacts").fetchall()) == 3, "the former copy"
    with store.write() as writer:
        assert writer.next_id("contact_id") > 3, "no number is given twice"
        mark = mark_of(writer.connection)
    assert mark == published_mark(store.layout.published)
    store.layout.base.write_bytes(lost)
    with pytest.raises(WrongBaseError), store.write():
        pass


@pytest.mark.parametrize("spoil", [missing, foreign, older])
def test_the_published_copy_becomes_the_base(
    store: Store, tmp_path: Path, spoil: Callable[[Store, Path], None]
) -> None:
    spoil(store, tmp_path)
    adopted = adopt(store, "copy")
    assert adopted.contacts == contacts(store) == 3
    assert len(adopted.kept) == store.layout.base.exists() - (spoil is missing)
    add(store, 4)
    assert contacts(store) == 4


def test_an_empty_base_is_begun_when_asked_so(store: Store, tmp_path: Path) -> None:
    missing(store, tmp_path)
    with pytest.raises(UsageError, match="no base at"):
        adopt(store)
    assert not store.layout.base.exists()
    assert adopt(store, "empty").contacts == 0
    add(store, 1)
    assert contacts(store) == 1


def test_what_cannot_be_adopted_stays(store: Store, tmp_path: Path) -> None:
    assert not adopt(store).changed, "all is in order"
    foreign(store, tmp_path)
    before = bytes_of(store.layout)
    with pytest.raises(UsageError, match="no base of Carnet"):
        adopt(store)
    store.layout.published.rename(tmp_path / "moved.duckdb")
    with pytest.raises(UsageError, match="no published copy"):
        adopt(store, "copy")
    assert store.layout.base.read_bytes() == before["carnet.duckdb"]
