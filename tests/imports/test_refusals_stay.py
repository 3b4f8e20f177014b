"""Whoever refused is written to no more: files of refusals and consents in every form and order, of people known or not (STA-5).

Only a person, or a model that says `may_resubscribe`, brings anybody back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pipelines.errors import RefusedError
from pipelines.imports.contacts.by_hand import edit_contact
from pipelines.imports.undoing import undo_import
from tests.conftest import Account
from tests.examples import examples

YES = ("Oui", "yes", "1", "TRUE", "x", "Subscribed", "abonnée", "opt-in")
NO = (
    "Non",
    "no",
    "0",
    "FALSE",
    "Unsubscribed",
    "Désabonné",
    "STOP",
    "opted out",
    "blocklisted",
    "En Liste Orange globale",
)
SILENT = ("", " ")
MARKS = ("", "\u202d", "\u200e", "\u200b", "\ufeff", "\u2066", "\u00ad")
PEOPLE = {"email": [f"{name}@ex.fr" for name in "abcd"], "mobile": [f"+3361234567{n}" for n in range(4)]}
HEADS = {"email": "Email", "mobile": "Mobile"}
OWN = {"email": "opt_in_email", "mobile": "opt_in_sms"}
PLAIN = "{}: opt_in_email, {}: opt_in_sms"
STATES = '{Statut: {opt_in_email: {"A": "yes", "B": "no", "*": null}, opt_in_sms: {"A": "yes", "B": "no", "*": null}}}'
MODELS = {
    "plain": "",
    "constant": 'constants: {opt_in_email: "yes", opt_in_sms: "yes"}',
    "clearing": "empty_cells: clear",
    "gaps": "known_cells: fill_empty",
    "updating": "action: update",
    "inverted": "mapping: {Blacklisted: opt_in_email, SMS blacklisted: opt_in_sms}\n"
    '  values: {Blacklisted: {"*": "no", "faux": "yes"}, SMS blacklisted: {"*": "no", "faux": "yes"}}',
    "inverted_constant": "mapping: {Blacklisted: opt_in_email, SMS blacklisted: opt_in_sms}\n"
    '  values: {Blacklisted: {"*": "no", "faux": null}, SMS blacklisted: {"*": "no", "faux": null}}\n'
    '  constants: {opt_in_email: "yes", opt_in_sms: "yes"}',
    "statuses": f"mapping: {{Statut: [opt_in_email, opt_in_sms]}}\n  values: {STATES}",
    "unsubscribing": "action: unsubscribe",
    "suppressing": "action: suppress",
    "deleting": "action: delete",
    "resubscribing": "may_resubscribe: true",
}
said = st.sampled_from([*YES, *NO, *SILENT])
people = st.lists(st.tuples(st.integers(0, 3), said, said, st.sampled_from(MARKS)), min_size=1, max_size=4)


def declarations(key: str) -> str:
    documents = [f"type: pipelines.components.ContactBase\nattributes: {{key: {key}}}\n"]
    documents += [
        f"type: pipelines.components.ImportModel\nattributes:\n  name: {name}\n  file: '*.csv'\n  missing_columns: warn\n  {more}\n"
        for name, more in MODELS.items()
    ]
    return "---\n".join(documents)


class Refusals(RuleBasedStateMachine):
    """`refused`: who said no on a channel, and neither a person nor leave brought them back since."""

    make: Callable[[], Account] | None = None
    key = "email"

    def __init__(self) -> None:
        super().__init__()
        assert self.make is not None
        self.account = self.make()
        self.account.declare(declarations(self.key))
        self.refused: set[tuple[str, str]] = set()
        self.imports = 0

    def take(self, model: str, header: str, rows: list[str]) -> None:
        text = "\n".join([f"{HEADS[self.key]}{header}", *rows]) + "\n"
        result = self.account.load(text, f"{model}-{self.imports}.csv", model=model, force=True)
        assert result.status == "imported", result.problems.rows()
        assert result.counts.rejected == 0, result.problems.rows()
        self.imports += 1

    def person(self, number: int, mark: str = "") -> str:
        who = PEOPLE[self.key][number]
        return f"{mark}{who[:4]}{mark}{who[4:]}{mark}"

    def told(self, number: int, consent: str, word: str) -> None:
        if word in NO:
            self.refused.add((PEOPLE[self.key][number], consent))

    @rule(model=st.sampled_from(["plain", "constant", "clearing", "gaps", "updating"]), rows=people)
    def consents_in_words(self, model: str, rows: list) -> None:
        self.take(
            model, ";Opt-In Email;Opt-In SMS", [f"{self.person(n, mark)};{email};{sms}" for n, email, sms, mark in rows]
        )
        for n, email, sms, _ in rows:
            self.told(n, "opt_in_email", email)
            self.told(n, "opt_in_sms", sms)

    @rule(model=st.sampled_from(["inverted", "inverted_constant"]), rows=people)
    def columns_of_refusals(self, model: str, rows: list) -> None:
        contrary = dict.fromkeys(NO, "Yes") | dict.fromkeys(YES, "FAUX") | dict.fromkeys(SILENT, "")
        lines = [f"{self.person(n, mark)};{contrary[email]};{contrary[sms]}" for n, email, sms, mark in rows]
        self.take(model, ";Blacklisted;SMS blacklisted", lines)
        for n, email, sms, _ in rows:
            self.told(n, "opt_in_email", email)
            self.told(n, "opt_in_sms", sms)

    @rule(rows=people)
    def statuses(self, rows: list) -> None:
        words = dict.fromkeys(NO, "b") | dict.fromkeys(YES, "a") | dict.fromkeys(SILENT, "?")
        self.take("statuses", ";Statut", [f"{self.person(n, mark)};{words[email]}" for n, email, _, mark in rows])
        for n, email, _, _ in rows:
            for consent in OWN.values():
                self.told(n, consent, email)

    @rule(action=st.sampled_from(["unsubscribing", "suppressing", "deleting", "constant"]), rows=people)
    def keys_alone(self, action: str, rows: list) -> None:
        self.take(action, ";UNSUB_TIME", [f"{self.person(n, mark)};2020-05-01" for n, _, _, mark in rows])
        refusing = {"unsubscribing": [OWN[self.key]], "suppressing": list(OWN.values())}.get(action, [])
        self.refused |= {(PEOPLE[self.key][n], consent) for n, *_ in rows for consent in refusing}

    @rule(rows=people)
    def with_leave(self, rows: list) -> None:
        lines = [f"{self.person(n, mark)};{email};{sms}" for n, email, sms, mark in rows]
        self.take("resubscribing", ";Opt-In Email;Opt-In SMS", lines)
        for n, email, sms, _ in rows:
            for consent, word in (("opt_in_email", email), ("opt_in_sms", sms)):
                if word in YES:
                    self.refused.discard((PEOPLE[self.key][n], consent))
        for n, email, sms, _ in rows:  # The strictest in a file counts.
            self.told(n, "opt_in_email", email)
            self.told(n, "opt_in_sms", sms)

    @rule(number=st.integers(0, 3), consent=st.sampled_from(sorted(OWN.values())))
    def by_hand(self, number: int, consent: str) -> None:
        with self.account.workspace.store.write() as writer:
            edit_contact(writer, PEOPLE[self.key][number], {consent: "yes"}, "a test")
        self.refused.discard((PEOPLE[self.key][number], consent))

    @rule(which=st.integers(0, 30))
    def undone(self, which: int) -> None:
        numbers = self.account.rows("SELECT import_id FROM main.imports WHERE action <> 'undo' ORDER BY import_id")
        if not numbers:
            return
        with self.account.workspace.store.write() as writer:
            try:
                undo_import(writer, numbers[which % len(numbers)][0], "a test", datetime.now(UTC))
            except RefusedError:
                return

    @invariant()
    def nobody_who_refused_is_written_to(self) -> None:
        reached = self.account.rows(
            f"SELECT {self.key}, consent FROM (UNPIVOT (SELECT {self.key}, opt_in_email, opt_in_sms FROM main.contacts) "
            "ON opt_in_email, opt_in_sms INTO NAME consent VALUE said) WHERE said = 'yes'"
        )
        assert not self.refused & set(reached)


@pytest.mark.parametrize("key", ["email", "mobile"])
def test_nobody_who_refused_is_ever_written_to(new_account: Callable[[], Account], key: str) -> None:
    machine = type("Machine", (Refusals,), {"make": staticmethod(new_account), "key": key})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples(20), stateful_step_count=12, deadline=None, phases=(Phase.explicit, Phase.generate)
        ),
    )
