"""The base: migrations, declared fields, the one writer, the published copy (FLD-1 to FLD-7, SEC-1)."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.base.locking import LockHeldError, exclusive, in_turn, is_awaited, scratch_folder, sweep
from pipelines.base.measures import measure_base
from pipelines.base.published import read_published
from pipelines.base.store import Store
from pipelines.declarations.model import ContactBase
from pipelines.errors import UsageError
from pipelines.fields import Field, Format, Labels, declared_value
from pipelines.layout import Layout

POSTCODE = Field("postcode", Labels("Code postal", "Postcode"), Format.TEXT)
STONES = Field(
    "interests",
    Labels("Centre d'intérêt", "Interests"),
    Format.MULTI_SELECT,
    tuple(map(declared_value, ["Perle", "Diamant"])),
)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(data=tmp_path / "data", assets=tmp_path / "assets")


def store_with(layout: Layout, *fields: Field, key: str = "email") -> Store:
    return Store(layout, ContactBase(key=key, declared_fields=fields), "a test")


def columns(store: Store) -> list[tuple[str, str]]:
    with store.write() as writer:
        rows = writer.connection.execute("DESCRIBE main.contacts").fetchall()
    return [(row[0], row[1]) for row in rows]


def test_a_fresh_base_has_system_then_declared_columns(layout: Layout) -> None:
    found = columns(store_with(layout, POSTCODE, STONES))
    assert found[0] == ("contact_id", "BIGINT")
    assert found[1][0] == "email"
    assert found[-2:] == [("postcode", "VARCHAR"), ("interests", "VARCHAR[]")]
    assert ("created_at", "TIMESTAMP WITH TIME ZONE") in found


def test_a_new_field_appears_without_loss(layout: Layout) -> None:
    with store_with(layout).write() as writer, writer.transaction() as connection:
        connection.execute("INSERT INTO main.contacts (contact_id, email) VALUES (1, 'a@ex.fr')")
    with store_with(layout, POSTCODE).write() as writer:
        assert writer.reconciled.added == ("postcode",)
        rows = writer.connection.execute("SELECT email, postcode FROM main.contacts").fetchall()
    assert rows == [("a@ex.fr", None)]


def test_a_removed_field_stays_and_is_reported(layout: Layout) -> None:
    columns(store_with(layout, POSTCODE))
    with store_with(layout).write() as writer:
        assert writer.reconciled.undeclared == ("postcode",)
        assert "postcode" in [row[0] for row in writer.connection.execute("DESCRIBE main.contacts").fetchall()]


def test_a_label_and_an_order_follow_the_declarations(layout: Layout) -> None:
    columns(store_with(layout, STONES))
    renamed = replace(STONES, labels=Labels("Pierres", "Pierres"), values=STONES.values[::-1])
    with store_with(layout, renamed).write() as writer:
        row = writer.connection.execute("SELECT label, values FROM main.fields WHERE name = 'interests'").fetchone()
        comment = writer.connection.execute(
            "SELECT comment FROM duckdb_columns() WHERE column_name = 'interests'"
        ).fetchone()
    assert row == ("Pierres", ["Diamant", "Perle"])
    assert comment == ("Pierres",)


def test_a_failed_transaction_leaves_nothing(layout: Layout) -> None:
    store = store_with(layout)
    with store.write() as writer:
        with pytest.raises(ZeroDivisionError), writer.transaction() as connection:
            connection.execute("INSERT INTO main.contacts (contact_id) VALUES (1)")
            writer.next_id("contact_id")
            _ = 1 / 0
        assert measure_base(writer.connection, writer.contact_base)["contacts"] == 0
        assert writer.next_id("contact_id") == 1


def test_a_rehearsal_leaves_nothing(layout: Layout) -> None:
    with store_with(layout, POSTCODE).rehearse() as writer:
        writer.connection.execute("INSERT INTO main.contacts (contact_id) VALUES (1)")
    assert "postcode" not in dict(columns(store_with(layout)))


@pytest.mark.parametrize(
    ("insert", "measure"),
    [
        ("(1, 'a@ex.fr', NULL), (2, 'a@ex.fr', NULL)", "duplicate_keys"),
        ("(1, NULL, NULL)", "missing_keys"),
        ("(1, 'a@ex.fr', NULL), (1, 'b@ex.fr', NULL)", "duplicate_ids"),
        ("(1, 'a@ex.fr', 'perhaps')", "unknown_states"),
        ("(1, '', NULL)", "empty_strings"),
    ],
    ids=lambda value: value if value.isidentifier() else "rows",
)
def test_the_measures_see_what_must_not_be_there(layout: Layout, insert: str, measure: str) -> None:
    with store_with(layout).write() as writer:
        writer.connection.execute(f"INSERT INTO main.contacts (contact_id, email, opt_in_email) VALUES {insert}")
        found = measure_base(writer.connection, writer.contact_base)
    assert {name for name, value in found.items() if value} == {"contacts", measure}


def test_room_that_replaced_contacts_leave_is_used_again(layout: Layout) -> None:
    """Checkpoints leave it while it is little: not each import writes all contacts anew, and no base grows for ever."""
    store, rows, room, tidied = store_with(layout), 600_000, [], []
    for turn in range(12):
        with store.write() as writer:
            tidied.append(writer.connection.execute("SELECT current_setting('max_vacuum_tasks')").fetchall() != [(0,)])
            with writer.transaction() as connection:
                connection.execute("DELETE FROM main.contacts WHERE contact_id % 12 = ?", [turn])
                connection.execute(
                    "INSERT INTO main.contacts BY NAME SELECT range AS contact_id, range || '@ex.fr' AS email FROM range($1) "
                    "WHERE $2 = 0 OR range % 12 = $2",
                    [rows, turn],
                )
            connection.execute("CHECKPOINT")
            info = "FROM pragma_storage_info('main.contacts') WHERE column_name = 'contact_id' AND segment_type <> 'VALIDITY'"
            [(slots,)] = connection.execute(f"SELECT sum(count) {info}").fetchall()
            room.append(slots - rows)
    assert not any(tidied[1:4]), "a little is left where it is"
    assert any(tidied[4:]), "more is not"
    assert max(room) < rows / 2
    assert min(room[6:]) < rows / 10, "it has been used again"


def test_there_is_no_base_before_the_first_publication(layout: Layout) -> None:
    with pytest.raises(UsageError, match="no base yet"), read_published(layout.published):
        pass


def test_a_publication_is_read_only_and_made_once(layout: Layout) -> None:
    store = store_with(layout)
    columns(store)
    assert store.publish()
    assert not store.publish()
    assert layout.published.stat().st_mode & 0o777 == 0o400
    with read_published(store.layout.published) as connection, pytest.raises(duckdb.Error, match="read-only"):
        connection.execute("DELETE FROM contacts")


def test_a_reader_keeps_its_copy_while_the_next_one_is_published(layout: Layout) -> None:
    store = store_with(layout)
    columns(store)
    store.publish()
    with read_published(store.layout.published) as reader:
        with store.write() as writer, writer.transaction() as connection:
            connection.execute("INSERT INTO main.contacts (contact_id, email) VALUES (1, 'a@ex.fr')")
        assert store.publish()
        assert reader.execute("SELECT count(*) FROM contacts").fetchone() == (0,)
    with read_published(store.layout.published) as reader:
        assert reader.execute("SELECT count(*) FROM contacts").fetchone() == (1,)


def test_a_reader_reaches_nothing_outside_the_copy(layout: Layout, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a;b\n1;2\n")
    store = store_with(layout)
    columns(store)
    store.publish()
    with read_published(store.layout.published) as reader, pytest.raises(duckdb.Error, match="disabled"):
        reader.execute(f"SELECT * FROM read_csv('{tmp_path}/secret.csv')")


def test_a_stray_wal_beside_the_copy_is_removed(layout: Layout) -> None:
    store = store_with(layout)
    columns(store)
    store.publish()
    layout.published.with_name("contacts.duckdb.wal").write_bytes(b"left over")
    with store.write() as writer, writer.transaction():
        pass
    assert store.publish()
    with read_published(store.layout.published) as reader:
        assert reader.execute("SELECT count(*) FROM contacts").fetchone() == (0,)


def test_a_second_writer_waits_and_then_names_the_holder(tmp_path: Path) -> None:
    lock = tmp_path / "writer.lock"
    with exclusive(lock, "marie (process 7)", 1):
        with pytest.raises(LockHeldError, match="marie"), exclusive(lock, "paul", 0.1):
            pass
    with exclusive(lock, "paul", 0.1):
        assert lock.read_text() == "paul"


def test_a_killed_holder_leaves_no_lock_and_its_scratch_is_swept(tmp_path: Path) -> None:
    script = """
        import os, signal, sys
        from pathlib import Path
        from pipelines.base.locking import exclusive, scratch_folder
        root = Path(sys.argv[1])
        with exclusive(root / "writer.lock", "the dead", 1), scratch_folder(root / "tmp") as folder:
            (folder / "half.parquet").write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(tmp_path)], check=False)
    assert ended.returncode == -9
    assert list((tmp_path / "tmp").glob("*/half.parquet"))
    with exclusive(tmp_path / "writer.lock", "the living", 0.1), scratch_folder(tmp_path / "tmp") as mine:
        sweep(tmp_path / "tmp")
        assert mine.is_dir()
        assert not list((tmp_path / "tmp").glob("*/half.parquet"))


