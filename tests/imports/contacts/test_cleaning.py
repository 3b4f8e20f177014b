from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.fields import Field, Format, Labels, UnknownValues, declared_value
from pipelines.files.reading import TextFrame
from pipelines.imports.contacts.cleaning import Cleaned, clean
from pipelines.imports.contacts.mapping import resolve
from pipelines.language import speaking


def base(unknown_values: UnknownValues = "skip") -> ContactBase:
    values = tuple(map(declared_value, ("Perle", "Diamant")))
    return ContactBase(
        declared_fields=(
            Field("birth_date", Labels("Naissance", "Birth"), Format.DATE),
            Field("colour", Labels("Couleur", "Colour"), Format.SINGLE_SELECT, values, unknown_values),
            Field("interests", Labels("Goûts", "Interests"), Format.MULTI_SELECT, values, unknown_values),
        )
    )


def text(headers: str, *rows: str) -> TextFrame:
    """Headers and rows with `;` between cells; a missing or empty cell is NULL."""
    names = headers.split(";")
    cells = [row.split(";") for row in rows]
    columns: dict[str, Any] = {"line": range(2, len(rows) + 2), "cells": [len(row) for row in cells]}
    columns |= {f"c{n}": [(row + [""] * len(names))[n] or None for row in cells] for n in range(len(names))}
    schema = {"line": pl.UInt32, "cells": pl.UInt32} | {f"c{n}": pl.String for n in range(len(names))}
    return TextFrame(tuple(names), pl.DataFrame(columns, schema=schema))


def cleaned(frame: TextFrame, over: ContactBase | None = None, **options: Any) -> Cleaned:
    over = over or base()
    model = ImportModel("m", "m.csv", **options)
    return clean(frame, resolve(frame.headers, model, over), model, over)


def told(result: Cleaned) -> list[tuple[str, str, int, str | None]]:
    return result.problems.select("rule", "severity", "line", "column").rows()


def test_fields_come_out_typed_in_the_order_of_the_base() -> None:
    result = cleaned(text("Diamant;Naissance;Email;Perle;Prénom", "x;31/01/1990; A@Ex.FR;X;Zoé", ";;b@ex.fr;;"))
    assert result.frame.schema == {
        "carnet_line": pl.UInt32,
        "email": pl.String,
        "first_name": pl.String,
        "birth_date": pl.Date,
        "interests": pl.List(pl.String),
    }
    assert result.frame.rows() == [
        (2, "a@ex.fr", "Zoé", date(1990, 1, 31), ["Perle", "Diamant"]),
        (3, "b@ex.fr", None, None, None),
    ]
    assert result.problems.is_empty()


