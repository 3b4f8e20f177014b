"""A whole export, imported again: nothing inserted, nothing updated; into an empty base, an equal one (EXP-5).

Over made-up bases, for each format that contacts are imported from: Parquet is none of them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.declarations.model import Export
from tests.conftest import Account
from tests.examples import examples

BASE = """\
type: pipelines.components.ContactBase
attributes:
  locale: {locale}
  fields:
    - {{name: postcode, label: Code postal, format: text}}
    - {{name: birth_date, label: Date de naissance, format: date}}
    - {{name: basket, label: Panier moyen, format: number}}
    - {{name: loyal, label: Fidèle, format: boolean}}
    - {{name: city, label: Ville, format: single_select, values: [Paris, "L'Isle", "=Lyon", "-5"]}}
    - {{name: gems, label: Pierres, format: multi_select, values: [Perle, "Or, argent", "+ de 50 ans", "Nom", 'a"b', "x;y"]}}
---
type: pipelines.components.ImportModel
attributes:
  name: clients
  file: "clients*"
{options}"""
WRITTEN = ("email", "first_name", "last_name", "company", "email_return_detail", "postcode", "birth_date", "basket")
WRITTEN += ("loyal", "city", "opt_in_email", "email_status", "gems")
FIELDS = (*WRITTEN[:5], "email_return_at", *WRITTEN[5:], "mobile", "do_not_track", "opt_in_sms", "mobile_status")
GEMS = ("Perle", "Or, argent", "+ de 50 ans", "Nom", 'a"b', "x;y")
HOSTILE = (
    "=1+1",
    "'=1",
    "''-5",
    "-12,5",
    "+33612345678",
    "@home",
    "75011",
    "'75011",
    "''01",
    '"q"',
    "a;b\tc|d",
    "12345678901234567890",
)
HOSTILE += (
    "a\nb",
    "a\u00a0b",
    "\U0001f600",
    "é\u0301",
    "a\x01b",
    "\x07",
    "_x0041_",
    "<r>x</r>",
    "X",
    "Oui",
    "NULL",
    "l'été'",
    "\\",
    'a\\"b',
)


@dataclass(frozen=True)
class Way:
    """A form of file, and what the model says of it."""

    format: Any
    excel: bool = False
    multi_select: Any = "columns"

    def options(self) -> str:
        said = '  separator: "\\t"\n' if self.format == "txt" else ""
        if self.multi_select == "joined":
            said += '  mapping: {Pierres: gems}\n  split: {Pierres: ","}\n'
        return said


WAYS = [
    Way(kind, excel, multi)
    for kind, excel in (("csv", False), ("csv", True), ("txt", False), ("txt", True), ("xlsx", False))
    for multi in ("columns", "joined")
]
# Signs that a text may hold, hostile ones more often; line breaks as LF, as a workbook has them.
_texts = st.none() | st.sampled_from(HOSTILE) | st.text("'=+-@01 a;\t\"\n\u00a0\u202fé€,.x", min_size=1, max_size=6)
_rows = st.fixed_dictionaries(
    {
        **dict.fromkeys(("first_name", "last_name", "company", "email_return_detail", "postcode"), _texts),
        "birth_date": st.none() | st.dates().filter(lambda day: day.year >= 1000),
        "basket": st.none()
        | st.decimals(-(10**9), 10**9, places=3)
        | st.sampled_from(["0.30000000000000", "123456789012345", "0.000000012"]),
        "loyal": st.sampled_from(["oui", "non", None]),
        "city": st.sampled_from(["Paris", "L'Isle", "=Lyon", "-5", None]),
        "opt_in_email": st.sampled_from(["yes", "no", "orange_list", "suppression_list", None]),
        "email_status": st.sampled_from(["valid", "bad_alias", None]),
        "gems": st.lists(st.sampled_from(GEMS), unique=True),
    }
)


def first_file(rows: list[dict[str, Any]]) -> str:
    """The rows as a file that says all of it, crosses and all."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL)
    crosses = [f"Pierres : {gem}" if gem == "Nom" else gem for gem in GEMS]
    writer.writerow([*WRITTEN[:-1], *crosses])
    for number, row in enumerate(rows):
        plain = ["" if row[name] is None else str(row[name]) for name in WRITTEN[1:-1]]
        writer.writerow([f"c{number}@ex.fr", *plain, *("X" * (gem in row["gems"]) for gem in GEMS)])
    return out.getvalue()


def base_of(account: Account) -> list[tuple[Any, ...]]:
    return account.contacts(*FIELDS)


@given(way=st.sampled_from(WAYS), rows=st.lists(_rows, min_size=1, max_size=20), locale=st.sampled_from(["fr", "en"]))
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_export_comes_back_as_it_was(
    new_account: Callable[[], Account], way: Way, rows: list[dict[str, Any]], locale: str
) -> None:
    account, empty = new_account(), new_account()
    account.declare(BASE.format(locale=locale, options=""))
    assert account.load(first_file(rows), "clients-0.csv").status == "imported"
    account.workspace.edit_contact("c0@ex.fr", {"email_return_at": "2026-10-25 02:30:00.5+01:00"})
    before = base_of(account)
    for each in (account, empty):
        each.declare(BASE.format(locale=locale, options=way.options()))
    export = Export("all", fields=FIELDS, format=way.format, excel=way.excel, multi_select=way.multi_select)
    file = account.workspace.export(export, account.folder / f"clients.{way.format}").path
    again = account.take(file)
    assert again.status == "imported", (again.problems.rows(), file.read_bytes())
    assert (again.counts.inserted, again.counts.updated, again.counts.rejected) == (0, 0, 0), (
        again.problems.rows(),
        file.read_bytes(),
    )
    assert empty.take(file).counts.inserted == len(rows)
    assert base_of(account) == before
    assert base_of(empty) == before
