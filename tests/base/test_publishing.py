"""Publishing writes what changed, and never into a file that somebody may read (SEC-1, EXP-9)."""

from __future__ import annotations

import fcntl
import mmap
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pytest

from pipelines.base.former_copy import bring_up
from pipelines.base.published import read_published
from pipelines.base.store import Store
from pipelines.declarations.model import ContactBase
from pipelines.layout import Layout
from pipelines.rights.rewriting import rewrite_base

ROWS = 20_000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A base of 20 000 contacts that was published twice: the first copy is kept to be written to, if that can be here."""
    made = Store(Layout(data=tmp_path / "data", assets=tmp_path / "assets"), ContactBase(), "a test")
    change(made, 0)
    change(made, 1)
    return made


def change(store: Store, turn: int) -> None:
    """As many contacts more, and the base published."""
    with store.write() as writer, writer.transaction() as connection:
        connection.execute(
            "INSERT INTO main.contacts (contact_id, email) SELECT id, md5(id::VARCHAR) || '@ex.fr' "
            "FROM (SELECT $turn * $rows + range AS id FROM range($rows))",
            {"turn": turn, "rows": ROWS},
        )
    assert store.publish()


def former(store: Store) -> Path:
    return store.layout.base.with_name("contacts.former")


@pytest.fixture
def reused(store: Store) -> Store:
    """The same, where the file system does not share blocks: there former copies are used again."""
    if not former(store).exists():
        pytest.skip("this file system shares blocks, or another machine may read it")
    return store


def count(store: Store) -> int:
    with read_published(store.layout.published) as connection:
        [(found,)] = connection.execute("SELECT count(*) FROM contacts").fetchall()
    return found


def inode(path: Path) -> int:
    return path.stat().st_ino


def same(store: Store) -> bool:
    return store.layout.published.read_bytes() == store.layout.base.read_bytes()


def test_each_publication_is_the_base_byte_for_byte(store: Store) -> None:
    for turn in range(2, 8):
        if turn == 5:  # The base becomes smaller, and what it holds stands elsewhere.
            with store.write() as writer, writer.transaction() as connection:
                connection.execute(f"DELETE FROM main.contacts WHERE contact_id >= {ROWS}")
            with store.write() as writer:
                writer.connection.execute("CHECKPOINT")
        change(store, turn)
        assert same(store)
    assert count(store) == 4 * ROWS
    assert store.layout.published.stat().st_mode & 0o777 == 0o400


def test_two_files_take_turns_while_nobody_reads(reused: Store) -> None:
    known = {inode(reused.layout.published), inode(former(reused))}
    for turn in range(2, 6):
        expected = inode(former(reused))
        change(reused, turn)
        assert inode(reused.layout.published) == expected
        assert {inode(reused.layout.published), inode(former(reused))} == known
    assert former(reused).stat().st_mode & 0o777 == 0o600


@contextmanager
def opened(path: Path) -> Generator[Callable[[], bytes]]:
    with path.open("rb") as file:

        def read() -> bytes:
            return os.pread(file.fileno(), 1 << 24, 0)

        yield read


@contextmanager
def mapped(path: Path) -> Generator[Callable[[], bytes]]:
    with path.open("rb") as file:
        view = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    with closing(view):
        yield lambda: view[:]


@contextmanager
def linked(path: Path) -> Generator[Callable[[], bytes]]:
    link = path.with_name("kept.duckdb")
    os.link(path, link)
    yield link.read_bytes
    link.unlink()


@pytest.mark.parametrize("reading", [opened, mapped, linked], ids=lambda reading: reading.__name__)
def test_whoever_has_a_copy_keeps_it(store: Store, reading: Callable[[Path], object]) -> None:
    held = store.layout.published.read_bytes()
    with reading(store.layout.published) as read:  # type: ignore[attr-defined]
        for turn in range(2, 6):
            change(store, turn)
            assert same(store)
            assert read() == held
    change(store, 6)
    assert same(store)


def test_a_session_answers_from_the_copy_that_it_opened(store: Store, tmp_path: Path) -> None:
    code = textwrap.dedent(
        """
        import duckdb, sys
        base = duckdb.connect(sys.argv[1], read_only=True)
        for _ in sys.stdin:
            print(base.sql("SELECT count(*), count(DISTINCT email), sum(contact_id) FROM contacts").fetchall(), flush=True)
        """
    )
    command = [sys.executable, "-c", code, str(store.layout.published)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as analyst:
        assert analyst.stdin
        assert analyst.stdout
        answers = set[str]()
        for turn in range(2, 6):
            print(file=analyst.stdin, flush=True)
            answers.add(analyst.stdout.readline())
            change(store, turn)
        analyst.stdin.close()
    assert answers == {f"[({2 * ROWS}, {2 * ROWS}, {sum(range(2 * ROWS))})]\n"}
    assert count(store) == 6 * ROWS


def test_whoever_opens_a_file_that_is_written_to_waits_for_the_end(reused: Store) -> None:
    """And is no end of the process that writes: by default a lease that somebody waits for ends its holder."""
    change(reused, 2)
    path = former(reused)
    with path.open("r+b") as file:
        fcntl.fcntl(file.fileno(), fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(file.fileno(), fcntl.F_SETLEASE, fcntl.F_WRLCK)
        code = "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read(7))"
        reader = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
        while fcntl.fcntl(file.fileno(), fcntl.F_GETLEASE) == fcntl.F_WRLCK:
            time.sleep(0.01)
        file.write(b"written")
        file.flush()
    assert reader.communicate(timeout=30)[0] == b"written"


def test_a_former_copy_that_somebody_opened_is_left_to_them(reused: Store, tmp_path: Path) -> None:
    held = former(reused).read_bytes()
    with former(reused).open("rb") as file:
        assert not bring_up(former(reused), reused.layout.base, tmp_path / "aside")
        assert file.read() == held
    assert not former(reused).exists()
    assert not (tmp_path / "aside").exists()


@pytest.mark.parametrize("damage", ["unreadable", "missing"])
def test_a_damaged_copy_is_written_anew_and_not_kept(store: Store, damage: str) -> None:
    published = store.layout.published
    published.chmod(0o600)
    if damage == "missing":
        published.unlink()
    else:
        with published.open("r+b") as file:
            file.seek(4096)
            file.write(bytes(8192))
    change(store, 2)
    assert same(store)
    assert not former(store).exists()
    change(store, 3)
    assert same(store)


def test_what_was_erased_stands_in_no_former_copy(store: Store, tmp_path: Path) -> None:
    with store.write() as writer, writer.transaction() as connection:
        connection.execute("UPDATE main.contacts SET email = 'whoever@ex.fr' WHERE contact_id = 7")
    store.publish()
    with store.write() as writer, writer.transaction() as connection:
        connection.execute("DELETE FROM main.contacts WHERE contact_id = 7")
    store.publish()
    rewrite_base(store.layout, tmp_path)
    left = [path for path in store.layout.data.rglob("*") if path.is_file() and b"whoever@ex.fr" in path.read_bytes()]
    assert left == []
    assert not former(store).exists()
    assert same(store)


def test_a_kill_leaves_the_former_copy_or_the_new_one(store: Store) -> None:
    code = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from pipelines.base.store import Store
        from pipelines.declarations.model import ContactBase
        from pipelines.layout import Layout

        store = Store(Layout(data=Path(sys.argv[1]), assets=Path(sys.argv[1])), ContactBase(), "another")
        print(flush=True)
        while True:
            with store.write() as writer, writer.transaction() as connection:
                connection.execute("UPDATE main.contacts SET last_name = md5(random()::VARCHAR)")
            store.publish()
        """
    )
    for turn in range(6):
        with subprocess.Popen([sys.executable, "-c", code, str(store.layout.data)], stdout=subprocess.PIPE) as writing:
            assert writing.stdout
            writing.stdout.readline()
            time.sleep(0.4 + 0.13 * turn)
            writing.kill()
        with duckdb.connect(str(store.layout.published), read_only=True) as connection:
            # Every block is read, and has its checksum looked at.
            found = connection.execute("SELECT count(DISTINCT email), count(last_name) FROM contacts").fetchall()
        assert found in ([(2 * ROWS, 0)], [(2 * ROWS, 2 * ROWS)])
    change(store, 2)
    assert same(store)
