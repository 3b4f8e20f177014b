"""Exports opened by LibreOffice: columns, accents, leading zeros and dates are right, and nothing runs (EXP-3)."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.conftest import Shop

SOFFICE = shutil.which("soffice")
HOSTILE = ["=1+1", '=HYPERLINK("http://ex.fr")', "@SUM(1;2)", "+1+cmd|' /C calc'!A0", "-2+3", '=\tDDE("a";"b";"c")']
FIELDS = "email,first_name,last_name,postcode,birth_date,basket,interests,created_at"
TEXTS = "2/2/2/2/5/1/2/2"
"""How LibreOffice is told to read the columns of a CSV: 2 is text, 5 a date as YYYY-MM-DD, 1 as it comes."""


def opened(file: Path, folder: Path, separator: str = "") -> list[list[str]]:
    """What the spreadsheet shows once it has opened the file: its cells, as it formats them."""
    assert SOFFICE is not None
    columns = "/".join(f"{n}/{kind}" for n, kind in enumerate(TEXTS.split("/"), start=1))
    told = (
        [
            f"--infilter=Text - txt - csv (StarCalc):{ord(separator)},34,76,1,{columns},0,false,false,false,false,false,-1,false"
        ]
        if separator
        else []
    )
    shown = [
        "--convert-to",
        "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1",
        "--outdir",
        folder,
    ]
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [SOFFICE, profile, "--headless", *told, *shown, file]
    subprocess.run(command, check=True, capture_output=True, timeout=180, env=os.environ | {"HOME": str(folder)})
    [made] = folder.glob("*.csv")
    return list(csv.reader(io.StringIO(made.read_text(encoding="utf-8"))))


@pytest.fixture
def exported(shop: Shop) -> Shop:
    lines = [f'h{n}@ex.fr;"{text.replace(chr(34), chr(34) * 2)}";Nom;01000;;;X\n' for n, text in enumerate(HOSTILE)]
    head = "Email;Prénom;Nom;Code postal;Date de naissance;Panier moyen;Perle\n"
    people = "a@ex.fr;Amélie;Žižek 東京;01000;31/01/1985;12.5;X\n" + "".join(lines)
    model = "---\ntype: pipelines.components.ImportModel\nattributes: {name: people, file: 'people*.csv'}\n"
    (shop.assets / "people.yaml").write_text(model.removeprefix("---\n"), encoding="utf-8")
    shop.carnet("import", shop.write(head + people, "people.csv"), "--model", "people")
    return shop


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed (Debian: libreoffice-calc)")
@pytest.mark.parametrize("kind", ["xlsx", "csv", "txt"])
def test_a_spreadsheet_opens_an_export_as_it_is_meant(exported: Shop, tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"out.{kind}"
    exported.carnet("export", "--audience", "all_contacts", "--fields", FIELDS, "--to", file)
    if kind != "xlsx":
        file = file.rename(tmp_path / "table.txt")
    folder = tmp_path / "shown"
    folder.mkdir()
    header, *rows = opened(file, folder, {"csv": ";", "txt": "\t"}.get(kind, ""))
    assert header[:5] == ["Adresse Email", "Prénom", "Nom", "Code postal", "Date de naissance"]
    [amelie] = [row for row in rows if row[0] == "a@ex.fr"]
    assert amelie[1:4] == ["Amélie", "Žižek 東京", "01000"]
    assert any(year in amelie[4] for year in ("1985", "85"))
    assert amelie[5].replace(",", ".") == "12.5"
    shown = {row[1].lstrip("'") for row in rows if row[0] != "a@ex.fr"}
    # What would run is shown as the text that it is, with the sign that guards it or without.
    assert shown == set(HOSTILE)
    assert len(rows) == len(HOSTILE) + 1
