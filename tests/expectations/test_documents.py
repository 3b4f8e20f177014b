"""Data Docs of the last imports (SRV-3): Great Expectations' own pages, without anything from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from expectations.judge import Judge
from expectations.judgements import KEPT, Judgement, keep, kept

BEGAN = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
MEASURES = {"kind": ["text"], "encoding": ["windows-1252"], "rows": [5], "size": [100]}


def judged(judge: Judge, import_id: int) -> Judgement:
    verdicts = judge.judge("file", MEASURES, {"max_bytes": 1000, "max_columns": 100})
    return Judgement(import_id, "newsletter", "refused", BEGAN, verdicts)


def test_each_import_has_a_page_that_says_what_was_judged(judge: Judge, tmp_path: Path) -> None:
    folder, site = tmp_path / "judgements", tmp_path / "docs" / "quality"
    for number in (11, 12, 11 + KEPT):
        keep(folder, judged(judge, number))
    former = site / "validations" / "former.html"
    former.parent.mkdir(parents=True)
    former.touch()
    # In a process of its own, as the product does: importing Great Expectations warns.
    command = [sys.executable, "-m", "expectations.documents", str(folder), str(site)]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    assert made.stdout == "2\n", "the eleventh is too old for a page"
    for each in kept(folder):
        assert f'href="{each.page}"' in (site / "index.html").read_text(encoding="utf-8")
        assert "The file is UTF-8 throughout." in (site / each.page).read_text(encoding="utf-8")
    for each in site.rglob("*.html"):
        assert not re.search(r"<script|<(link|img)[^>]*https?://", each.read_text(encoding="utf-8")), each.name
    assert not former.exists(), "the site takes the place of the former one"
    assert [path.name for path in site.parent.iterdir()] == ["quality"]


def test_what_is_kept_comes_back_as_it_was_but_for_rows(judge: Judge, tmp_path: Path) -> None:
    judgement = judged(judge, 7)
    keep(tmp_path, judgement)
    [back] = kept(tmp_path)
    assert (back.import_id, back.page, back.passed) == (7, judgement.page, False)
    assert [each.expectation for each in back.verdicts] == [each.expectation for each in judgement.verdicts]
    assert {each.rows for each in back.verdicts} == {()}
