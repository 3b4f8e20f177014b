"""Snapshots: who and what stands in them, what the manifest says, what is refused (EXP-1, EXP-4, EXP-10, SEC-1)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlglot import exp, parse_one

from pipelines.declarations.default_segments import default_segments
from pipelines.declarations.model import Audience, ContactBase, Declarations, Export, FieldCriterion, Group
from pipelines.errors import RefusedError, UnknownNameError, UsageError
from pipelines.fields import MAIN_FIELDS, Field, Format, Labels, declared_value
from pipelines.segments.compiling import audience_group, select
from pipelines.segments.views import create_views
from tests.exports.conftest import Taker
from tests.exports.world import BASE, CONTACTS, NOW, declared, make_base, published, read_csv, snapshot_of


def ids(query: str) -> exp.Select:
    return parse_one(query, read="duckdb", into=exp.Select)


def emails(path: Path) -> list[str]:
    return [row[0] for row in read_csv(path)[1:]]


def test_manifest_says_what_the_file_is(take: Taker) -> None:
    found = take(name="vip", audience=ids("SELECT 1 AS contact_id"), fields=("email", "gifts"))
    manifest = json.loads(found.manifest.read_text("utf-8"))
    assert found.manifest.name == "vip.csv.manifest.json"
    assert found.sha256 == hashlib.sha256(found.path.read_bytes()).hexdigest()
    assert manifest["columns"] == [
        {"header": "Adresse Email", "field": "email"},
        {"header": "Cadeaux : perle", "field": "gifts", "value": "perle"},
        {"header": 'A;"b"', "field": "gifts", "value": 'A;"b"'},
    ]
    assert {key: manifest[key] for key in ("file", "rows", "sha256", "taken_at")} == {
        "file": "vip.csv",
        "rows": 1,
        "sha256": found.sha256,
        "taken_at": NOW.isoformat(),
    }
    assert manifest["definition"]["fields"] == ["email", "gifts"]
    assert manifest["carnet"]


def test_definition_is_told_in_the_words_of_the_yaml(contacts: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    condition = Group("any", (FieldCriterion("postcode", "starts_with", ("75",)), FieldCriterion("mobile", "is_empty")))
    export = Export("paris", Audience(("all_contacts",), ("bad_email_addresses",), condition))
    found = snapshot_of(contacts, tmp_path, export)
    assert found.definition["audience"] == {
        "include": ["all_contacts"],
        "exclude": ["bad_email_addresses"],
        "condition": {
            "any": [
                {"field": "postcode", "op": "starts_with", "value": "75"},
                {"field": "mobile", "op": "is_empty"},
            ]
        },
    }
    assert found.definition["fields"] == list(MAIN_FIELDS)


def test_segments_less_others_that_hold_a_condition(tmp_path: Path) -> None:
    path = make_base(tmp_path / "contacts.duckdb")
    with duckdb.connect(str(path)) as writer:
        create_views(writer, everything := Declarations(tmp_path, BASE, segments=tuple(default_segments("fr"))))
    condition = Group("all", (FieldCriterion("company", "is_not_empty"),))
    with published(path) as connection:
        for audience, expected in (
            (Audience(), ["elodie@exemple.fr", "jean@exemple.fr", "vide@exemple.fr"]),
            (Audience(exclude=("bad_email_addresses",)), ["elodie@exemple.fr", "vide@exemple.fr"]),
            (Audience(("email_subscribers", "bad_email_addresses")), ["elodie@exemple.fr", "jean@exemple.fr"]),
            (Audience(("all_contacts",), ("email_subscribers",), condition), ["jean@exemple.fr"]),
        ):
            compiled = select(audience_group(audience), everything)
            export = Export("who", audience, ("email",))
            assert emails(snapshot_of(connection, tmp_path, export, audience=compiled).path) == expected


def test_rows_stand_by_growing_contact_id_each_once(take: Taker) -> None:
    audience = ids("SELECT * FROM (VALUES (3), (1), (3), (NULL), (2)) AS twice(contact_id)")
    assert read_csv(take(audience=audience, fields=("contact_id",)).path)[1:] == [["1"], ["2"], ["3"]]


@pytest.mark.parametrize(("do_not_track", "expected"), [("keep", ["1", "2", "3"]), ("omit", ["1", "2"])])
def test_everybody_stands_so_too_wherever_their_rows_lie(
    tmp_path: Path, do_not_track: Literal["keep", "omit"], expected: list[str]
) -> None:
    people = [{"contact_id": 3, "do_not_track": True}, {"contact_id": 1}, {"contact_id": 2}]
    everybody = parse_one("SELECT contacts.* FROM main.contacts AS contacts", read="duckdb", into=exp.Select)
    export = Export("all", fields=("contact_id",), do_not_track=do_not_track)
    with published(make_base(tmp_path / "contacts.duckdb", people)) as connection:
        taken = snapshot_of(connection, tmp_path, export, audience=everybody)
    assert (taken.rows, read_csv(taken.path)[1:]) == (len(expected), [[number] for number in expected])


def test_untracked_contacts_are_kept_or_omitted(take: Taker) -> None:
    assert take(fields=("email",)).rows == len(CONTACTS)
    omitted = take(fields=("email",), do_not_track="omit")
    assert (omitted.rows, emails(omitted.path)) == (2, ["elodie@exemple.fr", "vide@exemple.fr"])


@pytest.mark.parametrize("excel", [False, True], ids=["plain", "excel"])
def test_no_contact_gives_a_header_alone(take: Taker, excel: bool) -> None:
    found = take(audience=ids("SELECT 1 AS contact_id WHERE false"), fields=("email", "company"), excel=excel)
    bom, end = (b"\xef\xbb\xbf", b"\r\n") if excel else (b"", b"\n")
    assert (found.rows, found.path.read_bytes()) == (0, bom + b"Adresse Email;Raison Sociale" + end)


def test_a_header_stands_in_the_file_as_it_is_declared(take: Taker) -> None:
    label = r"L'« œil »; \n \t {0} $1 %d"
    renamed = declared("postcode", label, Format.TEXT)
    base = replace(BASE, declared_fields=(renamed, *(f for f in BASE.declared_fields if f.name != "postcode")))
    found = take(base, fields=("contact_id", "postcode"), excel=True)
    assert found.path.read_bytes().startswith(f'\ufeffIdentifiant;"{label}"\r\n1;'.encode())
    assert found.path.read_bytes().endswith(b"\r\n")
    assert found.sha256 == hashlib.sha256(found.path.read_bytes()).hexdigest()


@pytest.mark.parametrize("file_format", ["csv", "txt"])
def test_an_empty_cell_of_a_single_column_is_no_blank_line(take: Taker, file_format: str) -> None:
    found = take(fields=("company",), format=file_format)
    assert (
        found.path.read_bytes()
        == b"Raison Sociale\n" + {"csv": b'"Perles; Cie"', "txt": b"Perles; Cie"}[file_format] + b'\n-12,5\n""\n'
    )


@pytest.mark.parametrize(("file_format", "separator"), [("csv", ";"), ("txt", "\t")])
def test_any_reader_of_csv_gets_the_texts_back(tmp_path: Path, file_format: str, separator: str) -> None:
    hostile = [
        'a;b"c',
        "tab\there",
        "l1\nl2",
        "l1\r\nl2",
        "l1\rl2",
        "'); DROP TABLE contacts; --",
        "${1}",
        "\\N",
        "é😀",
    ]
    people = [{"email": f"{n}@x.fr", "company": text} for n, text in enumerate(hostile)]
    with published(make_base(tmp_path / "contacts.duckdb", people)) as connection:
        export = Export("x", fields=("email", "company"), format=file_format)
        rows = read_csv(snapshot_of(connection, tmp_path, export).path, separator)
    assert [row[1] for row in rows[1:]] == hostile


def test_hostile_labels_and_values_are_data(tmp_path: Path) -> None:
    evil = "x' OR 1=1; --\"\n\\"
    base = ContactBase(
        declared_fields=(
            declared("one", evil, Format.SINGLE_SELECT, (evil + "1", "__SQLGLOT__LB__")),
            declared("many", "@" + evil, Format.MULTI_SELECT, (evil + "2", "=" + evil)),
        )
    )
    person = {"email": "a@x.fr", "one": evil + "1", "many": ["=" + evil]}
    with published(make_base(tmp_path / "contacts.duckdb", [person], base)) as connection:
        export = Export("x", fields=("one", "many"))
        rows = read_csv(snapshot_of(connection, tmp_path, export, base=base).path)
    assert rows == [[evil, evil + "2", "'=" + evil], [evil + "1", "", "X"]]


def test_values_that_imports_added_have_their_columns(tmp_path: Path) -> None:
    person = {"email": "a@x.fr", "interests": ["Perle", "Quartz"]}
    path = make_base(tmp_path / "contacts.duckdb", [person])
    with duckdb.connect(str(path)) as writer:
        writer.execute("""UPDATE main.fields SET "values" = "values" || ['Quartz'] WHERE name = 'interests'""")
    with published(path) as connection:
        rows = read_csv(snapshot_of(connection, tmp_path, Export("x", fields=("interests",))).path)
    assert rows[0][-1:] + rows[1][-1:] == ["Quartz", "X"]


def test_parquet_holds_codes_and_native_types(take: Taker) -> None:
    fields = ("contact_id", "email", "opt_in_email", "do_not_track", "birth_date", "basket", "interests", "created_at")
    found = take(fields=fields, format="parquet", multi_select="joined")
    table = pq.read_table(found.path)
    assert dict(zip(table.schema.names, table.schema.types, strict=True)) == {
        "contact_id": pa.int64(),
        "email": pa.string(),
        "opt_in_email": pa.string(),
        "do_not_track": pa.bool_(),
        "birth_date": pa.date32(),
        "basket": pa.float64(),
        "interests": pa.list_(pa.field("element", pa.string())),
        "created_at": pa.timestamp("us", "UTC"),
    }
    rows = [{"contact_id": n, "created_at": NOW, **person} for n, person in enumerate(CONTACTS, start=1)]
    assert table.to_pylist() == [{name: row.get(name) for name in fields} for row in rows]
    assert found.path.name == "snapshot.parquet"


def test_parquet_of_nobody_and_without_contact_id(take: Taker) -> None:
    found = take(audience=ids("SELECT 1 AS contact_id WHERE false"), fields=("email", "gifts"), format="parquet")
    assert (pq.read_table(found.path).num_rows, pq.read_schema(found.path).names) == (0, ["email", "gifts"])


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"fields": ()}, UsageError),
        ({"fields": ("email", "email")}, UsageError),
        ({"fields": ("emial",)}, UnknownNameError),
        ({"format": "parquet", "excel": True}, UsageError),
        ({"audience": ids('SELECT contact_id FROM segments."gone"')}, UsageError),
        ({"audience": ids("SELECT 1 AS contact_id UNION ALL SELECT 99")}, RefusedError),
        ({"audience": ids("SELECT 99 AS contact_id"), "do_not_track": "omit"}, RefusedError),
    ],
    ids=["no field", "field twice", "unknown field", "excel parquet", "no such segment", "stranger", "stranger, omit"],
)
def test_what_cannot_be_written_whole_replaces_nothing(
    take: Taker, tmp_path: Path, wanted: dict[str, object], error: type[Exception]
) -> None:
    former = take(fields=("email",), format=wanted.get("format", "csv"))
    before = (former.path.read_bytes(), former.manifest.read_bytes())
    with pytest.raises(error):
        take(**wanted)
    assert (former.path.read_bytes(), former.manifest.read_bytes()) == before
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_count_that_does_not_fit_says_both_numbers(take: Taker) -> None:
    with pytest.raises(RefusedError, match="'snapshot' would hold 1 rows; its audience has 2 contacts"):
        take(audience=ids("SELECT 1 AS contact_id UNION ALL SELECT 99"))


def test_a_field_that_no_run_has_brought_into_the_base_yet(take: Taker) -> None:
    base = replace(BASE, declared_fields=(*BASE.declared_fields, declared("shoe", "Pointure", Format.NUMBER)))
    with pytest.raises(UsageError, match="does not have what is asked for yet"):
        take(base, fields=("shoe",))


def test_the_callers_session_is_as_it_was(contacts: duckdb.DuckDBPyConnection, take: Taker) -> None:
    contacts.execute("SET TimeZone = 'Asia/Tokyo'").fetchall()
    take()
    macros = "SELECT count(*) FROM duckdb_functions() WHERE function_name LIKE 'carnet%'"
    assert contacts.execute("SELECT current_setting('TimeZone')").fetchall() == [("Asia/Tokyo",)]
    assert contacts.execute(macros).fetchall() == [(0,)]
    contacts.begin()
    contacts.rollback()


def test_labels_of_both_languages() -> None:
    """A field whose labels differ by language is headed by that of the base."""
    field = Field("x", Labels("Un", "One"), Format.MULTI_SELECT, (declared_value("v"),))
    from pipelines.exports.headers import headers

    assert headers(ContactBase(locale="en", declared_fields=(field,)))["x", None] == "One"
