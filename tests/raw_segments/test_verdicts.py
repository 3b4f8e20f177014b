"""SQL is judged once a content; a verdict depends on all that it came from, and a damaged cache on nothing (SEG-10)."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.declarations.problems import DeclarationError
from pipelines.declared import declared
from pipelines.raw_segments import binding, confining, verdicts

YAML = "type: pipelines.components.ContactBase\nattributes:\n  fields: [{name: %s, label: Ville, format: %s}]\n"
FIELD = ", {name: street, label: Rue, format: text}]"
SQL = """\
-- Lyon
SELECT contacts.contact_id
FROM contacts JOIN main.imports ON true WHERE city = 'Lyon' AND contact_id IN (SELECT contact_id FROM segments.sms_contacts);
"""
Judged = list[str]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Judged:
    """What was judged, in turn."""
    found: Judged = []

    def listed(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def judge(*arguments: object) -> object:
            found.append(name)
            return real(*arguments)

        return judge

    monkeypatch.setattr(verdicts, "confine", listed("confine", confining.confine))
    monkeypatch.setattr(binding, "_judge", listed("bind", binding._judge))  # pyright: ignore[reportPrivateUsage]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "assets"
    made.mkdir()
    (tmp_path / "data").mkdir()
    (made / "defs.yaml").write_text(YAML % ("city", "text"))
    (made / "lyon.sql").write_text(SQL)
    return made


def kept(folder: Path) -> Path:
    return folder.parent / "data" / "cache" / "raw_segments"


def test_what_is_the_same_is_judged_once(folder: Path, judged: Judged) -> None:
    first = declared(folder, kept(folder))
    assert judged == ["confine", "bind"]
    second = declared(folder, kept(folder))
    assert judged == ["confine", "bind"]
    assert second == first
    assert second.segment("lyon").sql == first.segment("lyon").sql
    assert "FROM main.contacts JOIN main.imports" in (second.segment("lyon").sql or "")


@pytest.mark.parametrize(
    ("file", "text", "again"),
    [
        ("lyon.sql", SQL.replace("Lyon'", "Paris'"), ["confine", "bind"]),
        ("defs.yaml", "# more\n" + YAML % ("city", "text"), []),
        ("defs.yaml", YAML.replace("]", FIELD) % ("city", "text"), ["bind"]),
        ("defs.yaml", YAML % ("city", "text") + "  timezone: Asia/Tokyo\n", ["bind"]),
        ("more.sql", "SELECT 1 AS contact_id", ["confine", "bind", "bind"]),
    ],
    ids=["text", "a comment in YAML", "fields", "zone", "another segment"],
)
def test_what_a_verdict_depends_on_has_it_judged_again(
    folder: Path, judged: Judged, file: str, text: str, again: list[str]
) -> None:
    declared(folder, kept(folder))
    judged.clear()
    (folder / file).write_text(text)
    declared(folder, kept(folder))
    assert judged == again


def test_other_judges_judge_again(folder: Path, judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(folder, kept(folder))
    judged.clear()
    monkeypatch.setattr(verdicts, "_judges", lambda: "another version")
    declared(folder, kept(folder))
    assert judged == ["confine", "bind"]


def test_what_no_longer_fits_is_refused_though_it_was_accepted(folder: Path) -> None:
    declared(folder, kept(folder))
    (folder / "defs.yaml").write_text(YAML % ("town", "text"))
    with pytest.raises(DeclarationError, match=r"lyon\.sql:3"):
        declared(folder, kept(folder))
    with pytest.raises(DeclarationError, match=r"lyon\.sql:3"):
        declared(folder, kept(folder))


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[:-7],
        lambda raw: raw.replace(b"contacts", b"imports_"),
        lambda raw: b"\xff" * 99,
        lambda raw: b"[]",
    ],
    ids=["empty", "cut", "changed", "garbage", "something else"],
)
def test_a_damaged_cache_is_made_anew(folder: Path, judged: Judged, damage: Callable[[bytes], bytes]) -> None:
    first = declared(folder, kept(folder))
    whole = kept(folder).read_bytes()
    kept(folder).write_bytes(damage(whole))
    judged.clear()
    assert declared(folder, kept(folder)) == first
    assert judged == ["confine", "bind"]
    assert kept(folder).read_bytes() == whole


def test_it_is_its_owners_alone_and_small(folder: Path) -> None:
    declared(folder, kept(folder))
    assert stat.S_IMODE(kept(folder).stat().st_mode) == 0o600
    assert stat.S_IMODE(kept(folder).parent.stat().st_mode) == 0o700
    (folder / "lyon.sql").write_text("SELECT contact_id FROM contacts")
    declared(folder, kept(folder))
    assert len(kept(folder).read_bytes()) < 400
    assert [path.name for path in kept(folder).parent.iterdir()] == ["raw_segments"]


def test_without_a_folder_nothing_is_kept(folder: Path) -> None:
    (folder.parent / "data").rmdir()
    assert declared(folder, kept(folder)).segment("lyon").sql
    assert not (folder.parent / "data").exists()
