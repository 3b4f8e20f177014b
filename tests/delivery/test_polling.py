"""Polls of a real OpenSSH server: what is taken, what is left alone, what survives a cut and a kill (IMP-17)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.base.locking import exclusive
from pipelines.declarations.model import ImportModel
from pipelines.delivery.faults import LoginError, NotThereError, SourceBusyError, UnreachableError
from pipelines.delivery.memory import Memory
from pipelines.delivery.polling import Manner, Polled, Source, poll
from pipelines.delivery.taken import Ledger
from pipelines.errors import EnvironmentFaultError
from pipelines.layout import Layout
from tests.delivery.servers import SshServer, Wire

AT = 1_700_000_000
AT_ONCE = Manner(settle=timedelta(0), pauses=(0, 0, 0))


@dataclass
class Account:
    """One model with a source, its inbox and its memory."""

    layout: Layout
    server: SshServer
    model: ImportModel
    said: list[str] = field(default_factory=list)

    @property
    def source(self) -> Source:
        return Source.of(self.model, self.layout, 1 << 20)

    def poll(self, manner: Manner = AT_ONCE) -> Polled:
        with Memory.open(self.layout) as memory:
            return poll(self.source, memory, self.said.append, manner)

    @property
    def inbox(self) -> list[str]:
        """The inbox, hidden files too."""
        return sorted(path.name for path in self.source.inbox.iterdir()) if self.source.inbox.exists() else []

    def import_all(self) -> list[str]:
        """Take the files from the inbox, as the import does; their names."""
        names = self.inbox
        for name in names:
            (self.source.inbox / name).unlink()
        return names


@pytest.fixture
def account(sshd: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    for name, value in sshd.environ().items():
        monkeypatch.setenv(name, value)
    layout = Layout(data=tmp_path / "data", assets=tmp_path / "assets")
    return Account(layout, sshd, ImportModel("newsletter", "newsletter*.csv", source=sshd.address()))


def test_a_file_is_taken_once_with_its_content_and_date(account: Account) -> None:
    account.server.drop("newsletter-1.csv", "Email\na@exemple.fr\n")
    assert account.poll().taken == 1
    path = account.source.inbox / "newsletter-1.csv"
    assert (path.read_text(), path.stat().st_mtime) == ("Email\na@exemple.fr\n", AT)
    account.import_all()
    assert account.poll() == Polled(listed=1)
    assert account.inbox == []
    assert (account.server.files / "newsletter-1.csv").exists(), "a source is only read"


def at(second: int) -> Manner:
    """A poll at that second, by which a file must have stayed the same for ten."""
    now = datetime(2026, 11, 25, 8, tzinfo=UTC) + timedelta(seconds=second)
    return replace(AT_ONCE, settle=timedelta(seconds=10), clock=lambda: now)


def test_a_file_is_left_alone_until_it_stopped_growing(account: Account) -> None:
    path = account.server.drop("newsletter.csv", "Email\n")
    assert account.poll(at(0)) == Polled(listed=1, settling=1)
    with path.open("a") as growing:
        growing.write("a@exemple.fr\n")
    assert account.poll(at(11)) == Polled(listed=1, settling=1), "another size: it still grows"
    assert account.poll(at(20)) == Polled(listed=1, settling=1), "the same, but looked at too soon"
    assert account.inbox == []
    assert account.poll(at(21)) == Polled(listed=1, taken=1)
    assert (account.source.inbox / "newsletter.csv").read_text() == "Email\na@exemple.fr\n"


def test_a_file_that_vanished_meanwhile_is_seen_anew(account: Account) -> None:
    path, away = account.server.drop("newsletter.csv"), account.server.files / "away"
    account.poll(at(0))
    path.rename(away)
    assert account.poll(at(5)) == Polled()
    away.rename(path)
    assert account.poll(at(11)) == Polled(listed=1, settling=1)
    assert account.poll(at(21)).taken == 1


def test_new_content_under_the_same_name_is_taken_again_and_the_former_is_not(account: Account) -> None:
    first = ("newsletter.csv", "Email\na@exemple.fr\n", AT)
    second = ("newsletter.csv", "Email\nb@exemple.fr\n", AT + 60)
    taken = []
    for content in (first, first, second, second, first):
        account.server.drop(*content)
        account.poll()
        taken.append(account.import_all())
    assert taken == [["newsletter.csv"], [], ["newsletter.csv"], [], []]


def test_an_earlier_file_that_waits_in_the_inbox_is_not_overwritten(account: Account) -> None:
    account.server.drop("newsletter.csv", "Email\na@exemple.fr\n")
    account.poll()
    account.server.drop("newsletter.csv", "Email\nb@exemple.fr\n", at=AT + 60)
    assert account.poll() == Polled(listed=1, name_waits=1)
    assert (account.source.inbox / "newsletter.csv").read_text() == "Email\na@exemple.fr\n"
    account.import_all()
    assert account.poll().taken == 1
    assert (account.source.inbox / "newsletter.csv").read_text() == "Email\nb@exemple.fr\n"


def test_what_the_model_does_not_take_stays_at_the_source(account: Account) -> None:
    account.model = replace(account.model, source=account.server.address("*"))
    account.server.drop("newsletter.csv")
    account.server.drop("photo.png")
    account.server.drop("newsletter-line\nbreak.csv")
    account.server.drop("newsletter-large.csv", "x" * ((1 << 20) + 1))
    found = account.poll()
    assert (found.listed, found.taken, found.unfit) == (4, 1, 2)
    assert [file.name for file in found.too_large] == ["newsletter-large.csv"]
    assert account.inbox == ["newsletter.csv"]


def test_a_thousand_files_come_over_one_connection(account: Account) -> None:
    for number in range(1000):
        account.server.drop(f"newsletter-{number:04}.csv", f"Email\na{number}@exemple.fr\n", at=AT + number)
    since = time.monotonic()
    assert account.poll() == Polled(listed=1000, taken=1000)
    seconds = time.monotonic() - since
    assert account.server.logins == 1
    assert seconds < 120, "bounded time"
    found = sorted(account.source.inbox.iterdir(), key=lambda path: path.stat().st_mtime)
    assert [path.name for path in found] == [f"newsletter-{number:04}.csv" for number in range(1000)]
    assert found[417].read_text() == "Email\na417@exemple.fr\n"
    account.import_all()
    assert account.poll() == Polled(listed=1000)


def test_a_poll_that_takes_too_long_leaves_the_rest_to_the_next(account: Account) -> None:
    for number in range(40):
        account.server.drop(f"newsletter-{number:02}.csv", at=AT + number)
    hurried = replace(AT_ONCE, budget=timedelta(seconds=-1))
    assert account.poll(hurried) == Polled(listed=40, left=40)
    assert account.poll().taken == 40


def test_a_cut_connection_is_made_anew_and_nothing_is_lost_or_doubled(
    account: Account, wire: Callable[..., Wire]
) -> None:
    broken = wire(account.server.port, after=3_000_000, cuts=3)
    account.server.trust(broken.port)
    account.model = replace(account.model, source=account.server.address(port=broken.port))
    contents = {f"newsletter-{number:02}.csv": os.urandom(300_000) for number in range(40)}
    for name, content in contents.items():
        account.server.drop(name, content)
    found = account.poll()
    assert (found.taken, found.left) == (40, 0)
    assert broken.connections == 4
    assert len([line for line in account.said if "Trying again" in line]) == 3
    assert {path.name: path.read_bytes() for path in account.source.inbox.iterdir()} == contents


def test_a_connection_that_stays_broken_is_given_up_after_the_last_pause(
    account: Account, wire: Callable[..., Wire]
) -> None:
    broken = wire(account.server.port, after=100_000, cuts=99)
    account.server.trust(broken.port)
    account.model = replace(account.model, source=account.server.address(port=broken.port))
    account.server.drop("newsletter.csv", os.urandom(900_000))
    with pytest.raises(UnreachableError):
        account.poll()
    assert broken.connections == len(AT_ONCE.pauses) + 1
    assert account.inbox == []


def test_what_somebody_must_mend_is_not_tried_again(account: Account, wire: Callable[..., Wire]) -> None:
    watched = wire(account.server.port, after=10**9, cuts=0)
    account.server.trust(watched.port)
    account.model = replace(account.model, source=account.server.address("nowhere/newsletter*.csv", watched.port))
    with pytest.raises(NotThereError):
        account.poll()
    (account.server.folder / "authorized_keys").write_text("")
    with pytest.raises(LoginError):
        account.poll()
    assert watched.connections == 2


def test_a_file_that_may_not_be_fetched_holds_up_no_other(account: Account) -> None:
    account.server.drop("newsletter-1.csv", at=AT)
    account.server.drop("newsletter-2.csv", at=AT + 1)
    # Its name alone is listed: what it points at changes with every look.
    (account.server.files / "newsletter-0.csv").symlink_to("/proc/uptime")
    found = account.poll()
    assert found.taken == 2
    assert account.inbox == ["newsletter-1.csv", "newsletter-2.csv"]


def test_one_poll_at_a_time(account: Account) -> None:
    with exclusive(account.source.lock, "process 17", 0), pytest.raises(SourceBusyError, match="process 17"):
        account.poll()


def test_a_full_disk_is_told_and_nothing_half_is_left(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    # By a link, which alone is removed afterwards.
    full = account.layout.data / "full"
    full.parent.mkdir()
    full.symlink_to("/dev/full")
    account.server.drop("newsletter.csv", "Email\n" * 1000)
    monkeypatch.setattr(Source, "part", lambda self, name: full)
    with pytest.raises(EnvironmentFaultError, match="No space left on device"):
        account.poll(replace(AT_ONCE, pauses=()))
    monkeypatch.undo()
    assert account.inbox == []


@pytest.mark.parametrize("inbox_had_it", [False, True], ids=["before the rename", "after the rename"])
def test_a_kill_around_the_rename_neither_loses_nor_doubles(account: Account, inbox_had_it: bool) -> None:
    account.server.drop("newsletter.csv")
    account.poll(replace(AT_ONCE, budget=timedelta(seconds=-1)))
    with Memory.open(account.layout) as memory:
        ledger = Ledger(memory, "newsletter", account.source.address)
        (file,) = ledger.ready(_listing(account), timedelta(0), datetime.now(UTC))
        ledger.mark(file, "placing")
    if not inbox_had_it:
        account.source.part("newsletter.csv").write_text("Email\na@exemple.fr\n")
    account.source.part("newsletter-other.csv").write_text("half of some")
    assert account.poll().taken == 0
    assert account.inbox == ([] if inbox_had_it else ["newsletter.csv"])


def _listing(account: Account):
    from pipelines.delivery.sftp import RemoteFile

    path = account.server.files / "newsletter.csv"
    return [RemoteFile(path.name, path.stat().st_size, int(path.stat().st_mtime))]


KILLED = """
import sys
from datetime import timedelta
from pathlib import Path
from pipelines.declarations.model import ImportModel
from pipelines.delivery.memory import Memory
from pipelines.delivery.polling import Manner, Source, poll
from pipelines.layout import Layout

