"""One account at work: what both doors rely on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import UnknownNameError
from pipelines.imports.intake import ImportRequest
from pipelines.imports.results import ImportResult
from pipelines.layout import Layout
from pipelines.workspace import Workspace
from tests.behaving import Behaving
from tests.conftest import Account
from tests.expectations.test_judge import pids, within

FILE = "Email;Prénom\nanna@ex.fr;Anna\n"


class Heard:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.results: list[object] = []

    def step(self, name: str) -> None:
        self.steps.append(name)

    def finished(self, result: object) -> None:
        self.results.append(result)


def listened(account: Account) -> tuple[Workspace, Heard]:
    workspace, heard = account.workspace, Heard()
    workspace.listener = heard
    return workspace, heard


def asked(account: Account, content: str = FILE, **options: bool) -> ImportRequest:
    return ImportRequest(str(account.write(content)), "clients", **options)


def test_the_listener_hears_each_step_and_what_came_of_it(account: Account) -> None:
    workspace, heard = listened(account)
    observed: list[str] = []
    result = workspace.take(asked(account), observed.append)
    assert heard.results == [result]
    assert heard.steps == observed
    assert [step.removeprefix("clients.csv: ") for step in dict.fromkeys(observed)] == [
        "read", "rules", "clean", "deduplicate", "merge",
    ]  # fmt: skip


def test_who_judges_anew_is_heard_by_nobody(account: Account) -> None:
    workspace, heard = listened(account)
    result = workspace.judge_anew(asked(account, preview=True))
    assert (result.status, result.counts.rows) == ("preview", 1)
    assert (heard.steps, heard.results) == ([], [])


def test_a_file_is_looked_at_once_for_its_partition_and_its_import(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, _ = listened(account)
    request = asked(account)
    partition = workspace.partition_of(request)
    opened: list[Path] = []
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *rest, **more: (opened.append(path), real(path, *rest, **more))[1])
    result = workspace.take(request)
    assert result.partition == partition
    assert Path(request.path) not in opened


def test_a_file_that_changed_since_is_looked_at_again(account: Account) -> None:
    workspace, _ = listened(account)
    partition = workspace.partition_of(asked(account))
    result = workspace.take(asked(account, FILE + "bob@ex.fr;Bob\n"))
    assert result.counts.rows == 2
    assert result.partition != partition


def test_an_importer_that_nobody_declared_is_named_beside_the_nearest(account: Account) -> None:
    workspace, heard = listened(account)
    for method in (workspace.take, workspace.partition_of):
        with pytest.raises(UnknownNameError, match="clients"):
            method(ImportRequest(str(account.write(FILE)), "client"))
    assert heard.results == []


def test_an_edit_and_an_undo_give_contacts_the_events_that_waited_for_them(behaving: Behaving) -> None:
    behaving.send({"id": 1, "email": "anna@ex.fr", "event": "unsub", "ts": "2026-01-10"})
    assert behaving.sql("SELECT count(*) FROM pending_events") == [(1,)]
    behaving.edit("anna@ex.fr", first_name="Anna")
    assert behaving.contact("anna@ex.fr", "opt_in_email") == "no"
    removed = behaving.contacts("Email\nanna@ex.fr\n", "leaving")
    assert behaving.sql("SELECT count(*) FROM contacts") == [(0,)]
    behaving.undo(removed.import_id)
    assert behaving.contact("anna@ex.fr", "opt_in_email") == "no"
    assert behaving.sql("SELECT count(*) FROM pending_events") == [(0,)]


def test_a_judge_that_nobody_else_shall_find_ends_with_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARNET_JUDGE_SECONDS", "0")
    layout = Layout(data=tmp_path / "data", assets=tmp_path / "assets")
    layout.assets.mkdir()
    (layout.assets / "defs.yaml").write_text("type: pipelines.components.ContactBase\nattributes: {}\n")
    workspace = Workspace.open("a test", layout)
    assert workspace.judge
    assert pids(layout.judge)
    workspace.close()
    assert within(90, lambda: not pids(layout.judge))


def test_results_are_what_the_contract_lists(account: Account) -> None:
    workspace, heard = listened(account)
    workspace.take(asked(account))
    [result] = heard.results
    assert isinstance(result, ImportResult)
    assert {"import_id", "status", "rows", "problems", "rejects_file", "report", "unreachable"} <= set(result.as_json())
