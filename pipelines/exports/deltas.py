"""Who entered, left and changed since an earlier export: `<name>.delta.csv` (EXP-11).

Belongs here: the comparison of two exports, and the file that tells it. Does not: what is kept of them (`kept`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from sqlglot import exp

from pipelines.base.statements import literal, statement
from pipelines.declarations.model import ContactBase, Export
from pipelines.exports.audience import people
from pipelines.exports.cells import column
from pipelines.exports.columns import Column, exported_fields, plan_columns
from pipelines.exports.kept import Aside, Keeping, Kept
from pipelines.exports.text_files import copy_to, write_text
from pipelines.fields import Locale

_WORDS: dict[Locale, dict[str, str]] = {
    "fr": {"head": "Mouvement", "entered": "entré", "left": "sorti", "changed": "modifié"},
    "en": {"head": "Movement", "entered": "entered", "left": "left", "changed": "changed"},
}
_PARQUET = "FORMAT parquet, COMPRESSION snappy"


@dataclass(frozen=True)
class Delta:
    """A file of movements: its rows by kind, since which export (None: the first one, all entered)."""

    path: Path
    sha256: str
    since: int | None
    entered: int
    left: int
    changed: int

    @property
    def rows(self) -> int:
        """Movements in the file."""
        return self.entered + self.left + self.changed

    def as_json(self) -> dict[str, object]:
        """What the manifest says of it."""
        counts = {"entered": self.entered, "left": self.left, "changed": self.changed}
        return {"file": self.path.name, "rows": self.rows, "sha256": self.sha256, "since": self.since, **counts}


@dataclass(frozen=True)
class Moved:
    """A delta that was written: how many rows were compared, where it lies now, and what is to be kept for the next one."""

    compared: int
    delta: Delta
    aside: Path
    kept: Aside


def delta_path(destination: Path) -> Path:
    """Where the movements of an export lie: beside it."""
    return destination.with_name(f"{destination.stem}.delta.csv")


def write_delta(
    session: duckdb.DuckDBPyConnection,
    export: Export,
    base: ContactBase,
    audience: exp.Query | None,
    keeping: Keeping,
    since: int | None,
    *,
    destination: Path,
    folder: Path,
) -> Moved:
    """Write who moved, and what is to be kept of this export, in `folder`.

    `audience` as `audience.rows` takes it; `since`: an export's number, None for the last one. UsageError where it is not kept.
    """
    before = keeping.since(since)
    columns = plan_columns(_as_text(export), base)
    made = _made(columns, export, base)
    aside = Aside(folder / "kept.ids.parquet", folder / "kept.cells.parquet", made, _is_whole(before, made, keeping))
    held = copy_to(session, _hashed(export, base, audience), aside.ids, _PARQUET)
    _find_moves(session, aside, before, keeping)
    copy_to(session, _rendered(columns, export, audience, whole=aside.whole), aside.cells, _PARQUET)
    [(entered, left, changed)] = session.execute(statement("exports/moves_tally")).fetchall()
    _set(session, "carnet_cells", literal(str(aside.cells)))
    former = keeping.cells() or [aside.cells]  # Of a first export nobody has left.
    _set(session, "carnet_former", f"[{', '.join(literal(str(path)) for path in former)}]")
    session.execute(statement("exports/moved")).fetchall()
    path = folder / "delta"
    headers = [_WORDS[base.locale]["head"], *(each.header for each in columns)]
    _, digest = write_text(session, _as_text(export), headers, _movements(columns, base.locale), path)
    since_id = before.export_id if before else None
    delta = Delta(delta_path(destination), digest, since_id, entered, left, changed)
    return Moved(held, delta, path, aside)


def _as_text(export: Export) -> Export:
    """The export with cells as a CSV has them, whatever its own format."""
    return replace(export, format="csv", excel=export.excel and export.format in ("csv", "txt"))


def _is_whole(before: Kept | None, made: str, keeping: Keeping) -> bool:
    """Whether all cells are kept: else those who moved since the last one, which is the one compared with."""
    return before is None or before.made != made or not keeping.is_last(before) or keeping.due_whole()


def _made(columns: Sequence[Column], export: Export, base: ContactBase) -> str:
    """What decides of a row's cells beside the contact's own values, and of how its hash is reckoned."""
    parts = [f"{each.header}={each.content.sql('duckdb')}" for each in columns]
    parts += [field.name for field in exported_fields(export, base)]
    return hashlib.sha256("\0".join((duckdb.__version__, *parts)).encode()).hexdigest()


def _hashed(export: Export, base: ContactBase, audience: exp.Query | None) -> exp.Select:
    values: list[exp.Expr] = [column(field) for field in exported_fields(export, base)]
    return people(export, audience).select(
        exp.column("contact_id", table="contacts"),
        exp.alias_(exp.Anonymous(this="hash", expressions=values), "row_hash"),
    )


def _find_moves(session: duckdb.DuckDBPyConnection, aside: Aside, before: Kept | None, keeping: Keeping) -> None:
    _set(session, "carnet_now", literal(str(aside.ids)))
    if before is None:
        session.execute(statement("exports/first_moves")).fetchall()
        return
    _set(session, "carnet_before", literal(str(keeping.ids(before))))
    _set(session, "carnet_alike", "true" if before.made == aside.made else "false")
    session.execute(statement("exports/moves")).fetchall()


def _rendered(columns: Sequence[Column], export: Export, audience: exp.Query | None, *, whole: bool) -> exp.Select:
    """contact_id and the cells as text, under names that say which column they are of, whatever its place."""
    cells = [exp.alias_(each.content, exp.to_identifier(_name(each), quoted=True)) for each in columns]
    query = people(export, audience).select(exp.column("contact_id", table="contacts"), *cells)
    if whole:
        return query
    moved = exp.select("contact_id").from_("carnet_moves")
    return query.where(exp.In(this=exp.column("contact_id", table="contacts"), query=moved.subquery()))


def _movements(columns: Sequence[Column], locale: Locale) -> exp.Select:
    words = exp.Case(this=exp.column("movement"))
    for movement in ("entered", "left", "changed"):
        words = words.when(exp.Literal.string(movement), exp.Literal.string(_WORDS[locale][movement]))
    cells = [exp.column(exp.to_identifier(_name(each), quoted=True)) for each in columns]
    return (
        exp.Select(expressions=[exp.alias_(words, "movement_told"), *cells])
        .from_("carnet_moved")
        .order_by("contact_id")
    )


def _name(column: Column) -> str:
    return "cell_" + hashlib.sha256(column.header.encode()).hexdigest()[:16]


def _set(session: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    session.execute(f"SET VARIABLE {name} = {value}").fetchall()
