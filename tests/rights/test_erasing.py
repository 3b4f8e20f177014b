"""Erasure (EXP-9): nothing of the person is left in any store, everything of another is; and nothing brings them back."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from pipelines.cli.main import run
from pipelines.cli.running import watched_workspace
from pipelines.imports.intake import ImportRequest
from pipelines.imports.results import EventCounts
from pipelines.layout import Layout
from pipelines.rights import erasing, journal
from tests.rights.world import (
    FORMER,
    OF_OTHER,
    OF_PERSON,
    OTHER,
    PERSON,
    STRANGER,
    both,
    carnet,
    event,
    inbox,
    places,
    rows,
    whole,
)


def printed(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    capsys.readouterr()
    ended = run([*map(str, arguments), "--json"])
    said = capsys.readouterr()
    assert ended == code, said.out + said.err
    return json.loads(said.out)


def test_nothing_of_the_person_is_left_and_all_of_another(filled: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    before = places(OF_PERSON + OF_OTHER, filled.data)
    assert set(before) == {*OF_PERSON, *OF_OTHER}
    erased = printed(capsys, "contact", "erase", PERSON)
    after = places(OF_PERSON + OF_OTHER, filled.data)
    assert {value: found for value, found in after.items() if value in OF_PERSON} == {}
    assert set(after) == set(OF_OTHER)
    assert {place for place in before[OTHER] if place not in after[OTHER]} <= {
        "exports/tabbed.txt",
        "exports/packed.parquet",
    }
    whole(filled)
    assert erased["contact_id"] == 1
    rooms = {"archive", "refused", "rejects", "exports", "dagster", "automation", "cache", "base"}
    assert rooms | {"contacts", "contact_versions", "former_keys", "events", "import_rejects"} <= set(erased["stores"])
    told = {(each["what"], each["where"].rpartition("/")[2]) for each in erased["left"]}
    assert told == {("elsewhere", "clients-6.csv (import 6)"), ("removed", "names.csv")}
    _manifests_tell_their_files(filled)
    _other_rows_are_byte_for_byte(filled)
    again = printed(capsys, "contact", "erase", PERSON)
    assert (again["contact_id"], again["stores"]) == (None, {})


def _manifests_tell_their_files(layout: Layout) -> None:
    exports = dict(rows(layout, 'SELECT sha256, "rows" FROM exports'))
    for path in layout.exports.glob("*.manifest.json"):
        manifest = json.loads(path.read_bytes())
        data = path.with_name(manifest["file"]).read_bytes()
        assert manifest["sha256"] == hashlib.sha256(data).hexdigest()
        assert exports[manifest["sha256"]] == manifest["rows"]


def _other_rows_are_byte_for_byte(layout: Layout) -> None:
    [kept] = layout.archive.glob("clients/clients-1.csv-*/clients-1.csv")
    assert kept.read_text() == "".join(line for line in both().splitlines(keepends=True) if "Quill" not in line)


def test_what_comes_later_does_not_bring_them_back(filled: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    carnet("contact", "erase", PERSON)
    header = "Email;Nom;Mobile\n"
    mine = f"{PERSON.upper()};Quillfeather;0698765432\n{FORMER};Quillfeather;\n"
    hers = "new.person@exemple.fr;Newcomer;+33 6 98 76 54 32\npas d'adresse;Quill;06.98.76.54.32\n"
    done = printed(
        capsys, "import", inbox(filled, "clients", "clients-7.csv", header + mine + hers), "--model", "clients"
    )
    assert (done["rejected"], done["inserted"]) == (3, 1)
    told = {(each["rule"], each["line"]) for each in done["problems"]}
    assert {("erased", 2), ("erased", 3), ("erased_address", 4)} <= told
    rejected = printed(capsys, "rejects", done["import_id"])
    assert [(each["line"], list(each["row"].values())) for each in rejected][:2] == [(2, []), (3, [])]
    assert rows(filled, "SELECT mobile FROM contacts WHERE email = 'new.person@exemple.fr'") == [(None,)]

    mails = "".join(event(f"x{n}", mail) for n, mail in enumerate((PERSON, FORMER, OTHER)))
    refused = (header + mine).replace("Nom", "Né").encode("cp1252")
    with watched_workspace() as (workspace, _):
        done = workspace.take(ImportRequest(str(inbox(filled, "mails", "mails-2.ndjson", mails)), "mails"))
        assert done.counts == EventCounts(rows=3, new=1, rejected=2)
        assert set(done.problems["rule"]) == {"erased"}
        done = workspace.take(ImportRequest(str(inbox(filled, "clients", "clients-8.csv", refused)), "clients"))
        assert done.status == "refused"

    assert printed(capsys, "contact", "set", PERSON, "last_name=Q", code=1)["error"]["type"] == "RefusedError"
    assert printed(capsys, "contact", "set", OTHER, "mobile=0698765432", code=1)["error"]["type"] == "RefusedError"
    assert places([PERSON, FORMER, "698765432"], filled.data) == {}

    assert printed(capsys, "contact", "set", PERSON, "last_name=Q", "--again")["email"] == PERSON


def test_a_stranger_is_erased_and_an_address_that_nothing_names_is_unknown(
    filled: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    erased = printed(capsys, "contact", "erase", STRANGER)
    assert erased["contact_id"] is None
    assert erased["stores"] == {"archive": 1, "base": 1, "exports": 1, "pending_events": 1}
    assert places([STRANGER], filled.data) == {}
    printed(capsys, "contact", "erase", "nobody@exemple.fr", code=2)
    printed(capsys, "contact", "erase", FORMER, code=2)  # A former address of somebody who has another one.
    assert rows(filled, "SELECT count(*) FROM contacts") == [(2,)]


class Killed(BaseException):
    """As good as `kill -9`: nothing is written any more."""


STEPS = ["clean_folders", "remove_rows", "rewrite_base"]


@pytest.mark.parametrize("step", STEPS)
def test_after_a_kill_the_next_command_goes_on(filled: Layout, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def dies(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(erasing, step, dies)
        with pytest.raises(Killed):
            carnet("contact", "erase", PERSON)
    assert [each.done for each in journal.erasures(filled)] == [False]
    carnet("segments")
    assert [each.done for each in journal.erasures(filled)] == [True]
    assert places(OF_PERSON, filled.data) == {}


_DIES = """
import os, signal, sys
from pipelines.cli.main import run
from pipelines.traces import files
place, places = files._place, []
def dies(*arguments):
    places.append(place(*arguments))
    if len(places) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
