"""The page for users says what the program does."""

from __future__ import annotations

import json
import re

import pytest

from pipelines.formulas import neutralise
from pipelines.layout import ROOT
from tests.exports.conftest import Taker

PAGE = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
FRENCH_PAGE = (ROOT / "docs" / "fr" / "exports.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "header"),
    [(PAGE, "| in the base | in the file |"), (FRENCH_PAGE, "| dans la base | dans le fichier |")],
    ids=["en", "fr"],
)
def test_examples_of_formulas(page: str, header: str) -> None:
    table = page.split(f"{header}\n|---|---|\n")[1].split("\n\n", maxsplit=1)[0]
    rows = re.findall(r"^\| `(.*)` \| `(.*)` \|$", table, re.MULTILINE)
    assert len(rows) == 7
    assert [neutralise(text) for text, _ in rows] == [cell for _, cell in rows]


def test_the_manifest_has_the_keys_of_a_real_one(take: Taker) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    documented, real = json.loads(example), json.loads(take().manifest.read_text("utf-8"))
    assert (list(documented), list(documented["definition"])) == (list(real), list(real["definition"]))
