"""The pattern and the model's name that stand for files like one that was seen."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.declarations.names import snake_case
from pipelines.inspection.naming import pattern_of, words_of


@pytest.mark.parametrize(
    ("file", "pattern", "name", "next_one"),
    [
        ("subscribed_email_audience_export_1a2b3c4d5e.csv", "subscribed_email_audience_export_*.csv",
         "subscribed_email_audience_export", "subscribed_email_audience_export_9f8e7d6c5b.csv"),
        ("contacts-3f2504e0-4f89-11d3-9a0c-0305e82c3301.csv", "contacts-*.csv", "contacts",
         "contacts-9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d.csv"),
        ("export_Xy7Gh29Kq.xlsx", "export_*.xlsx", "export", "export_a1B2c3D4.xlsx"),
        ("clients (1).csv", "clients*.csv", "clients", "clients.csv"),
        ("clients - Copie (2).csv", "clients*.csv", "clients", "clients (3).csv"),
        ("clients-copie.csv", "clients*.csv", "clients", "clients.csv"),
        ("Copie de clients.csv", "*clients.csv", "clients", "clients.csv"),
        ("export_2026-11-27T10-30-00.csv", "export_*.csv", "export", "export_2026-12-01T09-00-00.csv"),
        ("export 27 nov. 2026.csv", "export *.csv", "export", "export 1 déc. 2026.csv"),
        ("salon_novembre_2026.csv", "salon_*.csv", "salon", "salon_mai_2027.csv"),
        ("list-27-11-2026_v2.txt", "list-*_v*.txt", "list_v", "list-01-12-2026_v3.txt"),
        ("hubspot-crm-exports-all-contacts-2026-11-27.csv", "hubspot-crm-exports-all-contacts-*.csv",
         "hubspot_crm_exports_all_contacts", "hubspot-crm-exports-all-contacts-2026-12-01.csv"),
        ("newsletter2026.csv", "newsletter*.csv", "newsletter", "newsletter2027.csv"),
        ("1a2b3c4d5e.csv", "??????????.csv", "", "9f8e7d6c5b.csv"),
        ("2026-11-01.csv", "????-??-??.csv", "", "2026-12-01.csv"),
        ("20261101.csv", "[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9].csv", "", "20261201.csv"),
    ],
)  # fmt: skip
def test_files_of_one_kind_have_one_pattern(file: str, pattern: str, name: str, next_one: str) -> None:
    assert (pattern_of(file), snake_case(words_of(file)) or "") == (pattern, name)
    assert fnmatchcase(file, pattern)
    assert fnmatchcase(next_one, pattern)
    assert not fnmatchcase("other.csv", pattern)


@pytest.mark.parametrize("name", "mars decembre marseille facade effaced maison copies b2b top10 marche".split())
def test_words_stay(name: str) -> None:
    file = f"{name}.csv"
    assert any(sign.isalpha() for sign in words_of(file))
    assert pattern_of(file) not in ("*.csv", "*")


@given(st.text(st.characters(exclude_characters="\0/"), min_size=1, max_size=30))
def test_a_pattern_fits_the_file_it_is_made_of(name: str) -> None:
    file = name + ".csv"
    assert fnmatchcase(file, pattern_of(file))