@pytest.mark.parametrize(
    ("headers", "row", "problem"),
    [
        pytest.param("Email;Nom", ";Dupont", ("invalid_key", "error", 2, "Email"), id="no key"),
        pytest.param("Email", "dupont", ("invalid_key", "error", 2, "Email"), id="malformed key"),
        pytest.param("Email;Naissance", "a@ex.fr;31/02/1990", ("unreadable_cells", "error", 2, "Naissance"), id="date"),
        pytest.param("Email;Perle", "a@ex.fr;oui", ("not_a_cross", "error", 2, "Perle"), id="no cross"),
        pytest.param(
            "Email;Couleur", "a@ex.fr;Vert", ("value_skipped", "warning", 2, "Couleur"), id="undeclared, skipped"
        ),
        pytest.param(
            "Email;Statut Email", "a@ex.fr;bof", ("undeclared_values", "error", 2, "Statut Email"), id="no state"
        ),
        pytest.param(
            "Email;Mobile", "a@ex.fr;06", ("malformed_address", "warning", 2, "Mobile"), id="malformed, no key"
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(
    headers: str, row: str, problem: tuple[str, str, int, str | None]
) -> None:
    result = cleaned(text(headers, row))
    assert told(result) == [problem]
    cell = result.problems["cell"][0]
    assert cell is None or cell not in result.problems["message"][0]


def test_an_undeclared_value_is_refused_or_added_as_the_field_says() -> None:
    frame = text("Email;Couleur", "a@ex.fr;Vert", "b@ex.fr;perle", "c@ex.fr;vert")
    assert told(cleaned(frame, base("reject"))) == [("undeclared_values", "error", line, "Couleur") for line in (2, 4)]
    added = cleaned(frame, base("add"))
    assert (added.frame["colour"].to_list(), added.added_values) == (["Vert", "Perle", "Vert"], {"colour": ("Vert",)})


def test_a_malformed_address_that_is_no_key_is_kept_and_its_status_says_so() -> None:
    frame = text("Email;Mobile;Statut Mobile", "a@ex.fr; 06 1 ;Valide", "b@ex.fr;0612345678;Valide")
    result = cleaned(frame).frame
    assert result["mobile"].to_list() == ["06 1", "+33612345678"]
    assert result["mobile_status"].to_list() == ["bad_format", "valid"]


def test_under_the_key_mobile_an_e_mail_may_be_malformed() -> None:
    over = ContactBase(key="mobile")
    result = cleaned(text("Email;Mobile", "zoé@ex.fr;0612345678"), over)
    row = result.frame.row(0, named=True)
    assert (row["email"], row["email_status"], row["mobile"]) == ("zoé@ex.fr", "bad_syntax", "+33612345678")


def test_constants_fill_every_row_and_join_the_crosses() -> None:
    constants = {"opt_in_email": "Oui", "company": " ACME ", "interests": ("Diamant",)}
    result = cleaned(text("Email;Perle", "a@ex.fr;X", "b@ex.fr;"), constants=constants).frame
    assert result["opt_in_email"].to_list() == ["yes", "yes"]
    assert result["company"].to_list() == ["ACME", "ACME"]
    assert result["interests"].to_list() == [["Perle", "Diamant"], ["Diamant"]]


def test_a_constant_that_cannot_be_read_refuses_the_file() -> None:
    result = cleaned(text("Email", "a@ex.fr"), constants={"birth_date": "demain"})
    assert result.problems.select("rule", "severity").rows() == [("constant", "critical")]


def test_two_columns_of_one_value_are_united() -> None:
    result = cleaned(text("Email;Perle;Goûts : Perle", "a@ex.fr;;X", "b@ex.fr;X;", "c@ex.fr;;"))
    assert result.frame["interests"].to_list() == [["Perle"], ["Perle"], None]


@pytest.mark.parametrize(
    ("mode", "name", "problems"),
    [
        pytest.param("warn", 'Zoé,"', [], id="warn: kept, the file's rules tell"),
        pytest.param("clean", "Zoé", [], id="clean: cut off"),
        pytest.param("reject_row", 'Zoé,"', [("stray_separator", "error", 2, "Prénom")], id="reject_row: told"),
    ],
)
def test_stray_separators(mode: str, name: str, problems: list[Any]) -> None:
    result = cleaned(text("Email;Prénom", 'a@ex.fr;Zoé,"'), stray_separators=mode)
    assert (result.frame["first_name"].to_list(), told(result)) == ([name], problems)


@pytest.mark.parametrize(("mode", "problems"), [("pad", []), ("reject_row", [("short_line", "error", 3, None)])])
def test_short_lines(mode: str, problems: list[Any]) -> None:
    assert told(cleaned(text("Email;Prénom", "a@ex.fr;Zoé", "b@ex.fr"), short_lines=mode)) == problems


def test_a_file_without_rows_gives_a_frame_without_rows() -> None:
    result = cleaned(text("Email;Mobile;Naissance;Couleur;Perle;Ne pas me pister;Date du retour Email"))
    assert (result.frame.height, result.problems.height) == (0, 0)


def test_cleaning_what_was_cleaned_changes_nothing() -> None:
    headers = "Email;Mobile;Naissance;Couleur;Statut Email;Opt-In SMS;Ne pas me pister;Date du retour Email"
    first = cleaned(text(headers, "A@É.fr;06 12 34 56 78;1/2/1990;PERLE;Rejeté;oui;x;1/2/2024 10:30")).frame
    again = first.select(pl.all().exclude("carnet_line").cast(pl.String))
    frame = pl.DataFrame({"line": [2], "cells": [8]}, schema={"line": pl.UInt32, "cells": pl.UInt32})
    columns = again.rename({name: f"c{n}" for n, name in enumerate(again.columns)})
    assert cleaned(TextFrame(tuple(again.columns), frame.hstack(columns))).frame.equals(first)


SLOW_FIRST = text(
    "Portable;Naissance;Perle;Email;Couleur;Diamant",
    *(f"06 12 {n:04};31/02/1990;peut-être;a{n}@ex.fr;Rouge;jamais" for n in range(500)),
)
"""The first column takes the longest to read, and the crosses of one field stand on both sides of another."""


def test_problems_come_in_the_order_of_the_fields_in_the_file_whichever_is_read_first() -> None:
    found = cleaned(SLOW_FIRST).problems.filter(pl.col("line") == 2)
    assert found["column"].to_list() == ["Portable", "Naissance", "Perle", "Diamant", "Couleur"]


def test_problems_are_said_in_the_language_that_is_spoken_here() -> None:
    with speaking("fr"):
        french = cleaned(SLOW_FIRST).problems["message"]
    english = cleaned(SLOW_FIRST).problems["message"]
    assert len(french) == len(english) > 0
    assert not set(french) & set(english)


def test_values_that_two_columns_of_a_field_add_come_in_the_order_of_the_columns() -> None:
    over = base("add")
    frame = text("Email;Rubis;Couleur;Opale", "a@ex.fr;x;Jade;x")
    mapping = {"Email": "email", "Rubis": "interests", "Couleur": "colour", "Opale": "interests"}
    result = cleaned(frame, over, mapping=mapping)
    assert result.added_values == {"interests": ("Rubis", "Opale"), "colour": ("Jade",)}
    assert result.frame["interests"].to_list() == [["Rubis", "Opale"]]
