"""What Carnet writes is its owner's alone; links are not followed; names cannot command a terminal (SEC-5)."""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.cli.console import PlainConsole
from pipelines.cli.main import run
from pipelines.cli.output import plain, print_json, table
from pipelines.declarations.model import Export, ImportModel
from pipelines.imports.filing import all_waiting_files, links, move_aside
from pipelines.layout import Layout
from pipelines.privacy import keep_private, tighten
from tests.conftest import Account

MODEL = ImportModel("clients", "*.csv")


@pytest.fixture(autouse=True)
def open_mask() -> Iterator[None]:
    former = os.umask(0o022)
    yield
    os.umask(former)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_all_that_an_import_and_a_publication_write_is_private(account: Account) -> None:
    keep_private()
    account.load("Email;Prénom\na@exemple.fr;A\nno address;B\n")
    account.workspace.refresh_segments()
    account.workspace.publish()
    found = {path: mode(path) for path in account.layout.data.rglob("*")}
    assert len(found) > 8
    assert {bits for path, bits in found.items() if path.is_dir()} | {mode(account.layout.data)} == {0o700}
    assert {bits for path, bits in found.items() if path.is_file()} == {0o600, 0o400}
    assert [path for path, bits in found.items() if bits == 0o400] == [account.layout.published]


def test_the_command_closes_what_it_makes() -> None:
    assert run(["--version"]) == 0
    assert os.umask(0o022) == 0o077


def test_folders_of_former_days_are_closed_but_for_those_that_others_may_use(tmp_path: Path) -> None:
    layout = Layout(data=tmp_path / "data", assets=tmp_path)
    for folder in (layout.archive, layout.exports, layout.base.parent, layout.inbox):
        folder.mkdir(parents=True, mode=0o755)
    tighten(layout)
    assert [mode(folder) for folder in (layout.archive, layout.exports, layout.base.parent)] == [0o700] * 3
    assert (mode(layout.data), mode(layout.inbox)) == (0o755, 0o755)


def test_an_export_is_private_unless_it_is_its_groups_too(account: Account) -> None:
    keep_private()
    account.workspace.edit_contact("a@exemple.fr", {})
    layout = account.layout
    mine = account.workspace.export(Export("mine"))
    assert (mode(mine.path), mode(mine.manifest), mode(layout.exports), mode(layout.data)) == (
        0o600,
        0o600,
        0o700,
        0o700,
    )
    ours = account.workspace.export(Export("ours", share="group"))
    account.workspace.edit_contact("b@exemple.fr", {})
    assert [mode(path) for path in (ours.path, ours.manifest, mine.path)] == [0o640, 0o640, 0o600]
    assert (mode(layout.exports), mode(layout.data), mode(layout.base.parent)) == (0o710, 0o710, 0o700)
    assert mode(account.workspace.export(Export("ours")).path) == 0o600, "a file is as it is now declared"


def test_a_file_that_is_filed_is_private(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Email\n")
    assert mode(move_aside(path, tmp_path / "archive", "clients", "a-1")) == 0o600


def test_a_link_in_the_inbox_is_nobodys(tmp_path: Path) -> None:
    layout = Layout(data=tmp_path / "data", assets=tmp_path)
    folder = layout.inbox / "clients"
    folder.mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("Email\n")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "file.csv").write_text("Email\n")
    assert [path.name for _, path in all_waiting_files(layout, [MODEL])] == ["file.csv"]
    assert links(layout, [MODEL]) == [folder / "link.csv"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("crm\x1b[31m.csv", r"crm\x1b[31m.csv"),
        ("a\rb\x07", r"a\rb\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("crm\u202evsc.exe", r"crm\u202evsc.exe"),
        ("crm\udce9.csv", r"crm\udce9.csv"),
        ("été\tA\nB 🙂", "été\tA\nB 🙂"),
    ],
)
def test_signs_that_a_terminal_obeys_are_shown(text: str, shown: str) -> None:
    assert plain(text) == shown
    page = PlainConsole(file=io.StringIO(), width=100, highlight=False)
    page.print(text, markup=False)
    page.print(table("", ("file",), [(text,)]))
    assert isinstance(page.file, io.StringIO)
    assert not {"\x1b", "\x9b", "\u202e", "\r"} & set(page.file.getvalue())


def test_json_holds_no_such_sign_either(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"file": "a\x1b\x9b.csv"})
    printed = capsys.readouterr().out
    assert not {"\x1b", "\x9b"} & set(printed)
    assert json.loads(printed) == {"file": "a\x1b\x9b.csv"}
