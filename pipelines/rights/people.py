"""Who a person is: every contact, address and number that is theirs, present or former; or an address that no contact has (EXP-9).

Belongs here: finding. Does not: what is done with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.base.hash_key import HashKey
from pipelines.base.statements import first_row, identifier, statement
from pipelines.contacts.finding import find_contact, unknown_contact, ways_to_read
from pipelines.declarations.model import ContactBase, Declarations
from pipelines.errors import UsageError, listed_names
from pipelines.language import mark, say
from pipelines.traces.person import Traces

Addresses = frozenset[tuple[str, str]]
"""Pairs of `email` or `mobile` and what the base keeps: in normal form, but for malformed ones."""
_KINDS = ("email", "mobile")


_FORMER = {
    "email": mark("This email is a former one of the contact {contacts}, who has another now."),
    "mobile": mark("This mobile is a former one of the contact {contacts}, who has another now."),
}


@dataclass(frozen=True)
class Person:
    """`contact_id`: of the contact as it is, or as it was; None for a stranger. `contact_ids`: with those who were deleted.

    `shared`: addresses that another contact has too, who keeps them.
    """

    contact_id: int | None
    contact_ids: tuple[int, ...]
    addresses: Addresses
    shared: Addresses = frozenset()

    def of(self, kind: str) -> frozenset[str]:
        """The addresses of one kind."""
        return frozenset(address for each, address in self.addresses if each == kind)

    def hashes(self, secret: HashKey) -> dict[str, list[str]]:
        """Their keyed hashes, by kind."""
        return {kind: sorted(map(secret.digest, self.of(kind))) for kind in _KINDS if self.of(kind)}


def find_person(connection: duckdb.DuckDBPyConnection, base: ContactBase, key: str) -> Person:
    """The person whom `key` names: a contact, one who was deleted, or a stranger with that address.

    UsageError where it is no address, number or id, where nobody has that id, or where it is the former address of a contact who
    has another one now: whose it is then, a person must say.
    """
    ways = ways_to_read(base, key)
    found = _present(connection, base, key, ways)
    if found is None:
        found = _gone(connection, base, ways)
    address = frozenset((field, value) for field, value in ways if field in _KINDS)
    return person_of(connection, base, [] if found is None else [found], frozenset() if found else address)


def _present(
    connection: duckdb.DuckDBPyConnection, base: ContactBase, key: str, ways: Sequence[tuple[str, str]]
) -> int | None:
    if [field for field, _ in ways] == ["contact_id"]:
        number = int(ways[0][1])
        return number if first_row(connection, statement("rights/known"), {"contact_id": number}) else _nobody(key)
    return find_contact(connection, base, key)


def _nobody(key: str) -> None:
    raise unknown_contact(key)


def _gone(connection: duckdb.DuckDBPyConnection, base: ContactBase, ways: Iterable[tuple[str, str]]) -> int | None:
    """A deleted contact who had the address as its own."""
    for field, value in ways:
        rows = connection.execute(statement("rights/former_holders"), {"kind": field, "key": value}).fetchall()
        living = [contact_id for contact_id, there in rows if there]
        if living:
            raise UsageError(
                say(_FORMER[field], contacts=listed_names(living)),
                say("Name the contact by its contact_id, where that is the person."),
            )
        if rows and field == base.key:
            return rows[0][0]
    return None


def person_of(
    connection: duckdb.DuckDBPyConnection, base: ContactBase, ids: Iterable[int], addresses: Addresses = frozenset()
) -> Person:
    """The person of these contacts and addresses, with all that belongs to them."""
    known, mine, before = set(ids), set(addresses), (-1, -1)
    while before != (len(known), len(mine)):
        before = (len(known), len(mine))
        mine |= _addresses(connection, known)
        keys = [address for kind, address in mine if kind == base.key]
        rows = connection.execute(statement("rights/gone_holders"), {"kind": base.key, "keys": keys}).fetchall()
        known |= {row[0] for row in rows}
    shared = _shared(connection, known, mine)
    present = [row[0] for row in _rows(connection, "SELECT contact_id FROM main.contacts WHERE {}", known)]
    ordered = tuple(sorted(known))
    first = next(iter([*present, *ordered]), None)
    return Person(first, ordered, frozenset(mine - shared), frozenset(shared))


def _addresses(connection: duckdb.DuckDBPyConnection, ids: set[int]) -> set[tuple[str, str]]:
    found = _rows(connection, "SELECT channel, key FROM main.former_keys WHERE {}", ids)
    for table, names in (("contacts", _KINDS), ("contact_versions", (*_KINDS, *(f"former:{kind}" for kind in _KINDS)))):
        for name in names:
            kind, column = name.removeprefix("former:"), identifier(name)
            query = f"SELECT DISTINCT '{kind}', {column} FROM main.{table} WHERE {column} IS NOT NULL AND {{}}"  # noqa: S608
            found += _rows(connection, query, ids)
    return {(kind, address) for kind, address in found if kind in _KINDS}


def _shared(connection: duckdb.DuckDBPyConnection, ids: set[int], mine: set[tuple[str, str]]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for kind in _KINDS:
        query = (
            f"SELECT DISTINCT {kind} FROM main.contacts WHERE list_contains($mine, {kind}) "  # noqa: S608
            "AND NOT list_contains($ids::BIGINT[], contact_id)"
        )
        bound = {"mine": [address for each, address in mine if each == kind], "ids": sorted(ids)}
        found |= {(kind, row[0]) for row in connection.execute(query, bound).fetchall()}
    return found


def _rows(connection: duckdb.DuckDBPyConnection, query: str, ids: Iterable[int]) -> list[tuple[Any, ...]]:
    return connection.execute(query.format("list_contains(?::BIGINT[], contact_id)"), [sorted(ids)]).fetchall()


def traces_of(
    connection: duckdb.DuckDBPyConnection, person: Person, declarations: Declarations, *, ours: bool
) -> Traces:
    """By what files name the person. `ours`: files that were written here, in which a column of ids holds this base's."""
    import phonenumbers

    base = declarations.base
    ids = frozenset(map(str, person.contact_ids))
    columns: dict[str, frozenset[str]] = {}
    for field in base.fields:
        if field.name == "contact_id":
            names = [field.name, *field.labels.all] if ours else []
            columns |= dict.fromkeys([*names, *_mapped(declarations, field.name)], ids)
        elif field.unique:
            values = _unique_values(connection, field.name, person.contact_ids)
            columns |= dict.fromkeys([field.name, *field.labels.all, *_mapped(declarations, field.name)], values)
    country = phonenumbers.country_code_for_region(base.phone_region)
    return Traces(person.of("email"), person.of("mobile"), columns, country)


