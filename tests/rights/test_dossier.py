"""The dossier of one person (EXP-12): all that is held, with the proof of consents, for its owner alone."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from pipelines.cli.running import watched_workspace
from pipelines.layout import Layout
from tests.rights.test_erasing import printed
from tests.rights.world import FORMER, OTHER, PERSON, STRANGER


def test_everything_held_is_handed_over(filled: Layout, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with watched_workspace() as (workspace, _):
        workspace.edit_contact(PERSON, {"opt_in_email": "no", "company": "<b>Quill & Co</b>"})
    place = tmp_path / "dossier"
    written = printed(capsys, "contact", "dossier", PERSON, "--to", place)
    assert written == {"path": str(place), "files": written["files"]}
    assert sorted(written["files"]) == sorted(path.name for path in place.iterdir())
    assert {path.stat().st_mode & 0o777 for path in place.iterdir()} == {0o600}
    assert place.stat().st_mode & 0o777 == 0o700

    held = json.loads((place / "dossier.json").read_bytes())
    fields = {each["label"]: each["value"] for each in held["fields"]}
    assert (fields["Adresse Email"], fields["Opt-In Email"], fields["N° client"]) == (PERSON, "Non", "ZQ-77481")
    assert [each["address"] for each in held["former_addresses"]] == [FORMER]
    [consent] = held["consents"]
    assert (consent["channel"], consent["old"], consent["new"], consent["source"]) == ("email", None, "no", "hand")
    assert {each["event_id"] for each in held["events"]} == {"e1", "e3"}
    assert {each["segment"] for each in held["segments"]} >= {"all_contacts", "email_unsubscribed"}
    [first] = [each for each in held["imports"] if each["import_id"] == 1]
    assert (first["outcome"], first["lines"], Path(first["kept_file"]).name) == ("inserted", "2", "clients-1.csv")
    assert [(each["file"], each["line"]) for each in held["rejected_rows"]] == [
        ("mails-1.ndjson", 5),
        ("clients-2.csv", 2),
    ]
    assert {Path(each["file"]).name for each in held["files"]} >= {"clients-3.csv", "clients-4.xlsx", "clients-5.zip"}
    assert {each["name"] for each in held["exports"]} >= {"everybody", "tabbed", "packed"}
    assert len(held["runs"]) == 1
    assert OTHER not in (place / "dossier.json").read_text().replace(f"chez {PERSON}", "")

    page = (place / "dossier.html").read_text()
    # The person reads it: in the base's language, whatever the operator's own is.
    assert '<html lang="fr">' in page
    assert "<h2>Consentements et leur preuve</h2>" in page
    assert "<h2>Consents" not in page
    assert "&lt;b&gt;Quill &amp; Co&lt;/b&gt;" in page
    assert not re.search(r"https?://|<script|<link|url\(", page)

    printed(capsys, "contact", "dossier", PERSON, "--to", place, code=2)
    printed(capsys, "contact", "dossier", "nobody@exemple.fr", "--to", tmp_path / "none", code=2)
    assert not (tmp_path / "none").exists()


def test_a_stranger_gets_what_waits_for_them_in_an_archive(
    filled: Layout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "dossier.zip"
    printed(capsys, "contact", "dossier", STRANGER, "--to", place)
    assert place.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(place) as archive:
        held = json.loads(archive.read("dossier.json"))
    assert held["contact_id"] is None
    assert [each["event_id"] for each in held["events"]] == ["e4"]
    assert [each["lines"] for each in held["files"]] == ["4"]
    assert filled.published.exists()
