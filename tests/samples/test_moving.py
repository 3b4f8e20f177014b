"""docs/moving/: what each page says to paste is accepted, and imports the file that its product exports; no refusal is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import pytest

from pipelines.declared import check
from pipelines.layout import ROOT
from tests.conftest import Account

PAGES = ROOT / "docs" / "moving"
BASE = "type: pipelines.components.ContactBase\nattributes: {}\n"
AMELIE, EMMA, LUC = "amelie.durand@exemple.fr", "emma.petit@exemple.fr", "luc.martin@exemple.fr"


@dataclass(frozen=True)
class Page:
    """`files`: of the samples, each with its model; `contacts`: e-mail, consent, status, mobile; `rejected`: of all files.

    `remembered`: refusals of people whom the base does not know.
    """

    files: dict[str, str]
    contacts: list[tuple[str | None, ...]]
    rejected: int = 0
    remembered: int = 0


EXPORT = "email_audience_export_1a2b3c4d5e.csv"
EXPECTED = {
    "sendethic": Page(
        {"export-sendethic.txt": "sendethic"},
        [
            (AMELIE, "yes", "valid", "+33612340112"),
            ("benoit.lefevre@exemple.fr", "no", "soft", "+33612340427"),
            ("chloe.moreau@example.org", "suppression_list", "bad_alias", None),
            ("david.petit@example.org", "orange_list", "bad_domain", None),
        ],
    ),
    "mailchimp": Page(
        {
            f"subscribed_{EXPORT}": "mailchimp_subscribed",
            f"unsubscribed_{EXPORT}": "mailchimp_unsubscribed",
            f"cleaned_{EXPORT}": "mailchimp_cleaned",
        },
        [(AMELIE, "yes", "unknown", None), (EMMA, "no", "unknown", None), (LUC, None, "bad_alias", None)],
    ),
    "brevo": Page(
        {"export-brevo.csv": "brevo"},
        [(AMELIE, "yes", "unknown", "+33612340112"), (EMMA, "no", "unknown", "+33612340427")],
    ),
    "hubspot": Page(
        {"hubspot-crm-exports-all-contacts-2026-11-27.csv": "hubspot"},
        [(AMELIE, None, "unknown", "+33612340112"), (EMMA, "no", "unknown", None), (LUC, None, "unknown", None)],
    ),
    "listmonk": Page(
        {"subscribers.csv": "listmonk"}, [(AMELIE, "yes", "unknown", None), (EMMA, "no", "unknown", None)]
    ),
    "mautic": Page(
        {"contacts.csv": "mautic", "do-not-contact.csv": "mautic_refused"},
        [(AMELIE, None, "unknown", "+33612340112"), (EMMA, "no", "unknown", None)],
        remembered=1,
    ),
    "excel": Page(
        {"clients.xlsx": "excel"},
        [(AMELIE, "yes", "unknown", "+33612340112"), (EMMA, "no", "unknown", "+33612340427")],
        rejected=1,
    ),
}


def models(page: str) -> str:
    (text,) = re.findall(r"```yaml\n(.*?)```", (PAGES / f"{page}.md").read_text(encoding="utf-8"), re.DOTALL)
    return text


def test_every_page_and_every_sample_is_tried() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == {*EXPECTED, "README"}
    assert {path.name for path in (PAGES / "samples").iterdir()} == {
        n for page in EXPECTED.values() for n in page.files
    }
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert [page for page in EXPECTED if f"({page}.md)" not in index] == []


def test_the_return_messages_of_sendethic_come_along(account: Account) -> None:
    account.declare(f"{BASE}---\n{models('sendethic')}")
    result = account.take(PAGES / "samples" / "export-sendethic.txt", "sendethic")
    assert result.problems.is_empty()
    detail = account.contacts("email_return_detail")[1][0]
    assert detail.startswith("2016-06-10 07:30:13 ----------------")
    assert detail.endswith('452 "mailbox full"')


@pytest.mark.parametrize("page", EXPECTED)
def test_what_the_page_says_to_paste_brings_the_contacts_in(page: str, new_account: Callable[[], Account]) -> None:
    """In any order of the files: a refusal stands, whichever comes first."""
    expected = EXPECTED[page]
    for order in permutations(expected.files):
        account = new_account()
        account.declare(f"{BASE}---\n{models(page)}")
        assert check(account.layout.assets) == ()
        rejected = 0
        for file in order:
            result = account.take(PAGES / "samples" / file, expected.files[file])
            assert result.status == "imported", result.problems
            rejected += result.counts.rejected
            patterns = {model.name: model.file for model in account.workspace.declarations.models}
            assert Path(file).match(patterns[expected.files[file]])
        assert account.contacts("email", "opt_in_email", "email_status", "mobile") == expected.contacts
        assert rejected == expected.rejected
        (strangers,) = account.rows("SELECT count(*) FROM main.suppression_list WHERE key IS NULL")
        assert strangers == (expected.remembered,)
