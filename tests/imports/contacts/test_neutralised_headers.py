"""A header that an export guarded against spreadsheets is read as the value that it names (EXP-3)."""

from __future__ import annotations

import pytest

from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.fields import Field, Format, Labels, declared_value
from pipelines.imports.contacts.mapping import resolve

AGES = Field("ages", Labels("Âges", "Ages"), Format.MULTI_SELECT, (declared_value("-18 ans"), declared_value("Adulte")))
BASE = ContactBase(declared_fields=(AGES,))


@pytest.mark.parametrize("header", ["-18 ans", "'-18 ans"], ids=["plain", "guarded"])
@pytest.mark.parametrize("mapping", [{}, {"-18 ans": "ages"}], ids=["by itself", "mapped"])
def test_a_guarded_header_is_the_value_that_it_names(header: str, mapping: dict[str, str | None]) -> None:
    found = resolve(["email", header], ImportModel("m", "m*.csv", mapping=mapping), BASE)
    assert found.crossed == {"ages": ("-18 ans",)}
    assert found.missing == ()
    assert found.columns[1].header == header, "the rejects file keeps the header as it stands"
