"""Random sequences of imports, edits by hand, undos and changes of key agree with a plain model of the base.

IMP-6, IMP-10, IMP-15, IMP-16, STA-5.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pipelines.base.keys import KeyChangeError
from pipelines.base.measures import measure_base
from pipelines.imports.contacts.by_hand import edit_contact
from pipelines.imports.undoing import undo_import
from tests.examples import examples
from tests.imports.contacts.reference import CONSENTS, FIELDS, NEW, STONES, STRICTNESS, Base

DECLARATIONS = """\
type: pipelines.components.ContactBase
attributes:
  key: email
  fields:
    - {name: postcode, label: Code postal, format: text}
    - {name: interests, label: Pierres, format: multi_select, values: [Perle, Diamant]}
"""
KINDS = {
    "upsert": {"action": "upsert"},
    "free": {"action": "upsert", "free": True},
    "clear": {"action": "upsert", "clear": True},
    "insert": {"action": "insert"},
    "update": {"action": "update"},
    "unsubscribe": {"action": "unsubscribe"},
    "suppress": {"action": "suppress"},
    "delete": {"action": "delete"},
}
YAML = {"free": "may_resubscribe: true", "clear": "empty_cells: clear"}
for kind, options in KINDS.items():
    DECLARATIONS += f"""---
