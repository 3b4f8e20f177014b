"""A field that nothing declares any more keeps its values through imports, deletions and undo (FLD-5)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.imports.undoing import undo_import
from tests.conftest import DECLARATIONS, Account

WITHOUT = "\n".join(line for line in DECLARATIONS.splitlines() if "postcode" not in line and "interests" not in line)
DELETING = (
    '\n---\ntype: pipelines.components.ImportModel\nattributes: {name: gone, file: "gone*.csv", action: delete}\n'
)
COLUMNS = ("email", "last_name", "postcode", "interests")


@pytest.fixture
def narrowed(account: Account) -> Account:
    """Two contacts with a postcode and a stone, and then neither field is declared any more."""
    account.load("Email;Nom;Code postal;Perle\na@ex.fr;A;75001;X\nb@ex.fr;B;69000;\n")
    account.declare(WITHOUT + DELETING)
    return account


def test_an_import_leaves_them(narrowed: Account) -> None:
    narrowed.load("Email;Nom;Code postal\na@ex.fr;AA;99999\nc@ex.fr;C;99999\n", name="clients2.csv")
    assert narrowed.contacts(*COLUMNS) == [
        ("a@ex.fr", "AA", "75001", ["Perle"]),
        ("b@ex.fr", "B", "69000", None),
        ("c@ex.fr", "C", None, None),
    ]


def test_an_undone_deletion_brings_them_back(narrowed: Account) -> None:
    deletion = narrowed.load("Email\na@ex.fr\n", name="gone.csv", model="gone")
    assert [row[0] for row in narrowed.contacts("email")] == ["b@ex.fr"]
    with narrowed.workspace.store.write() as writer:
        undo_import(writer, deletion.import_id or 0, "a test", datetime.now(UTC))
    assert narrowed.contacts(*COLUMNS) == [("a@ex.fr", "A", "75001", ["Perle"]), ("b@ex.fr", "B", "69000", None)]


def test_they_are_still_there_when_they_are_declared_again(narrowed: Account) -> None:
    narrowed.load("Email;Nom\na@ex.fr;AA\n", name="clients2.csv")
    narrowed.declare(DECLARATIONS)
    narrowed.load("Email;Code postal\nb@ex.fr;69001\n", name="clients3.csv")
    assert narrowed.contacts(*COLUMNS) == [("a@ex.fr", "AA", "75001", ["Perle"]), ("b@ex.fr", "B", "69001", None)]


def test_their_changes_stay_in_the_history(narrowed: Account) -> None:
    narrowed.load("Email;Nom\na@ex.fr;AA\n", name="clients2.csv")
    found = narrowed.rows(
        "SELECT field, old, new FROM main.changes WHERE field IN ('postcode', 'last_name') ORDER BY ALL"
    )
    assert found == [
        ("last_name", "A", "AA"),
        ("last_name", None, "A"),
        ("last_name", None, "B"),
        ("postcode", None, "69000"),
        ("postcode", None, "75001"),
    ]


def test_a_dropped_field_leaves_no_trace(narrowed: Account) -> None:
    dropped = narrowed.workspace.drop_field("postcode")
    assert (dropped.field, dropped.values) == ("postcode", 2)
    narrowed.load("Email;Nom\na@ex.fr;AA\n", name="clients2.csv")
    assert narrowed.rows("SELECT DISTINCT field FROM main.changes WHERE field = 'postcode'") == []
    with narrowed.workspace.published() as connection:
        columns = [row[0] for row in connection.execute("DESCRIBE segments.all_contacts").fetchall()]
        assert connection.execute("SELECT count(*) FROM segments.all_contacts").fetchall() == [(2,)]
    assert "postcode" not in columns
    assert "interests" in columns
