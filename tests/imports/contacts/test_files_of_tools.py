"""Files as shops, CRMs and mailing tools write them, through a whole import (IMP-5, IMP-6, IMP-6b, FLD-3, FLD-9)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.declarations.model import Export
from pipelines.errors import CarnetError
from pipelines.imports.results import ImportResult
from tests.conftest import Account
from tests.examples import examples

BASE = """\
type: pipelines.components.ContactBase
attributes:
  locale: {locale}
  fields:
    - {{name: day, label: Jour, format: date}}
    - {{name: sales, label: Ventes, format: number}}
    - {{name: note, label: Remarque, format: text}}
    - {{name: tags, label: Étiquettes, format: multi_select, values: [VIP, Jade], unknown_values: {unknown}}}
---
type: pipelines.components.ImportModel
attributes:
  name: clients
  file: "*"
  separator: ";"
  {model}
"""


def declare(account: Account, model: str = "missing_columns: refuse", locale: str = "fr", unknown: str = "add") -> None:
    account.declare(BASE.format(model=model, locale=locale, unknown=unknown))


def column(header: str, *cells: str) -> str:
    rows = (f'{chr(97 + n)}@ex.fr;"{cell.replace(chr(34), chr(34) * 2)}"\n' for n, cell in enumerate(cells))
    return f"Email;{header}\n{''.join(rows)}"


def told(result: ImportResult, rule: str) -> list[tuple[int | None, str | None]]:
    return result.problems.filter(pl.col("rule") == rule).select("line", "column").rows()


def values(account: Account, field: str) -> list[object]:
    return [value for (value,) in account.contacts(field)]


@pytest.mark.parametrize(
    ("model", "days", "doubted"),
    [
        pytest.param(
            "dates: mdy", [date(2024, 3, 4), date(2024, 12, 5), date(2024, 3, 25)], [], id="fixed by the model"
        ),
        pytest.param("action: upsert", [date(2024, 4, 3), date(2024, 5, 12)], [(4, "Jour")], id="told of the column"),
    ],
)
def test_days_of_another_order(account: Account, model: str, days: list[date], doubted: list[object]) -> None:
    declare(account, model)
    result = account.load(column("Jour", "03/04/2024", "12/05/2024", "03/25/2024"))
    assert (values(account, "day"), told(result, "date_order")) == (days, doubted)
    assert {verdict.rule: verdict.passed for verdict in result.verdicts["columns"]} == {
        "date_order": not doubted,
        "decimal_sign": True,
        "landline": True,
    }


@pytest.mark.parametrize(
    ("locale", "cells", "lines"),
    [
        pytest.param("fr", ["1,240", "1.240", "1,240.50"], 2, id="both signs"),
        pytest.param("fr", ["1.240", "1.240.000"], 1, id="three digits behind the sign that stands between thousands"),
        pytest.param("fr", ["12,5", "12.5"], 1, id="either before decimals"),
        pytest.param("fr", ["12,5", "1 240,50", "3", "-0,5 €"], 0, id="one sign"),
        pytest.param("fr", ["1.5", "2.125"], 0, id="three digits of decimals"),
        pytest.param("en", ["1,240.50", "12.5", "1,240"], 0, id="as English has it"),
        pytest.param("en", ["1,240", "12,5"], 1, id="a comma before decimals in an English base"),
        pytest.param("en", ["1,240", "1.240,50"], 1, id="a point between thousands in an English base"),
    ],
)
def test_columns_of_both_decimal_signs_are_told(account: Account, locale: str, cells: list[str], lines: int) -> None:
    declare(account, locale=locale)
    result = account.load(column("Ventes", *cells))
    messages = result.problems.filter(pl.col("rule") == "decimal_sign")["message"].to_list()
    assert [message.startswith(f"In {lines} cell") for message in messages] == [True] * bool(lines)


def test_a_fixed_decimal_sign_is_obeyed_and_not_doubted(account: Account) -> None:
    declare(account, 'decimal: "."')
    result = account.load(column("Ventes", "1,240", "1.240", "1,240.50"))
    assert (values(account, "sales"), result.problems.height) == ([1240.0, 1.24, 1240.5], 0)


def test_zero_dates_and_dashes_are_empty_cells(account: Account) -> None:
    declare(account)
    empty = ["0/0/00", "0000-00-00 00:00:00", "00/00/0000", "0000-00-00", "-", "--", "n/a", "N/A", "NULL", "00/01/1900"]
    assert account.load(column("Jour", *empty)).problems.is_empty()
    assert values(account, "day") == [None] * len(empty)
    assert account.load(column("Ventes", "--", "-", "n/a", "79,80 €", "(45,00)", "12 %"), "b.csv").problems.is_empty()
    assert values(account, "sales")[:6] == [None, None, None, 79.8, -45.0, 12.0]


def test_a_shops_apostrophe_comes_off(account: Account) -> None:
    declare(account)
    account.load("Email;Remarque;Mobile\na@ex.fr;'75011;'+33612345678\nb@ex.fr;''75011;\nc@ex.fr;l'an 2000;\n")
    assert account.contacts("note", "mobile") == [("75011", "+33612345678"), ("'75011", None), ("l'an 2000", None)]


def test_what_only_says_that_there_is_no_answer_is_empty(account: Account) -> None:
    declare(account)
    nothing = ["NULL", "\\N", "nan", "-", "n/a", "#N/A"]
    lines = (f"{n}@ex.fr;{word};{word};{word}\n" for n, word in enumerate(nothing))
    assert account.load("Email;Mobile;Opt-In Email;Ne pas me pister\n" + "".join(lines)).problems.is_empty()
    assert set(account.contacts("mobile", "mobile_status", "opt_in_email", "do_not_track")) == {
        (None, "unknown", None, None)
    }
    keyless = account.load("Email;Nom\nNULL;Durand\n", "b.csv")
    assert "The row has no email" in keyless.problems["message"][0]


def test_addresses_behind_names_and_links_are_those_of_the_base(account: Account) -> None:
    account.declare(BASE.format(model="action: unsubscribe", locale="fr", unknown="add"))
    result = account.load("Email\nAnn <a@ex.fr>\nmailto:b@ex.fr\n'c@ex.fr'\na@ex.fr\n")
    assert (result.counts.rejected, result.counts.remembered, result.counts.duplicates) == (0, 3, 1)


def test_a_header_below_titles_is_told_by_its_line(account: Account) -> None:
    declare(account, "mapping: {Courriel: email, Nom: last_name}")
    result = account.load("Clients au 05/03/2024\n\nCourriel;Nom\na@ex.fr;Durand\n")
    [message] = result.problems.filter(pl.col("rule") == "missing_columns")["message"]
    assert message.endswith("They stand on line 3: remove the lines above it.")


def test_a_number_that_a_spreadsheet_rounded_says_so(account: Account) -> None:
    declare(account)
    result = account.load("Email;Mobile\na@ex.fr;3,36123E+10\nb@ex.fr;33612345678.0\n")
    [message] = result.problems["message"]
    assert message.startswith("The spreadsheet took the mobile number for a quantity and rounded it")
    assert account.contacts("mobile") == [("3,36123E+10",), ("+33612345678",)]


def test_a_cell_that_cannot_be_read_may_be_skipped(account: Account) -> None:
    declare(account, "unreadable: skip")
    lines = [
        "a@ex.fr;demain;1;X;Oui;Oui",
        "b@ex.fr;;beaucoup;oui;Oui;Oui",
        "nobody;;;;Oui;Oui",
        "c@ex.fr;;;;peut-être;Oui",
    ]
    lines.append("d@ex.fr;;;;Oui;bof")
    result = account.load("Email;Jour;Ventes;Jade;Opt-In Email;Ne pas me pister\n" + "\n".join(lines))
    assert told(result, "cell_skipped") == [(2, "Jour"), (3, "Ventes"), (3, "Jade")]
    assert told(result, "invalid_key") == [(4, "Email")]
    assert told(result, "undeclared_values") == [(5, "Opt-In Email")]
    assert told(result, "unreadable_cells") == [(6, "Ne pas me pister")]
    assert account.contacts("email", "sales", "tags") == [("a@ex.fr", 1.0, ["Jade"]), ("b@ex.fr", None, None)]


def test_a_skipped_cell_erases_nothing(account: Account) -> None:
    declare(account, "unreadable: skip\n  empty_cells: clear")
    account.load("Email;Jour;Jade;VIP\na@ex.fr;2024-01-02;X;X\nb@ex.fr;2024-01-02;X;\n")
    account.load("Email;Jour;Jade;VIP\na@ex.fr;demain;oui;X\nb@ex.fr;;;\n", "b.csv")
    assert account.contacts("day", "tags") == [(date(2024, 1, 2), ["VIP", "Jade"]), (None, None)]


@pytest.mark.parametrize("key", ["email", "mobile"])
def test_a_landline_is_told_and_never_written_to(account: Account, key: str) -> None:
    account.declare(
        BASE.format(model="action: upsert", locale="fr", unknown="add").replace("locale:", f"key: {key}\n  locale:")
    )
    content = "Email;Mobile;Opt-In SMS;Statut Mobile\n" + "".join(
        f"{n}@ex.fr;{number};Oui;{status}\n"
        for n, (number, status) in enumerate([("01 42 68 53 00", "Valide"), ("08 00 00 00 00", ""), ("0612345678", "")])
    )
    result = account.load(content)
    account.workspace.refresh_segments()
    assert told(result, "landline") == [(2, "Mobile"), (3, "Mobile")]
    assert account.contacts("mobile", "mobile_status", key="email") == [
        ("+33142685300", "bad_number"),
        ("+33800000000", "bad_number"),
        ("+33612345678", "unknown"),
    ]
    assert account.rows("SELECT email FROM segments.sms_reachable") == [("2@ex.fr",)]
    assert account.load(content, force=True).counts.unchanged == 3


def test_a_landline_given_by_hand_is_told(account: Account) -> None:
    declare(account)
    edited = account.workspace.edit_contact("a@ex.fr", {"mobile": "01 42 68 53 00"})
    assert "landline" in edited.warnings[0]
    assert account.contacts("mobile", "mobile_status") == [("+33142685300", "bad_number")]


def test_a_list_of_refusals_reads_landlines_without_a_word(account: Account) -> None:
    """The action reads the key alone: no status follows from it."""
    account.declare(
        BASE.format(model="action: unsubscribe", locale="fr", unknown="add").replace(
            "locale:", "key: mobile\n  locale:"
        )
    )
    assert account.load("Mobile\n01 42 68 53 00\n").problems.is_empty()


@pytest.mark.parametrize(
    "cell", ['"VIP","Client 2024"', "VIP, Client 2024", ' "Client 2024" ,VIP,', "vip,CLIENT 2024,VIP"]
)
def test_several_values_stand_in_a_cell(account: Account, cell: str) -> None:
    declare(account, 'mapping: {TAGS: tags}\n  split: {TAGS: ","}')
    result = account.load(column("TAGS", cell, ""))
    second = "CLIENT 2024" if "CLIENT" in cell else "Client 2024"
    assert values(account, "tags") == [["VIP", second], None]
    assert told(result, "value_added") == [(2, "TAGS")]


@pytest.mark.parametrize(
    ("unknown", "rule", "kept"),
    [("skip", "value_skipped", [["VIP"], ["Jade"]]), ("reject", "undeclared_values", [["Jade"]])],
)
def test_an_undeclared_value_among_others(account: Account, unknown: str, rule: str, kept: list[list[str]]) -> None:
    declare(account, 'split: {étiquettes: "|"}', unknown=unknown)
    result = account.load(column("Étiquettes", "VIP|Rubis", "Jade"))
    assert (told(result, rule), values(account, "tags")) == ([(2, "Étiquettes")], kept)


def test_a_value_among_others_loses_signs_that_nobody_sees(account: Account) -> None:
    """FLD-7, as in a cell with one value."""
    declare(account, 'split: {Tags: ","}')
    account.load(column("Tags", "\u200bVIP, Ru\u200bbis", "Rubis"))
    assert values(account, "tags") == [["VIP", "Rubis"], ["Rubis"]]


def test_a_json_list_in_a_cell(account: Account) -> None:
    declare(account, "split: {tags: json}")
    result = account.load(column("tags", '["VIP", "a, b"]', "VIP", "[]"))
    assert (values(account, "tags"), told(result, "unreadable_cells")) == ([["VIP", "a, b"], None], [(3, "tags")])


def test_lists_crosses_and_constants_are_united(account: Account) -> None:
    declare(account, 'split: {Tags: ","}\n  constants: {tags: VIP}')
    account.load("Email;Jade;Tags\na@ex.fr;X;Rubis\nb@ex.fr;;\n")
    assert values(account, "tags") == [["VIP", "Jade", "Rubis"], ["VIP"]]


def test_under_clear_a_list_says_all_of_the_field(account: Account) -> None:
    declare(account, 'split: {Tags: ","}\n  empty_cells: clear')
    account.load(column("Tags", "VIP, Jade", "VIP"))
    account.load(column("Tags", "Jade", ""), "b.csv")
    assert values(account, "tags") == [["Jade"], None]


def test_a_mapped_header_becomes_a_value_only_by_crosses(account: Account) -> None:
    declare(account, "mapping: {Loisirs: tags, Rubis: tags}")
    refused = account.load("Email;Loisirs;Rubis\na@ex.fr;VIP;X\nb@ex.fr;;X\n")
    assert (refused.status, told(refused, "not_crosses")) == ("refused", [(None, "Loisirs")])
    assert '`split: {Loisirs: ","}`' in refused.problems["message"][0]
    imported = account.load("Email;Loisirs;Rubis\na@ex.fr;;X\nb@ex.fr;;\n", "b.csv")
    assert (imported.status, values(account, "tags")) == ("imported", [["Rubis"], None])
    assert account.rows("SELECT added FROM main.fields WHERE name = 'tags'") == [(["Rubis"],)]


def test_a_field_s_own_header_is_no_value(account: Account) -> None:
    with pytest.raises(CarnetError, match=r'split: \{TAGS: ","\}'):
        declare(account, "mapping: {TAGS: tags}")
        account.load(column("TAGS", "VIP"))


HOSTILE = st.text("ab,;|\"'=+-@[]\\ é\n7", min_size=1, max_size=8).map(str.strip).filter(bool)


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(lists=st.lists(st.lists(HOSTILE, max_size=4), min_size=1, max_size=6))
def test_a_joined_export_comes_back_as_it_was(new_account: Callable[[], Account], lists: list[list[str]]) -> None:
    first, second = new_account(), new_account()
    for account in (first, second):
        declare(account, "split: {Étiquettes: json}")
    first.load(column("Étiquettes", *(json.dumps(values, ensure_ascii=False) for values in lists)))
    written = joined_export(first)
    declare(second, 'split: {Étiquettes: ","}')
    assert second.load(written).counts.rejected == 0
    assert second.contacts("email", "tags") == first.contacts("email", "tags")
    declare(first, 'split: {Étiquettes: ","}')
    again = first.load(written, "again.csv")
    assert (again.counts.inserted, again.counts.updated) == (0, 0)


def joined_export(account: Account) -> bytes:
    workspace = account.workspace
    workspace.refresh_segments()
    workspace.store.publish()
    export = Export("all", fields=("email", "tags"), multi_select="joined")
    return workspace.export(export, account.folder / "all.csv").path.read_bytes()


def test_a_key_on_many_lines_is_one_short_message(account: Account) -> None:
    declare(account)
    result = account.load("Email;Nom\n" + "".join(f"a@ex.fr;N{n}\n" for n in range(500)))
    [message] = result.problems["message"]
    assert message == (
        "Lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 490 more (all of them in the report) have one key and make one contact: "
        "last_name from line 501."
    )
    assert result.report is not None
    report = result.report.read_text()
    assert f"- Lines {', '.join(str(line) for line in range(2, 502))} have one key" in report
