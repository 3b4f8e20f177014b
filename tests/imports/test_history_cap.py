"""IMP-12: of imports older than `import_history` stay name, counts, hash and membership; contacts never go."""

from __future__ import annotations

import hashlib

import pytest

from pipelines.contacts.showing import contact_history
from pipelines.errors import RefusedError
from pipelines.imports.listing import list_imports, list_rejects
from pipelines.imports.results import ImportResult
from tests.conftest import DECLARATIONS, Account

KEPT, TAKEN = 3, 5
HEADER = "Email;Prénom;Opt-In Email\n"


def content(number: int) -> str:
    """A contact of its own, one that each file changes, and a row that is rejected."""
    return f"{HEADER}n{number}@exemple.fr;Nouveau;Oui\nall@exemple.fr;Version {number};\npas-d-adresse;X;\n"


@pytest.fixture
def capped(account: Account) -> Account:
    account.declare(
        DECLARATIONS.replace("attributes:\n  fields", f"attributes:\n  import_history: {KEPT}\n  fields", 1)
    )
    return account


def taken(account: Account, count: int = TAKEN) -> list[ImportResult]:
    results = [account.load(content(number), f"clients-{number}.csv") for number in range(1, count + 1)]
    assert [result.counts.rejected for result in results] == [1] * count
    return results


def undo(account: Account, import_id: int):
    return account.workspace.undo(import_id)


def numbers(account: Account, query: str) -> list[int]:
    return [row[0] for row in account.rows(query)]


def test_versions_and_rejects_of_older_imports_are_gone(capped: Account) -> None:
    results = taken(capped)
    assert numbers(capped, "SELECT DISTINCT import_id FROM main.import_rejects ORDER BY 1") == [3, 4, 5]
    assert numbers(capped, "SELECT DISTINCT import_id FROM main.revisions ORDER BY 1") == [3, 4, 5]
    held = (
        "SELECT DISTINCT r.import_id FROM main.contact_versions JOIN main.revisions AS r USING (revision_id) ORDER BY 1"
    )
    assert numbers(capped, held) == [3, 4, 5]
    assert numbers(
        capped, "SELECT count(*) FROM main.contact_versions ANTI JOIN main.revisions USING (revision_id)"
    ) == [0]
    assert [result.rejects_file is not None and result.rejects_file.exists() for result in results] == [
        False,
        False,
        True,
        True,
        True,
    ]
    assert sorted(path.name for path in capped.layout.rejects.iterdir()) == ["3", "4", "5"]


def test_contacts_names_counts_hashes_and_membership_stay(capped: Account) -> None:
    results = taken(capped)
    assert capped.contacts("email", "first_name") == [
        ("all@exemple.fr", "Version 5"),
        *((f"n{number}@exemple.fr", "Nouveau") for number in range(1, TAKEN + 1)),
    ]
    with capped.workspace.store.rehearse() as writer:
        listed = list_imports(writer.connection)[::-1]
    for number, (row, result) in enumerate(zip(listed, results, strict=True), start=1):
        assert (row["name"], row["import_id"]) == (f"clients-{number}.csv", number)
        assert {name: row[name] for name in vars(result.counts)} == vars(result.counts)
        assert {name: row[name] for name in result.unreachable} == result.unreachable
        assert row["sha256"] == result_hash(capped, number)
        assert (row["rejects_file"] is None) == (number <= TAKEN - KEPT)
    members = "SELECT outcome FROM main.import_contacts WHERE import_id = ? ORDER BY outcome"
    assert capped.rows(members, [1]) == [("inserted",), ("inserted",)]
    assert capped.rows(members, [2]) == [("inserted",), ("updated",)]


def result_hash(account: Account, number: int) -> str:
    return hashlib.sha256((account.folder / f"clients-{number}.csv").read_bytes()).hexdigest()


def test_consents_stay_in_their_log(capped: Account) -> None:
    """STA-5: each change of consent is logged, for as long as the base lasts."""
    taken(capped)
    assert numbers(capped, "SELECT count(*) FROM main.consents WHERE source = 'import 1'") == [1]


@pytest.mark.parametrize("import_id", [1, 2])
def test_an_older_import_cannot_be_undone_and_the_error_says_why(capped: Account, import_id: int) -> None:
    taken(capped)
    before = capped.contacts()
    with pytest.raises(RefusedError) as refused:
        undo(capped, import_id)
    assert f"Import {import_id} is older than the history keeps whole (`import_history`)" in refused.value.message
    assert "carnet imports" in refused.value.hint
    assert capped.contacts() == before
    assert numbers(capped, "SELECT count(*) FROM main.imports") == [TAKEN]


def test_what_the_history_keeps_can_still_be_undone(capped: Account) -> None:
    """The contact that a forgotten import inserted goes back to what the last forgotten one gave it, and stays."""
    taken(capped)
    for import_id in (5, 4, 3):
        assert undo(capped, import_id).removed == 1
    assert capped.contacts("email", "first_name") == [
        ("all@exemple.fr", "Version 2"),
        ("n1@exemple.fr", "Nouveau"),
        ("n2@exemple.fr", "Nouveau"),
    ]


def test_rejects_and_changes_of_older_imports_are_empty_not_wrong(capped: Account) -> None:
    taken(capped)
    with capped.workspace.store.rehearse() as writer:
        assert list_rejects(writer.connection, 1) == []
        assert len(list_rejects(writer.connection, 5)) == 1
        history = contact_history(writer.connection, writer.contact_base, "all@exemple.fr")
    assert [(change["old"], change["new"], change["source"]) for change in history] == [
        ("Version 4", "Version 5", "import 5"),
        ("Version 3", "Version 4", "import 4"),
        ("Version 2", "Version 3", "import 3"),
    ]


def test_a_refused_file_counts_as_an_import_and_keeps_its_report(capped: Account) -> None:
    refused = capped.load(b"Email;Nom\na@exemple.fr;H\xe9l\xe8ne\n", "clients-0.csv")
    assert (refused.status, refused.import_id) == ("refused", 1)
    taken(capped, 4)
    with capped.workspace.store.rehearse() as writer:
        oldest = list_imports(writer.connection)[-1]
    assert (oldest["import_id"], oldest["report"]) == (1, str(refused.report))
    assert refused.report is not None
    assert refused.report.exists()


def test_a_larger_history_begins_to_keep_from_then_on(capped: Account) -> None:
    taken(capped)
    capped.declare(DECLARATIONS)
    capped.load(content(6), "clients-6.csv")
    assert numbers(capped, "SELECT import_id FROM main.imports WHERE NOT trimmed ORDER BY 1") == [3, 4, 5, 6]
