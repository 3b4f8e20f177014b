"""A missing base, and `carnet base adopt`, as people meet them (issue 16)."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import SAMPLES, Terminal

COUNT = "SELECT count(*) AS contacts FROM contacts"


def test_a_missing_base_is_told_and_its_copy_becomes_the_base(filled: Terminal) -> None:
    base = filled.folder / "data" / "base" / "carnet.duckdb"
    before = filled.json("sql", COUNT)
    base.rename(filled.folder / "moved.duckdb")
    for command in (
        ["import", SAMPLES / "crm-2026-11.txt"],
        ["segments", "--refresh"],
        ["contact", "set", "zoe@exemple.fr", "first_name=Zoé"],
        ["export", "base_totale"],
    ):
        told = filled.json(*command, code=3)["error"]
        assert "is missing, though it was published before. Nothing was written" in told["message"]
        assert "carnet base adopt --from-copy" in told["hint"]
        assert not base.exists()
    assert filled.json("sql", COUNT) == before
    adopted = filled.json("base", "adopt", "--from-copy")
    assert list(adopted) == ["adopted", "found", "contacts", "base", "published", "kept"]
    assert (adopted["adopted"], adopted["contacts"], adopted["kept"]) == (True, before[0]["contacts"], [])
    assert Path(adopted["base"]) == base
    assert filled.json("import", SAMPLES / "newsletter-2026-11.csv")["status"] == "skipped", "its history goes on too"


def test_a_base_in_order_needs_no_adoption(filled: Terminal) -> None:
    assert "nothing to adopt" in filled.carnet("base", "adopt")


def test_an_empty_base_is_begun_only_when_asked_so(filled: Terminal) -> None:
    (filled.folder / "data" / "base" / "carnet.duckdb").unlink()
    assert "no base at" in filled.carnet("base", "adopt", code=2)
    begun = filled.carnet("base", "adopt", "--empty")
    assert "Kept aside: " in begun
    assert "0 contacts" in begun
    assert filled.json("import", SAMPLES / "newsletter-2026-11.csv")["status"] == "imported"
