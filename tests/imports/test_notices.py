"""What a mail says of a refused file: rules, lines, where the report lies, and no person's value (IMP-17, SEC-4)."""

from __future__ import annotations

from pipelines.imports.notices import refusal
from tests.conftest import Account

PEOPLE = ("crm@exemple.org",)
MODEL = "type: pipelines.components.ImportModel\nattributes: {name: clients, file: 'clients*.csv', max_rejected: 0.1}\n"


def test_a_file_with_too_many_rejected_rows(account: Account) -> None:
    account.declare(f"type: pipelines.components.ContactBase\nattributes: {{}}\n---\n{MODEL}")
    rows = "".join(f"sans-arobase-{number}\n" for number in range(14))
    result = account.load(f"Email\na@exemple.fr\n{rows}")
    notice = refusal(result, PEOPLE)
    assert notice.subject == "Carnet: clients.csv was refused"
    assert f"(import {result.import_id})" in notice.body
    assert "- max_rejected: 14 of 15 rows have problems" in notice.body
    assert "- invalid_key: 14 rows, lines 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 …\n" in notice.body
    assert f"Report: {result.report}\n" in notice.body
    assert "sans-arobase" not in notice.body


def test_a_file_whose_header_is_a_person(account: Account) -> None:
    notice = refusal(account.load("melusine@exemple.fr;Mélusine\nb@exemple.fr;Basile\n"), PEOPLE)
    assert "- key_column" in notice.body or "- missing_columns" in notice.body
    for value in ("melusine", "Mélusine", "Basile"):
        assert value not in notice.body


def test_a_notice_of_one_import_is_one(account: Account) -> None:
    first, second = account.load("Email\n"), account.load("Email\n\n", force=True)
    assert refusal(first, PEOPLE).key == refusal(first, PEOPLE).key
    assert refusal(first, PEOPLE).key != refusal(second, PEOPLE).key
