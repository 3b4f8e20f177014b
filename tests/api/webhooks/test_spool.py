"""Posted events on disk, before they are imported: whole lines, known to erasures and to backups."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from pipelines.api.webhooks.spool import Spool
from pipelines.backups.taking import take_backup
from tests.api.conftest import DECLARATIONS
from tests.api.webhooks.conftest import IMPORTS, event
from tests.conftest import Account


@pytest.fixture
def posted(account: Account) -> Account:
    """An account with two events that wait, of people whom it knows."""
    account.declare(DECLARATIONS + IMPORTS)
    account.load("email\nann@ex.fr\nbob@ex.fr\n")
    lines = [event(1), event(2, email="bob@ex.fr")]
    spool = Spool(account.layout)
    asyncio.run(spool.keep("esp", "sender", "".join(json.dumps(each) + "\n" for each in lines).encode()))
    spool.finish(0)
    return account


def test_whoever_is_erased_is_told_of_and_left_out_of_what_waits(posted: Account) -> None:
    erased = posted.workspace.erase_contact("ann@ex.fr")
    assert [(left.what, Path(left.where).parent.parent.name) for left in erased.left if left.what == "waiting"] == [
        ("waiting", ".webhooks")
    ]
    [batch] = Spool(posted.layout).batches()
    result = posted.take(batch.path, "esp")
    told = result.as_json()
    assert (told["new"], told["rejected"]) == (1, 1)
    assert not batch.path.exists()
    [archived] = posted.layout.archive.rglob("webhook-*.ndjson")
    assert "ann@" not in archived.read_text()


def test_a_backup_holds_what_waits(posted: Account, tmp_path: Path) -> None:
    taken = take_backup(posted.workspace.store, tmp_path / "backup")
    [kept] = Path(taken.path).rglob("*/.webhooks/*/*.ndjson")
    assert kept.read_text().count("\n") == 2


def test_key_names_never_meet(account: Account) -> None:
    spool = Spool(account.layout)
    for who in ("a/../b", "é" * 60, "a"):
        asyncio.run(spool.keep("esp", who, b"{}\n"))
    spool.finish(0)
    assert sorted(batch.who for batch in spool.batches()) == sorted(("a/../b", "é" * 60, "a"))


def test_a_full_disk_is_told_to_the_sender_and_leaves_whole_lines(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, write = Spool(account.layout), os.write

    def cut_short(descriptor: int, data: memoryview) -> int:
        write(descriptor, data[:3])
        raise OSError(28, "No space left on device")

    async def fill() -> None:
        await spool.keep("esp", "sender", b'{"id":1}\n')
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", cut_short)
            with pytest.raises(OSError, match="No space"):
                await spool.keep("esp", "sender", b'{"id":2}\n')
        await spool.keep("esp", "sender", b'{"id":3}\n')

    asyncio.run(fill())
    spool.finish(0)
    [batch] = spool.batches()
    assert batch.path.read_bytes() == b'{"id":1}\n{"id":3}\n'
    assert (batch.event_import, batch.who) == ("esp", "sender")