def _mapped(declarations: Declarations, field: str) -> list[str]:
    """The columns that models read as that field."""
    found: list[str] = []
    for model in declarations.models:
        found += [header for header in model.mapping if field in model.fed_by(header)]
    if field == "contact_id":
        for each in declarations.event_imports:
            found += [name.rpartition(".")[2] for name in each.theirs.get(field, ())]
    return found


def _unique_values(connection: duckdb.DuckDBPyConnection, field: str, ids: Sequence[int]) -> frozenset[str]:
    held = {row[0] for row in connection.execute("SELECT name FROM pragma_table_info('main.contacts')").fetchall()}
    if field not in held:
        return frozenset()
    column, former = identifier(field), identifier(f"former:{field}")
    query = (
        f"SELECT {column} FROM main.contacts WHERE {{}} UNION SELECT {column} FROM main.contact_versions WHERE {{}} "  # noqa: S608
        f"UNION SELECT {former} FROM main.contact_versions WHERE {{}}"
    )
    where = "list_contains($ids::BIGINT[], contact_id)"
    rows = connection.execute(query.format(where, where, where), {"ids": list(ids)}).fetchall()
    return frozenset(f"{row[0]:g}" if isinstance(row[0], float) else str(row[0]) for row in rows if row[0] is not None)
