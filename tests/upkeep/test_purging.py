"""EXP-8: a purge deletes those whom its archive holds, and nobody else; a refusal outlives it, and it can be taken back."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from pipelines.errors import EnvironmentFaultError, UnknownNameError
from pipelines.upkeep import purging
from tests.conftest import DECLARATIONS, Account

SEGMENT = """---
type: pipelines.components.Segment
attributes: {name: parisians, label: Parisiens, criteria: [{field: postcode, op: starts_with, value: "75"}]}
"""
FILE = (
    "Email;Prénom;Code postal;Opt-In Email;Portable;Perle\n"
    'a@ex.fr;=Ana;75001;Non;0612345678;X\nb@ex.fr;Bob;69001;Oui;;\nc@ex.fr;"Cé\nline";75011;Oui;;\n'
)


@pytest.fixture
def filled(account: Account) -> Account:
    account.declare(DECLARATIONS + SEGMENT)
    account.load(FILE)
    account.workspace.refresh_segments()
    account.workspace.publish()
    return account


def test_whoever_is_meant_goes_and_the_archive_holds_them(filled: Account) -> None:
    purged = filled.workspace.purge("parisians")
    assert (purged.deleted, filled.contacts("email")) == (2, [("b@ex.fr",)])
    manifest = json.loads(purged.manifest.read_text())
    assert manifest["sha256"] == hashlib.sha256(purged.archive.read_bytes()).hexdigest()
    assert manifest["rows"] == 2
    head = purged.archive.read_text(encoding="utf-8").splitlines()[0].split(";")
    needed = {"Adresse Email", "Opt-In Email", "Statut Email", "Mobile (pour SMS)", "Opt-In SMS", "Statut Mobile"}
    assert needed <= set(head)
    [row] = filled.rows(
        "SELECT action, deleted, file, sha256 FROM main.imports WHERE import_id = ?", [purged.import_id]
    )
    assert row == ("purge", 2, purged.archive.name, manifest["sha256"])


def test_a_refusal_outlives_it(filled: Account) -> None:
    filled.workspace.purge("parisians")
    filled.load("Email;Opt-In Email\na@ex.fr;Oui\nc@ex.fr;Oui\n", "clients-2.csv")
    assert filled.contacts("email", "opt_in_email") == [("a@ex.fr", "no"), ("b@ex.fr", "yes"), ("c@ex.fr", "yes")]


def test_it_is_taken_back_and_its_archive_imports_again(filled: Account) -> None:
    before = filled.contacts("* EXCLUDE (modified_at)")
    purged = filled.workspace.purge("parisians")
    again = filled.load(purged.archive.read_bytes(), "clients-again.csv", preview=True)
    assert (again.status, again.counts.rows, again.counts.rejected) == ("preview", 2, 0)
    undone = filled.workspace.undo(purged.import_id)
    assert (undone.restored, filled.contacts("* EXCLUDE (modified_at)")) == (2, before)


def test_of_an_archive_that_is_not_what_was_written_nobody_goes(
    filled: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = purging.delete_archived

    def spoilt(writer, archive, *rest):
        lines = archive.path.read_bytes().splitlines(keepends=True)
        archive.path.write_bytes(b"".join(lines[:-1]))
        return written(writer, archive, *rest)

    monkeypatch.setattr(purging, "delete_archived", spoilt)
    before = filled.contacts()
    with pytest.raises(EnvironmentFaultError, match="nobody was deleted"):
        filled.workspace.purge("parisians")
    assert filled.contacts() == before
    assert filled.rows("SELECT count(*) FROM main.imports WHERE action = 'purge'") == [(0,)]


def test_whom_nothing_names_is_told(filled: Account) -> None:
    with pytest.raises(UnknownNameError, match="parisians"):
        filled.workspace.purge("parisian")
    assert (filled.workspace.count("parisians"), filled.workspace.count("all_contacts")) == (2, 3)


def test_two_purges_share_no_archive(filled: Account) -> None:
    places = {filled.workspace.purge("parisians").archive for _ in range(2)}
    assert len(places) == 2
    assert {path.parent for path in places} == {Path(filled.layout.archive / "purges")}