def test_one_opening_serves_all_writers_of_a_run(layout: Layout) -> None:
    store = store_with(layout)
    with store.hold():
        with store.write() as first:
            first.connection.execute("CREATE TEMP TABLE left_over (a INTEGER)")
            first.connection.execute("SET TimeZone = 'Asia/Tokyo'")
            with first.transaction() as connection:
                connection.execute("UPDATE main.counters SET value = 7 WHERE name = 'import_id'")
        with store.hold(), store.write() as second:
            assert second.next_id("import_id") == 8
            assert second.connection.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
            with pytest.raises(duckdb.CatalogException):
                second.connection.execute("SELECT * FROM left_over")
        with store.rehearse() as third:
            third.next_id("import_id")
        assert store.publish() is True
    with read_published(store.layout.published) as connection:
        assert connection.execute("SELECT value FROM counters WHERE name = 'import_id'").fetchall() == [(8,)]


def test_nobody_else_writes_while_a_run_holds_the_base(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_with(layout)
    monkeypatch.setenv("CARNET_LOCK_SECONDS", "0.1")
    other = Store(store.layout, store.contact_base, "somebody else")
    with store.hold():
        with store.write():
            pass
        with pytest.raises(LockHeldError, match=store.who), other.write():
            pass
    with other.write():
        pass


def test_a_run_gives_way_to_what_is_brief_and_to_no_other_run(layout: Layout) -> None:
    run, brief, other = (replace(store_with(layout), who=who) for who in ("a run", "a call", "another run"))
    done: list[str] = []

    def write_one() -> None:
        with brief.hold(brief=True), brief.write():
            done.append("one contact")

    def run_too() -> None:
        with other.hold(), other.write():
            done.append("another run")

    with run.hold():
        waiting = [threading.Thread(target=each) for each in (run_too, write_one)]
        for thread in waiting:
            thread.start()
            time.sleep(0.2)
        assert done == []
        while not done:
            run.give_way()
        assert done == ["one contact"]
        run.give_way()
        with run.write():
            done.append("the run's next step")
    for thread in waiting:
        thread.join()
    assert done == ["one contact", "the run's next step", "another run"]


def test_whoever_waited_first_comes_before_who_comes_again(tmp_path: Path) -> None:
    lock, order = tmp_path / "writer.lock", list[str]()

    def wait() -> None:
        with in_turn(lock, "who waited", 20):
            order.append("who waited")

    with in_turn(lock, "the first", 20):
        waiting = threading.Thread(target=wait)
        waiting.start()
        while not is_awaited(lock):
            time.sleep(0.01)
    with in_turn(lock, "the first", 20):
        order.append("the first again")
    waiting.join()
    assert order == ["who waited", "the first again"]
    with in_turn(lock, "marie (process 7)", 1), pytest.raises(LockHeldError, match="marie"):
        with in_turn(lock, "paul", 0.1):
            pass
