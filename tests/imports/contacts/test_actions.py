"""Each action and the key: files without its column, with two, rows that lack it or repeat it (IMP-3, IMP-6, IMP-10, IMP-11)."""

from __future__ import annotations

import pytest

from tests.conftest import DECLARATIONS, Account
from tests.imports.test_importing import identity_holds

ACTIONS = ("upsert", "insert", "update", "unsubscribe", "suppress", "delete")
KEYS = {"email": ("Email", "a@ex.fr", "b@ex.fr"), "mobile": ("Portable", "06 12 34 56 78", "06 12 34 56 79")}


@pytest.fixture(params=KEYS)
def key(account: Account, request: pytest.FixtureRequest) -> str:
    """A model for each action, over a base with one contact, told apart by that key."""
    base = DECLARATIONS.split("---")[0].replace("attributes:", f"attributes:\n  key: {request.param}")
    models = (
        f'type: pipelines.components.ImportModel\nattributes: {{name: {action}, file: "{action}*.csv", action: {action}}}\n'
        for action in ACTIONS
    )
    account.declare("---\n".join((base, *models)))
    head, known, _ = KEYS[request.param]
    account.take(account.write(f"{head};Nom\n{known};Durand\n"), "upsert")
    return request.param


@pytest.mark.parametrize("preview", [False, True], ids=["import", "preview"])
@pytest.mark.parametrize("action", ACTIONS)
def test_a_file_without_the_key_column_is_refused(account: Account, key: str, action: str, preview: bool) -> None:
    before, imports = account.contacts(), account.rows("SELECT count(*) FROM main.imports")
    result = account.take(account.write("Nom\nDurand\n"), action, preview=preview)
    assert result.status == "refused"
    assert result.problems.select("rule", "severity", "column").rows() == [("key_column", "critical", None)]
    assert result.counts.rows == 1
    assert account.contacts() == before
    assert account.rows("SELECT count(*) FROM main.imports") == [(imports[0][0] + (not preview),)]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_file_with_two_columns_for_the_key_is_refused(account: Account, key: str, action: str) -> None:
    head, known, other = KEYS[key]
    result = account.take(account.write(f"{head};{key.upper()}\n{known};{other}\n"), action)
    assert result.status == "refused"
    assert result.problems.filter(result.problems["severity"] == "critical")["rule"].to_list() == ["two_columns"]


@pytest.mark.parametrize("preview", [False, True], ids=["import", "preview"])
@pytest.mark.parametrize("action", ACTIONS)
def test_the_counts_add_up_where_keys_are_missing_or_repeated(
    account: Account, key: str, action: str, preview: bool
) -> None:
    head, known, other = KEYS[key]
    keys = (known, "", known, other, "none at all", other, known)
    lines = "".join(f"{each};Durand\n" for each in keys)
    result = account.take(account.write(f"{head};Nom\n{lines}"), action, preview=preview)
    counts = result.counts
    assert (counts.rows, counts.rejected, counts.duplicates) == (7, 2, 3)
    assert identity_holds(result)
    skipped = {"upsert": 0, "insert": 1}.get(action, 1)
    assert (counts.skipped_by_action, counts.suppressed) == (skipped, int(action == "suppress"))
