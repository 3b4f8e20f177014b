"""A base in a folder of its own, under declarations that change from one opening to the next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.base.store import Store
from pipelines.declarations.model import ContactBase, Key
from pipelines.fields import Field, Format, Labels, Locale, UnknownValues, declared_value
from pipelines.layout import Layout


def field(name: str, format_: Format, *values: str, label: str = "", unknown_values: UnknownValues = "reject") -> Field:
    label = label or name
    return Field(name, Labels(label, label), format_, tuple(map(declared_value, values)), unknown_values)


@dataclass
class Kept:
    """Opens one base again and again; `follow` is the next run under other declarations."""

    folder: Path

    def store(self, *fields: Field, key: Key = "email", locale: Locale = "fr") -> Store:
        layout = Layout(data=self.folder / "data", assets=self.folder / "assets")
        return Store(layout, ContactBase(key=key, locale=locale, declared_fields=fields), "a test")

    def follow(self, *fields: Field, key: Key = "email", locale: Locale = "fr") -> None:
        with self.store(*fields, key=key, locale=locale).write():
            pass

    def fill(self, *fields: Field, key: Key = "email", **columns: list[Any]) -> None:
        """Contacts 1, 2, … with these values in each column, `contacts` alone."""
        with self.store(*fields, key=key).write() as writer, writer.transaction() as connection:
            types = {each.name: each.sql_type for each in writer.contact_base.fields}
            frame = pl.DataFrame({"contact_id": range(1, len(next(iter(columns.values()))) + 1), **columns})
            connection.register("given", frame.to_arrow())
            listed = ", ".join(f'"{name}"::{types[name]} AS "{name}"' for name in frame.columns)
            connection.execute(f"INSERT INTO main.contacts BY NAME SELECT {listed} FROM given")
            connection.unregister("given")

    def rows(self, query: str, *fields: Field, key: Key = "email") -> list[tuple]:
        with self.store(*fields, key=key).rehearse() as writer:
            return writer.connection.execute(query).fetchall()

    def column(self, name: str, *fields: Field) -> list[Any]:
        """The values of one field, by contact; the base follows `fields` first, and the transaction is rolled back."""
        return [row[0] for row in self.rows(f'SELECT "{name}" FROM main.contacts ORDER BY contact_id', *fields)]
