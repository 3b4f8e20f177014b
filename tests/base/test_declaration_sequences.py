"""Whatever the declarations go through, no contact loses a value: random sequences against a plain model (FLD-5)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pipelines.base.formats import FormatLossError
from pipelines.base.inventory import list_fields
from pipelines.fields import Field, Format, Labels, declared_value
from tests.base.kept import Kept
from tests.examples import examples

CODES = ("Perle", "Diamant, brut", "75", "92", "2024-02-29", "Oui")
LABELS = st.sampled_from(["Un libellé", "L'autre", "encore « un »"])
NAMES = ("first", "second", "third")
CONTACTS = 4
T, N, D, S, M, B = Format

# Texts as the base itself writes them, so that they come back as they were.
TEXTS = st.sampled_from(["Perle", "75", "92", "12.5", "01000", "2024-02-29", "Oui", "Non", "autre", "Diamant, brut"])


def drawn(format_: Format, codes: tuple[str, ...]) -> st.SearchStrategy[Any]:
    subsets = st.sets(st.sampled_from(codes), min_size=1).map(lambda some: [c for c in codes if c in some])
    return {
        T: TEXTS,
        N: st.sampled_from([75.0, 92.0, 12.5, 0.0, 1.0]),
        D: st.sampled_from([date(2024, 2, 29), date(1984, 3, 14)]),
        S: st.sampled_from(codes),
        M: subsets,
        B: st.booleans(),
    }[format_]


@dataclass
class Declared:
    """A field as the operator last wrote it, and what the base should hold of it, by contact."""

    field: Field
    values: list[Any]
    declared: bool = True


def declared_field(name: str, format_: Format, codes: tuple[str, ...], label: str) -> Field:
    values = tuple(map(declared_value, codes)) if format_ in (S, M) else ()
    return Field(name, Labels(label, label), format_, values, "reject")


class Declarations(RuleBasedStateMachine):
    """Each rule edits the declarations as an operator would, and runs."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.kept = Kept(Path(self.folder.name))
        self.fields: dict[str, Declared] = {}

    def teardown(self) -> None:
        self.folder.cleanup()

    @initialize(data=st.data(), third=st.sampled_from(Format))
    def contacts(self, data: st.DataObject, third: Format) -> None:
        """Contacts with values in three fields, a multi-select and a text among them."""
        for name, format_ in zip(NAMES, (M, T, third), strict=True):
            declared = declared_field(name, format_, CODES, name)
            strategy = st.none() | drawn(format_, CODES)
            self.fields[name] = Declared(declared, [data.draw(strategy) for _ in range(CONTACTS)])
        values = {name: each.values for name, each in self.fields.items()}
        self.kept.fill(*self.now, email=[f"{n}@ex.fr" for n in range(CONTACTS)], **values)

    @property
    def now(self) -> list[Field]:
        return [each.field for each in self.fields.values() if each.declared]

    def run(self) -> None:
        self.kept.follow(*self.now)

    def chosen(self, data: st.DataObject, *, declared: bool = True) -> Declared:
        return data.draw(st.sampled_from([each for each in self.fields.values() if each.declared is declared]))

    @precondition(lambda self: "fourth" not in self.fields)
    @rule(format_=st.sampled_from(Format), codes=st.permutations(CODES), label=LABELS)
    def add(self, format_: Format, codes: list[str], label: str) -> None:
        self.fields["fourth"] = Declared(declared_field("fourth", format_, tuple(codes), label), [None] * CONTACTS)
        self.run()

    @precondition(lambda self: self.now)
    @rule(data=st.data())
    def fill(self, data: st.DataObject) -> None:
        """An import gives some contacts a value of the list as it is declared."""
        each = self.chosen(data)
        contact = data.draw(st.integers(0, CONTACTS - 1))
        value = data.draw(drawn(each.field.format, each.field.codes))
        each.values[contact] = value
        with self.kept.store(*self.now).write() as writer, writer.transaction() as connection:
            connection.execute(
                f'UPDATE main.contacts SET "{each.field.name}" = ? WHERE contact_id = ?', [value, contact + 1]
            )

    @precondition(lambda self: self.now)
    @rule(data=st.data(), label=LABELS)
    def rename(self, data: st.DataObject, label: str) -> None:
        each = self.chosen(data)
        label = f"{label} {each.field.name}"
        each.field = replace(each.field, labels=Labels(label, label))
        self.run()

    @precondition(lambda self: any(f.is_select for f in self.now))
    @rule(data=st.data(), codes=st.permutations(CODES), count=st.integers(1, len(CODES)))
    def change_values(self, data: st.DataObject, codes: list[str], count: int) -> None:
        """Values come, go and change places; those that contacts have stay theirs, in the order of the new list."""
        each = data.draw(st.sampled_from([e for e in self.fields.values() if e.declared and e.field.is_select]))
        each.field = replace(each.field, values=tuple(map(declared_value, codes[:count])))
        self.run()

    @precondition(lambda self: self.now)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        self.chosen(data).declared = False
        self.run()

    @precondition(lambda self: len(self.now) < len(self.fields))
    @rule(data=st.data())
    def declare_again(self, data: st.DataObject) -> None:
        self.chosen(data, declared=False).declared = True
        self.run()

    @precondition(lambda self: self.now)
    @rule(data=st.data(), format_=st.sampled_from(Format), codes=st.permutations(CODES))
    def change_format(self, data: st.DataObject, format_: Format, codes: list[str]) -> None:
        """Another format, and where nothing is lost the former one again: the values are what they were."""
        each = self.chosen(data)
        before = each.field
        after = declared_field(before.name, format_, tuple(codes), before.labels.fr)
        each.field = after
        try:
            self.run()
        except FormatLossError:
            each.field = before
            return
        there = self.kept.column(before.name, *self.now)
        assert [value is None for value in there] == [value is None for value in each.values]
        if data.draw(st.booleans(), label="stays"):
            each.values = there
            return
        each.field = before
        try:
            self.run()
        except FormatLossError:
            # A value that left the list is only a text in between: it stays one until it is declared again.
            assert before.is_select
            each.field, each.values = after, there
            return
        if (before.format, format_) == (T, M):
            # A list as text is a line of CSV: one value with a comma in it comes back in quotes.
            back = self.kept.column(before.name, *self.now)
            each.values = [now if now == f'"{value}"' else value for now, value in zip(back, each.values, strict=True)]

    @invariant()
    def nothing_is_lost(self) -> None:
        store = self.kept.store(*self.now)
        with store.write() as writer:
            listed = {found.name: found for found in list_fields(writer.connection, store.contact_base)}
            columns = ", ".join(["contact_id", *(f'"{name}"' for name in self.fields)])
            rows = writer.connection.execute(f"SELECT {columns} FROM main.contacts ORDER BY contact_id").fetchall()
            orders = dict(writer.connection.execute('SELECT name, "values" FROM main.fields').fetchall())
        assert len(rows) == CONTACTS
        for place, (name, each) in enumerate(self.fields.items(), start=1):
            found = [row[place] for row in rows]
            assert list(map(comparable, found)) == list(map(comparable, each.values)), each
            # Stored lists follow the order of the list, which begins with the declared values.
            assert all(value == sorted(value, key=orders[name].index) for value in found if isinstance(value, list))
            assert tuple(orders[name] or ())[: len(each.field.codes)] == each.field.codes or not each.declared
            assert (listed[name].status == "declared") is each.declared
            assert listed[name].contacts == sum(value is not None for value in each.values)
            assert listed[name].label == each.field.labels.fr


def comparable(value: Any) -> Any:
    """The values of a multi-select as a set: their order is the list's, and that one changes."""
    return set(value) if isinstance(value, list) else value


Declarations.TestCase.settings = settings(max_examples=examples(15), stateful_step_count=12, deadline=None)
TestDeclarations = Declarations.TestCase
