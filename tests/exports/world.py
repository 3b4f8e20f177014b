"""A small base for the tests of exports: a field of every format, values and labels that look like each other."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp, parse_one

from pipelines.base.columns import reconcile
from pipelines.base.published import confine
from pipelines.base.statements import identifier
from pipelines.base.store import migrate
from pipelines.declarations.model import ContactBase, Export
from pipelines.exports.cells import CellForms, cell
from pipelines.exports.snapshots import Snapshot, default_destination, take_snapshot
from pipelines.fields import Field, Format, Labels, declared_value

NOW = datetime(2026, 7, 15, 8, 30, 0, 125000, tzinfo=UTC)
EVERYBODY = parse_one("SELECT contact_id FROM main.contacts", read="duckdb", into=exp.Select)


def declared(name: str, label: str, kind: Format, values: Iterable[str] = ()) -> Field:
    return Field(name, Labels(label, label), kind, tuple(declared_value(value) for value in values))


BASE = ContactBase(
    declared_fields=(
        declared("postcode", "Code postal", Format.TEXT),
        declared("birth_date", "Date de naissance", Format.DATE),
        declared("basket", "Panier moyen", Format.NUMBER),
        declared("loyal", "Fidèle", Format.BOOLEAN),
        declared("city", "Ville", Format.SINGLE_SELECT, ("Paris", "L'Isle", "=Lyon")),
        declared("interests", "Centre d'intérêt", Format.MULTI_SELECT, ("Perle", "Or, argent", "+ de 50 ans", "Nom")),
        declared("gifts", "Cadeaux", Format.MULTI_SELECT, ("perle", 'A;"b"')),
    )
)
"""`Perle` stands in two fields but for its case; `Nom` is a label too."""

CONTACTS: tuple[dict[str, Any], ...] = (
    {
        "email": "elodie@exemple.fr",
        "mobile": "+33612345678",
        "first_name": "Élodie",
        "last_name": 'Dupont "Didi"',
        "company": "Perles; Cie",
        "opt_in_email": "yes",
        "email_status": "valid",
        "email_return_detail": "452 boîte pleine\nréessayer",
        "email_return_at": datetime(2026, 1, 31, 13, 5, tzinfo=UTC),
        "opt_in_sms": "no",
        "do_not_track": False,
        "activity_degree": 3.0,
        "postcode": "01000",
        "birth_date": date(1984, 2, 29),
        "basket": 1234.5,
        "loyal": True,
        "city": "L'Isle",
        "interests": ["Perle", "Or, argent"],
        "gifts": ['A;"b"'],
    },
    {
        "email": "jean@exemple.fr",
        "first_name": '=HYPERLINK("x")',
        "last_name": "'=déjà",
        "company": "-12,5",
        "opt_in_email": "orange_list",
        "email_status": "bad_alias",
        "do_not_track": True,
        "postcode": "@home",
        "basket": -0.1,
        "loyal": False,
        "city": "=Lyon",
        "interests": ["+ de 50 ans"],
        "gifts": ["perle"],
    },
    {"email": "vide@exemple.fr", "basket": 1e21, "interests": ["Nom"]},
)
ALWAYS = {"email_status": "unknown", "mobile_status": "unknown", "created_at": NOW, "modified_at": NOW}


def make_base(path: Path, contacts: Iterable[Mapping[str, Any]] = CONTACTS, base: ContactBase = BASE) -> Path:
    """A base of its own at `path`, as the writer would leave it; contacts are numbered from 1."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        migrate(connection)
        reconcile(connection, base)
        for number, contact in enumerate(contacts, start=1):
            row = {"contact_id": number, **ALWAYS, **contact}
            columns = ", ".join(map(identifier, row))
            marks = ", ".join("?" for _ in row)
            connection.execute(f"INSERT INTO main.contacts ({columns}) VALUES ({marks})", list(row.values()))
    return path


@contextmanager
def published(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The base as a workspace opens it for an export: nothing can be reached outside it, but scratch folders."""
    with duckdb.connect(str(path), read_only=True) as connection:
        confine(connection, Path(tempfile.gettempdir()))
        yield connection


def snapshot_of(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    export: Export,
    *,
    base: ContactBase = BASE,
    audience: exp.Query = EVERYBODY,
    destination: Path | None = None,
) -> Snapshot:
    """The export's snapshot under `folder`, written aside in `folder/tmp`."""
    scratch = folder / "tmp"
    scratch.mkdir(exist_ok=True)
    return take_snapshot(
        connection,
        export,
        base,
        audience,
        destination=destination or default_destination(folder / "exports", export),
        scratch=scratch,
        instant=NOW,
    )


def read_csv(path: Path, separator: str = ";") -> list[list[str]]:
    """The cells as any reader of CSV sees them, header first; what it would skip as a blank line is an empty list."""
    return list(
        csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), delimiter=separator, strict=True)
    )


def cell_texts(
    connection: duckdb.DuckDBPyConnection, field: Field, values: list[Any], forms: CellForms
) -> list[str | None]:
    """How the values of a field stand in the cells of a file."""
    content = exp.Select(expressions=[cell(field, forms)]).sql("duckdb")
    unnested = f"FROM (SELECT unnest($values::{field.sql_type}[]) AS {field.name}) AS contacts"
    return [row[0] for row in connection.execute(f"{content} {unnested}", {"values": values}).fetchall()]
