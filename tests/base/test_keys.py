"""Another uniqueness key re-checks the base, and is refused where two contacts would become one (IMP-6)."""

from __future__ import annotations

import pytest

from pipelines.base.keys import KeyChangeError
from tests.base.kept import Kept

EMAILS = ["a@ex.fr", "b@ex.fr", "c@ex.fr"]
KEY = "SELECT value FROM main.settings WHERE name = 'key'"


def test_a_key_that_tells_all_contacts_apart_is_taken(kept: Kept) -> None:
    kept.fill(email=EMAILS, mobile=["+33612345678", "+33612345679", "+33612345670"])
    kept.follow(key="mobile")
    assert kept.rows(KEY, key="mobile") == [("mobile",)]
    kept.follow(key="email")
    assert kept.rows(KEY) == [("email",)]


def test_an_empty_base_takes_any_key(kept: Kept) -> None:
    kept.follow()
    kept.follow(key="mobile")
    assert kept.rows(KEY, key="mobile") == [("mobile",)]


def test_collisions_are_listed_and_nothing_is_changed(kept: Kept) -> None:
    kept.fill(email=EMAILS, mobile=["+33612345678", "+33612345679", "+33612345678"])
    with pytest.raises(KeyChangeError) as refused:
        kept.follow(key="mobile")
    assert (refused.value.collisions, refused.value.keyless, refused.value.exit_code) == (1, 0, 1)
    assert "2 contacts would become 1 (1 and 3)" in refused.value.message
    assert "+33612345678: contacts 1, 3" in refused.value.private
    assert "+336" not in str(refused.value)
    assert kept.rows(KEY) == [("email",)]


@pytest.mark.parametrize("mobile", [None, "06 12", "0612345678"], ids=["none", "malformed", "not in normal form"])
def test_contacts_without_a_valid_new_key_are_listed(kept: Kept, mobile: str | None) -> None:
    kept.fill(email=EMAILS, mobile=["+33612345678", "+33612345679", mobile])
    with pytest.raises(KeyChangeError) as refused:
        kept.follow(key="mobile")
    assert (refused.value.collisions, refused.value.keyless) == (0, 1)
    assert "1 contact without a valid mobile could not be found by an import (3)" in refused.value.message
    assert f"contact 3 (c@ex.fr): {mobile or 'no mobile'}" in refused.value.private


def test_malformed_addresses_are_no_key_either(kept: Kept) -> None:
    kept.fill(key="mobile", mobile=["+33612345678", "+33612345679"], email=["a@ex.fr", "b@@ex.fr"])
    with pytest.raises(KeyChangeError, match="without a valid email"):
        kept.follow(key="email")


def test_long_lists_are_cut(kept: Kept) -> None:
    kept.fill(email=[f"{n}@ex.fr" for n in range(100)], mobile=["+33612345678", "+33612345679"] * 20 + [None] * 60)
    with pytest.raises(KeyChangeError) as refused:
        kept.follow(key="mobile")
    assert "40 contacts would become 2" in refused.value.message
    assert "60 contacts without a valid mobile" in refused.value.message
    assert len(refused.value.message) < 600
    assert len(refused.value.private) < 2500