files._place = dies
run(["contact", "erase", sys.argv[1]])
"""


def test_a_killed_process_leaves_whole_files_and_the_next_command_goes_on(filled: Layout) -> None:
    done = subprocess.run([sys.executable, "-c", _DIES, PERSON], check=False)
    assert done.returncode == -signal.SIGKILL
    assert set(places(OF_PERSON, filled.data)) == set(OF_PERSON)
    carnet("contact", "show", OTHER)
    assert places(OF_PERSON, filled.data) == {}
    assert list(filled.scratch.glob("*-*")) == []
    whole(filled)


def test_a_restored_base_is_cleared_again(filled: Layout) -> None:
    former = filled.base.read_bytes()
    carnet("contact", "erase", PERSON)
    filled.published.unlink()
    filled.base.write_bytes(former)
    with watched_workspace() as (workspace, _):
        assert erasing.reapply(workspace.store, workspace.declarations) == 1
    assert places(OF_PERSON, filled.data) == {}
    assert rows(filled, "SELECT email FROM contacts") == [(OTHER,)]


def test_an_address_that_two_contacts_have_stays_with_the_other(
    filled: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    carnet("contact", "set", "third@exemple.fr", "mobile=0698765432")
    erased = printed(capsys, "contact", "erase", PERSON)
    assert ("shared", "mobile") in {(each["what"], each["where"]) for each in erased["left"]}
    assert rows(filled, "SELECT mobile FROM contacts WHERE email = 'third@exemple.fr'") == [("+33698765432",)]
