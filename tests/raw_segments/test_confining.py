"""A raw segment reads the base's tables and nothing else: what tries to leave is refused with file and line (SEG-1, SEC-1)."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.declared import load
from pipelines.raw_segments.confining import TABLES, NotConfinedError, confine

ATTACKS = {
    "COPY to a file": "COPY contacts TO '/tmp/all.csv'",
    "COPY of a query": "COPY (SELECT contact_id FROM contacts) TO '/tmp/all.csv'",
    "EXPORT": "EXPORT DATABASE '/tmp/all'",
    "ATTACH": "ATTACH '/tmp/other.duckdb' AS other",
    "INSTALL": "INSTALL httpfs",
    "LOAD": "LOAD httpfs",
    "PRAGMA": "PRAGMA database_list",
    "CALL": "CALL pragma_version()",
    "SET": "SET enable_external_access = true",
    "EXPLAIN": "EXPLAIN SELECT contact_id FROM contacts",
    "DESCRIBE": "DESCRIBE contacts",
    "DESCRIBE inside": "SELECT contact_id FROM (DESCRIBE contacts)",
    "SUMMARIZE": "SUMMARIZE contacts",
    "SHOW": "SELECT * FROM (SHOW TABLES)",
    "PIVOT": "PIVOT contacts ON opt_in_email USING count(*)",
    "TABLE": "TABLE contacts",
    "CREATE": "CREATE TABLE mine AS SELECT contact_id FROM contacts",
    "DROP": "DROP TABLE contacts",
    "INSERT": "INSERT INTO contacts VALUES (1) RETURNING contact_id",
    "INSERT inside": "WITH x AS (INSERT INTO contacts VALUES (1) RETURNING contact_id) SELECT contact_id FROM x",
    "DELETE": "DELETE FROM contacts RETURNING contact_id",
    "DELETE inside": "WITH x AS (DELETE FROM contacts RETURNING contact_id) SELECT contact_id FROM x",
    "UPDATE": "UPDATE contacts SET email = NULL RETURNING contact_id",
    "two statements": "SELECT contact_id FROM contacts; DROP TABLE contacts",
    "two SELECTs": "SELECT contact_id FROM contacts;\nSELECT contact_id FROM contacts;",
    "nothing": "",
    "a comment alone": "-- SELECT contact_id FROM contacts",
    "an open comment": "SELECT contact_id FROM contacts /* AND",
    "a statement after a comment": "SELECT contact_id FROM contacts -- all\n; DROP TABLE contacts --",
    "a bracket that closes the view's": "SELECT contact_id FROM contacts) UNION SELECT contact_id FROM (SELECT 1 AS contact_id",
    "a file in quotes": "SELECT contact_id FROM 'file.csv'",
    "a file as an identifier": 'SELECT contact_id FROM "file.csv"',
    "a file in the schema": 'SELECT contact_id FROM main."file.parquet"',
    "a URL": "SELECT contact_id FROM 'https://example.org/ids.csv'",
    "a list called like a file elsewhere": 'SELECT * FROM (WITH "a.csv" AS (SELECT 1 AS contact_id) FROM "a.csv"), "a.csv"',
    "a list called like a file later": 'WITH x AS (FROM "b.csv"), "b.csv" AS (SELECT 1 AS contact_id) SELECT contact_id FROM x',
    "a list called like a file but for an accent's case": 'WITH "É.csv" AS (SELECT 1 AS contact_id) SELECT contact_id FROM "é.csv"',
    "a list that reads itself without RECURSIVE": 'WITH "c.csv" AS (SELECT contact_id FROM "c.csv") SELECT contact_id FROM "c.csv"',
    "read_text": "SELECT contact_id FROM contacts WHERE email IN (SELECT content FROM read_text('/etc/passwd'))",
    "read_csv": "SELECT contact_id FROM read_csv('/etc/passwd')",
    "read_csv in capitals": "SELECT contact_id FROM READ_CSV_AUTO('/etc/passwd')",
    "read_csv in quotes": "SELECT contact_id FROM \"read_csv\"('/etc/passwd')",
    "read_blob beside": "SELECT contact_id FROM contacts, LATERAL read_blob('/etc/*')",
    "glob": "SELECT contact_id FROM contacts WHERE email IN (SELECT file FROM glob('/etc/*'))",
    "sniff_csv": "SELECT contact_id FROM sniff_csv('/etc/passwd')",
    "parquet_metadata": "SELECT contact_id FROM parquet_metadata('a.parquet')",
    "query": "SELECT contact_id FROM query('SELECT 1 AS contact_id')",
    "query_table": "SELECT contact_id FROM query_table('contacts')",
    "a serialised statement": "SELECT contact_id FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1 AS contact_id'))",
    "a plan that is bound": "SELECT contact_id FROM contacts WHERE json_serialize_plan('FROM ''a.csv''') IS NOT NULL",
    "duckdb_settings": "SELECT contact_id FROM duckdb_settings()",
    "duckdb_secrets": "SELECT contact_id FROM duckdb_secrets()",
    "which_secret": "SELECT contact_id FROM which_secret('s3://a', 's3')",
    "pragma as a function": "SELECT contact_id FROM pragma_table_info('contacts')",
    "checkpoint": "SELECT contact_id FROM checkpoint()",
    "pandas_scan": "SELECT contact_id FROM pandas_scan(1)",
    "a method call": "SELECT '/etc/passwd'.read_text() AS contact_id",
    "getenv": "SELECT contact_id FROM contacts WHERE email = getenv('HOME')",
    "getenv in a schema": "SELECT contact_id FROM contacts WHERE email = system.main.getenv('HOME')",
    "current_setting": "SELECT contact_id FROM contacts WHERE email = current_setting('temp_directory')",
    "getvariable": "SELECT contact_id FROM contacts WHERE email = getvariable('x')",
    "current_user": "SELECT contact_id FROM contacts WHERE email = current_user",
    "version": "SELECT contact_id FROM contacts WHERE email = version()",
    "nextval": "SELECT nextval('s') AS contact_id",
    "write_log": "SELECT contact_id FROM contacts WHERE write_log(email)",
    "random": "SELECT contact_id FROM contacts WHERE random() < 0.5",
    "uuid": "SELECT contact_id FROM contacts WHERE uuid() IS NOT NULL",
    "sleep": "SELECT contact_id FROM contacts WHERE pg_sleep(1) IS NULL",
    "a sample": "SELECT contact_id FROM contacts USING SAMPLE 10",
    "a sample of a table": "SELECT contact_id FROM contacts TABLESAMPLE 10%",
    "a parameter": "SELECT contact_id FROM contacts WHERE email = $1",
    "a mark": "SELECT contact_id FROM contacts WHERE email = ?",
    "information_schema": "SELECT contact_id FROM information_schema.tables",
    "pg_catalog": "SELECT oid AS contact_id FROM pg_catalog.pg_class",
    "sqlite_master": "SELECT rowid AS contact_id FROM sqlite_master",
    "a table that is Carnet's own": "SELECT contact_id FROM main.contact_versions",
    "the counters": "SELECT value AS contact_id FROM counters",
    "another database": "SELECT contact_id FROM other.main.contacts",
    "another database's default": "SELECT contact_id FROM system.contacts",
    "a former state": "SELECT contact_id FROM contacts AT (VERSION => 1)",
    "an attack below": "SELECT contact_id FROM contacts WHERE email IN (SELECT a FROM (SELECT (FROM read_text('x')) AS a))",
    "an attack in ORDER BY": "SELECT contact_id FROM contacts ORDER BY getenv('HOME')",
    "an attack in LIMIT": "SELECT contact_id FROM contacts LIMIT (SELECT count(*) FROM 'a.csv')",
    "an attack in FILTER": "SELECT max(contact_id) FILTER (WHERE getenv('A') = 'b') AS contact_id FROM contacts",
    "an attack in OVER": "SELECT contact_id, sum(1) OVER (PARTITION BY getenv('A')) FROM contacts",
    "an attack in a lambda": "SELECT contact_id FROM contacts WHERE len(list_filter(interests, lambda x: x = getenv('A'))) > 0",
    "an attack in VALUES": "SELECT contact_id FROM (VALUES (getenv('A'))) AS v(contact_id)",
    "an attack in DISTINCT ON": "SELECT DISTINCT ON (getenv('A')) contact_id FROM contacts",
    "an attack in a join": "SELECT a.contact_id FROM contacts AS a JOIN contacts AS b ON a.email = getenv('A')",
    "an attack in a branch of UNION": "SELECT contact_id FROM contacts UNION SELECT contact_id FROM 'a.csv'",
    "an attack in a cast": "SELECT CAST(getenv('A') AS BIGINT) AS contact_id",
}
PLAIN = {
    "SELECT contact_id FROM contacts": ["contacts"],
    "SELECT contact_id FROM contacts; -- all of them;\n/* ; */ ;\n": ["contacts"],
    "FROM segments.paris SELECT contact_id": ["segments.paris"],
    "(SELECT contact_id FROM contacts) EXCEPT (SELECT contact_id FROM segments.paris)": ["contacts", "segments.paris"],
    "WITH a AS (FROM contacts), b AS (FROM a) SELECT contact_id FROM b": ["contacts"],
    "WITH CONTACTS AS (SELECT 1 AS contact_id) SELECT contact_id FROM contacts": [],
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i AS contact_id FROM n": [],
    "SELECT contact_id FROM Main.Events QUALIFY row_number() OVER (PARTITION BY contact_id ORDER BY occurred_at) = 1": [
        "events"
    ],
    "SELECT contact_id FROM contacts WHERE len([x for x in interests if x like 'P%']) > 1": ["contacts"],
    "SELECT contact_id FROM contacts WHERE created_at > now() - INTERVAL 1 YEAR AND birth_date < current_date": [
        "contacts"
    ],
    "SELECT contact_id FROM contacts WHERE hash(contact_id) % 10 = 0 AND strip_accents(lower(email)) ~ '^a'": [
        "contacts"
    ],
    "SELECT unnest(range(1, 9)) AS contact_id": [],
    "SELECT i AS contact_id FROM generate_series(1, 9) AS g(i)": [],
    "SELECT contact_id FROM events GROUP BY ALL HAVING count(DISTINCT link) FILTER (WHERE type = 'clicked') > 2": [
        "events"
    ],
    "SELECT c.contact_id FROM contacts AS c SEMI JOIN imports AS i ON c.created_at > i.ended_at": [
        "contacts",
        "imports",
    ],
    "SELECT contact_id FROM contacts WHERE CASE WHEN email LIKE '%;%' THEN basket BETWEEN 1 AND 2 END": ["contacts"],
    "VALUES (1)": [],
}


def tables_of(sql: str) -> set[str]:
    """The tables that DuckDB finds in a statement, lists of WITH aside; it adds their aliases."""
    with duckdb.connect() as connection:
        return {re.sub(" as .*", "", name.lower()) for name in connection.get_table_names(sql, qualified=True)}


def full(name: str) -> str:
    return name if "." in name else f"main.{name}"


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_refused_with_file_and_line(tmp_path: Path, attack: str) -> None:
    (tmp_path / "defs.yaml").write_text("type: pipelines.components.ContactBase\nattributes: {}\n")
    file = tmp_path / "attack.sql"
    file.write_text(f"-- Bien innocent\n\n{attack}\n", encoding="utf-8")
    loaded = load(tmp_path)
    assert loaded.declarations is None
    [problem] = loaded.problems
    assert (problem.file, problem.severity) == (file, "error")
    assert 1 <= problem.line <= 2 + len(attack.splitlines()) + 1
    assert problem.line >= 3 or not attack


@pytest.mark.parametrize("text", PLAIN)
def test_what_only_reads_the_base_passes(text: str) -> None:
    found = confine(text)
    assert [table.name if table.schema != "segments" else f"segments.{table.name}" for table in found.tables] == PLAIN[
        text
    ]
    assert tables_of(found.sql) == set(map(full, PLAIN[text]))


@pytest.mark.parametrize("table", TABLES)
def test_every_table_of_the_contract_can_be_read(table: str) -> None:
    assert confine(f"SELECT contact_id FROM {table}").sql == f"SELECT contact_id FROM main.{table}"


def test_a_table_is_named_in_full_where_it_stands_and_nowhere_else() -> None:
    text = (
        "-- contacts\nSELECT 'é contacts', contacts.contact_id\nFROM contacts JOIN \"contacts\" AS c USING (contact_id)"
    )
    wanted = text.replace("FROM contacts JOIN ", "FROM main.contacts JOIN main.")
    assert confine(text).sql == wanted


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("SELECT contact_id\nFROM contacts\nWHERE 'é' = getenv('A')", 3, 13, "no function getenv"),
        ("SELECT contact_id FROM contact", 1, 24, "did you mean 'contacts'?"),
        ("SELECT contact_id FROM contacts WHERE lowr(email) = 'a'", 1, 39, "did you mean lower()?"),
        ("SELECT contact_id\nFRO contacts", 2, 5, "syntax error"),
    ],
)
def test_the_place_is_that_of_the_word(text: str, line: int, column: int, said: str) -> None:
    with pytest.raises(NotConfinedError, match=re.escape(said)) as caught:
        confine(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_depth_is_refused_and_not_a_traceback() -> None:
    with pytest.raises(NotConfinedError):
        confine("SELECT " + "(" * 5000 + "1" + ")" * 5000 + " AS contact_id")
    with pytest.raises(NotConfinedError):
        confine("SELECT " + "-" * 3 + "1 AS contact_id FROM (" * 900)


def test_a_long_end_is_found_in_no_time() -> None:
    with pytest.raises(NotConfinedError):
        confine("SELECT 1 AS contact_id" + "; -- a\n /* b */" * 2000 + " x")


PIECES = [
    *ATTACKS.values(),
    *PLAIN,
    "(",
    ")",
    ";",
    "--",
    "/*",
    "*/",
    "'",
    '"',
    "\n",
    "$$",
    "é",
    ".",
    "contacts",
    "FROM",
]


@given(st.lists(st.sampled_from(PIECES), max_size=4).map(" ".join))
def test_any_text_is_judged_and_what_passes_reads_known_tables_alone(text: str) -> None:
    with contextlib.suppress(NotConfinedError):
        assert tables_of(confine(text).sql) <= {*map(full, TABLES), "segments.paris"}