type: pipelines.components.ImportModel
attributes: {{name: {kind}, file: "*.csv", action: {options["action"]}{", " + YAML[kind] if kind in YAML else ""}}}
"""
HEADER = "Email;Mobile;Statut Mobile;Opt-In Email;Opt-In SMS;Code postal;Perle;Diamant\n"
VALUES = {
    "mobile": [None, "+33612345678", "+33687654321", "+33612345679", "+33612345680"],
    "mobile_status": [None, "valid", "bad_number"],
    "opt_in_email": [None, *STRICTNESS],
    "opt_in_sms": [None, "yes", "no"],
    "postcode": [None, "75011", "01000"],
    "interests": [None, ["Perle"], ["Diamant"], ["Perle", "Diamant"]],
}
rows = st.fixed_dictionaries(
    {
        "email": st.sampled_from([f"{name}@ex.fr" for name in "abcd"]),
        **{n: st.sampled_from(v) for n, v in VALUES.items()},
    }
)


def line(row: dict) -> str:
    cells = [row[name] or "" for name in ("email", "mobile", "mobile_status", *CONSENTS, "postcode")]
    return ";".join([*cells, *("X" if stone in (row["interests"] or ()) else "" for stone in STONES)]) + "\n"


class History(RuleBasedStateMachine):
    """Each rule is done to the base and to the model."""

    make = None

    def __init__(self) -> None:
        super().__init__()
        assert self.make is not None
        self.account = self.make()
        self.account.declare(DECLARATIONS)
        self.model = Base()

    @rule(
        kind=st.sampled_from([*KINDS, "upsert", "free"]),
        found=st.lists(rows, min_size=1, max_size=4, unique_by=lambda r: r["email"]),
    )
    def import_file(self, kind: str, found: list[dict]) -> None:
        by_key = {row[self.model.key]: row for row in found if row[self.model.key] is not None}
        found = list(by_key.values())
        if not found:
            return
        expected = self.model.take(found, **KINDS[kind])
        content, name = HEADER + "".join(map(line, found)), f"{self.model.imports}.csv"
        preview = self.account.load(content, name, model=kind, force=True, preview=True)
        result = self.account.load(content, name, model=kind, force=True)
        assert (result.status, result.import_id) == ("imported", self.model.imports)
        assert {name: getattr(result.counts, name) for name in expected} == expected
        assert preview.counts == result.counts, "a preview says what the import does"
        assert preview.changed_fields == result.changed_fields

    @rule(at=st.integers(0, 9), name=st.sampled_from(list(VALUES)), value=st.integers(0, 9))
    def edit_by_hand(self, at: int, name: str, value: int) -> None:
        if not self.model.contacts:
            return
        number = list(self.model.contacts)[at % len(self.model.contacts)]
        if name == self.model.key:
            return
        choices = [v for v in VALUES[name] if v is not None or name not in ("mobile_status", *CONSENTS)]
        chosen = choices[value % len(choices)]
        self.model.edit(number, {name: chosen})
        text = ", ".join(chosen) if isinstance(chosen, list) else chosen or ""
        with self.account.workspace.store.write() as writer:
            edit_contact(writer, str(number), {name: text}, "a test")

    @rule()
    def change_key(self) -> None:
        key, other = self.model.key, self.model.other
        self.account.declare(DECLARATIONS.replace("key: email", f"key: {other}"))
        if self.model.may_be_keyed_by(other):
            self.model.key = other
            return
        with pytest.raises(KeyChangeError), self.account.workspace.store.write():
            pass
        self.account.declare(DECLARATIONS.replace("key: email", f"key: {key}"))

    @rule(at=st.integers(0, 9))
    def undo_one(self, at: int) -> None:
        standing = [r.number for r in self.model.revisions if r.number is not None and not r.undone]
        if standing:
            self.undo(standing[at % len(standing)])

    def undo(self, number: int) -> None:
        before = self.contacts()
        self.model.undo(number)
        with self.account.workspace.store.write() as writer:
            done = undo_import(writer, number, "a test", datetime.now(UTC))
        assert done.import_id == self.model.imports
        after = self.contacts()
        assert done.removed == len(before.keys() - after.keys())
        assert done.restored == sum(before.get(key) != contact for key, contact in after.items())
        for key in before.keys() & after.keys():
            for name in CONSENTS:
                old, new = (STRICTNESS.get(found[key][name], 0.5) for found in (before, after))
                assert new >= old, "an undo never loosens"

    @invariant()
    def the_base_is_as_the_model(self) -> None:
        assert self.contacts() == self.model.contacts
        with self.account.workspace.store.rehearse() as writer:
            measures = measure_base(writer.connection, writer.contact_base)
            listed = writer.connection.execute("SELECT count(*) FROM main.suppression_list").fetchall()
        assert {name for name, count in measures.items() if count} <= {"contacts"}
        assert (listed[0][0] > 0) is bool(self.model.kept)

    def contacts(self) -> dict[int, dict]:
        found = self.account.contacts("contact_id", *FIELDS, key="contact_id")
        return {number: dict(zip(FIELDS, values, strict=True)) for number, *values in found}

    def teardown(self) -> None:
        """Undoing everything gives the first base back, but for consents and for what was said by hand."""
        for revision in reversed(self.model.revisions):
            if revision.number is not None and not revision.undone:
                self.undo(revision.number)
        self.the_base_is_as_the_model()
        if all(revision.number is not None or not revision.changes for revision in self.model.revisions):
            assert self.contacts() == {}


@pytest.mark.parametrize("steps", [5, 10])
def test_any_history_agrees_with_a_plain_model(new_account, steps: int) -> None:
    machine = type("MadeHistory", (History,), {"make": staticmethod(new_account)})
    # Each step runs whole imports: shrinking a failure would take longer than reading it.
    played = settings(
        max_examples=examples(8), stateful_step_count=steps, deadline=None, phases=[Phase.reuse, Phase.generate]
    )
    run_state_machine_as_test(machine, settings=played)


def test_a_base_that_was_there_comes_back_whole(account) -> None:
    """Undone in any order, imports leave the base that was there before them (IMP-15)."""
    account.declare(DECLARATIONS)
    first = HEADER + line(NEW | {"email": "a@ex.fr", "postcode": "01000"}) + line(NEW | {"email": "b@ex.fr"})
    account.load(first.replace("unknown", ""), "first.csv", model="upsert")
    before = account.contacts("contact_id", *FIELDS)
    account.load(HEADER + "a@ex.fr;0612345678;Valide;;;75011;X;\nc@ex.fr;;;;;;;\n", "second.csv", model="upsert")
    account.load("Email\na@ex.fr\n", "third.csv", model="delete")
    account.load("Email;Code postal\nb@ex.fr;33000\nc@ex.fr;33000\n", "fourth.csv", model="upsert")
    for number in (2, 4, 3):
        with account.workspace.store.write() as writer:
            undo_import(writer, number, "a test", datetime.now(UTC))
    assert account.contacts("contact_id", *FIELDS) == before


def test_a_status_is_not_given_back_under_another_number(new_account) -> None:
    """STA-2, IMP-15: the file that is undone moved a number that was bad, and a hand moved it again since."""
    played = type("MadeHistory", (History,), {"make": staticmethod(new_account)})()
    row = dict.fromkeys(VALUES) | {"email": "a@ex.fr"}
    played.import_file(kind="insert", found=[row | {"mobile": "+33612345678", "mobile_status": "bad_number"}])
    played.import_file(kind="update", found=[row | {"mobile": "+33612345680"}])
    played.edit_by_hand(at=0, name="mobile", value=2)
    played.undo_one(at=1)
    played.the_base_is_as_the_model()
    assert played.contacts()[1]["mobile_status"] == "unknown"