layout = Layout(data=Path(sys.argv[1]), assets=Path(sys.argv[1]))
source = Source.of(ImportModel("newsletter", "newsletter*.csv", source=sys.argv[2]), layout, 1 << 20)
with Memory.open(layout) as memory:
    print("polling", flush=True)
    poll(source, memory, print, Manner(settle=timedelta(0)))
"""


def test_polls_that_are_killed_anywhere_take_each_file_once(account: Account) -> None:
    names = {f"newsletter-{number:03}.csv" for number in range(300)}
    for number, name in enumerate(sorted(names)):
        account.server.drop(name, os.urandom(20_000), at=AT + number)
    taken: list[str] = []
    for attempt in range(40):
        command = [sys.executable, "-c", KILLED, str(account.layout.data), account.source.model.source or ""]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.1 + 0.037 * attempt)
            process.send_signal(signal.SIGKILL)
        # What a kill leaves hidden is no file of the inbox; the import takes those that have their name.
        for path in account.source.inbox.glob("newsletter*") if account.source.inbox.exists() else ():
            taken.append(path.name)
            path.unlink()
        if len(taken) >= len(names):
            break
    account.poll()
    taken += account.import_all()
    assert sorted(taken) == sorted(names)
    assert attempt > 1, "the kills came too late to show anything"
