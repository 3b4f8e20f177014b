"""A raw segment says the same under any session time zone: what depends on it is refused, with a mend (SEG-1, SEG-4b)."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.declared import check
from pipelines.raw_segments.zones import zone_faults
from tests.segments.world import open_base

BASE = """\
type: pipelines.components.ContactBase
attributes:
  timezone: Europe/Paris
  fields:
    - {name: birth_date, label: Né le, format: date}
    - {name: basket, label: Panier, format: number}
"""
ZONES = ("UTC", "Europe/Paris", "Pacific/Kiritimati", "America/New_York", "Etc/GMT+12", "Asia/Kolkata")
PARIS = "AT TIME ZONE 'Europe/Paris'"
DEPENDS = {
    "created_at::DATE = (now() AT TIME ZONE 'UTC')::DATE": (10, f"write (created_at {PARIS})::DATE"),
    "CAST(created_at AS DATE) > birth_date": (0, f"write (created_at {PARIS})::DATE"),
    "TRY_CAST(created_at AS TIMESTAMP) IS NULL": (0, "another TIMESTAMP in the time zone"),
    "created_at::TIME > '12:00'::TIME": (10, "another TIME in"),
    "created_at::VARCHAR LIKE '2026%'": (10, "another VARCHAR in"),
    "[created_at]::DATE[] = [birth_date]": (None, "another LIST in"),
    "{'a': created_at}::VARCHAR = 'x'": (None, "another VARCHAR in"),
    "created_at || '' = 'x'": (0, "another VARCHAR in"),
    "concat(created_at, 'x') = 'x'": (7, "another VARCHAR in"),
    "format('{}', created_at) = 'x'": (13, "another VARCHAR in"),
    "to_json(created_at) IS NULL": (0, "to_json() writes an instant"),
    "json_object('a', created_at) IS NULL": (0, "json_object() writes an instant"),
    "birth_date = current_date": (13, f"write (now() {PARIS})::DATE"),
    "current_date - birth_date > 3": (0, f"write (now() {PARIS})::DATE"),
    "birth_date = today()": (13, f"write (now() {PARIS})::DATE"),
    "birth_date < localtimestamp": (13, f"write now() {PARIS}"),
    "localtime > '12:00'::TIME": (0, f"write now() {PARIS}"),
    "current_time IS NULL": (0, f"write now() {PARIS}"),
    "created_at > '2026-01-01'": (13, f"write TIMESTAMP '2026-01-01' {PARIS}"),
    "created_at > TIMESTAMPTZ '2026-01-01'": (13, f"write TIMESTAMP '2026-01-01' {PARIS}"),
    "created_at > DATE '2026-01-01'": (13, "a DATE is taken for an instant"),
    "created_at > TIMESTAMP '2026-01-01 12:00'": (13, "a TIMESTAMP is taken for an instant"),
    "created_at IN ('2026-01-01 00:00', '2026-01-01 00:00+01')": (15, "is another instant in"),
    "created_at BETWEEN '2026-01-01' AND now()": (19, "is another instant in"),
    "birth_date > created_at": (0, "a DATE is taken for an instant"),
    "coalesce(created_at, birth_date) IS NULL": (None, "a DATE is taken for an instant"),
    "date_trunc('day', created_at) > now()": (0, f"give it (created_at {PARIS})"),
    "datetrunc('day', now()) IS NULL": (0, "datetrunc() of an instant"),
    "extract(year FROM created_at) = 2026": (0, "year() of an instant"),
    "date_part('dow', created_at) = 1": (0, "of an instant"),
    "date_part(['year', 'month'], created_at) IS NULL": (0, "date_part() of an instant"),
    "(created_at).hour() = 2": (13, "hour() of an instant"),
    "monthname(created_at) = 'May'": (0, "monthname() of an instant"),
    "last_day(created_at) = birth_date": (0, "last_day() of an instant"),
    "strftime(created_at, '%Y') = '2026'": (0, "strftime() of an instant"),
    "date_diff('day', created_at, now()) > 3": (0, "date_diff() of an instant"),
    "age(created_at) > INTERVAL 1 DAY": (0, "age() of an instant"),
    "time_bucket(INTERVAL 1 DAY, created_at) < now()": (0, "time_bucket() of an instant"),
    "make_timestamptz(2026, 1, 1, 0, 0, 0.0) < created_at": (0, "make_timestamptz() of an instant"),
    "len(range(created_at, now(), INTERVAL 1 DAY)) > 3": (4, "range() of an instant"),
    "created_at > now() - INTERVAL 1 DAY": (19, "write hours, such as INTERVAL 24 HOUR"),
    "created_at > now() - to_months(basket::INTEGER)": (19, "write hours, such as INTERVAL 24 HOUR"),
    "now() - created_at > INTERVAL 3 DAY": (6, "write epoch(…) - epoch(…)"),
    "list_transform([created_at], lambda x: x::DATE) = [birth_date]": (39, "another DATE in"),
    "(SELECT max(created_at)::DATE FROM contacts) = birth_date": (23, "another DATE in"),
    "EXISTS (FROM events AS e WHERE e.occurred_at::DATE = birth_date)": (44, f"write (occurred_at {PARIS})::DATE"),
}
SAME = [
    f"(created_at {PARIS})::DATE = (now() {PARIS})::DATE",
    f"date_trunc('month', created_at {PARIS}) > birth_date",
    f"year(created_at {PARIS}) - year(birth_date) > 2",
    f"created_at > TIMESTAMP '2026-03-29 02:30' {PARIS}",
    f"created_at > birth_date::TIMESTAMP {PARIS}",
    "created_at > '2026-03-29 00:00:00+02'",
    "created_at BETWEEN '2026-03-28 00:00:00Z' AND TIMESTAMPTZ '2026-03-29 12:00:00 Europe/Paris'",
    "created_at > now() - INTERVAL 240000 HOUR",
    "created_at < now() - to_hours(basket::INTEGER)",
    f"created_at > (now() {PARIS} - INTERVAL 90 MONTH) {PARIS}",
    "epoch(now()) - epoch(created_at) > 86400",
    "hash(created_at) % 2 = 0",
    "created_at IS DISTINCT FROM email_return_at",
    "created_at = (SELECT max(created_at) FROM contacts)",
    "contact_id IN (SELECT arg_max(contact_id, created_at) FROM contacts)",
    "greatest(created_at, email_return_at) < now() AND isfinite(created_at)",
    "birth_date > DATE '1990-01-01' + INTERVAL 1 YEAR",
    "age(birth_date, DATE '2026-01-01') < INTERVAL 1 YEAR",
    "strftime(birth_date, '%m-%d') > '05' AND birth_date::VARCHAR < '2'",
    "CASE WHEN basket > 1 THEN created_at END IS NOT NULL",
    "NULL::TIMESTAMPTZ IS NULL",
    "[created_at] = [now()] OR list_contains([created_at, NULL], email_return_at) OR basket > 0",
]


def problems_of(folder: Path, text: str) -> list[tuple[int, int, str, str | None]]:
    (folder / "defs.yaml").write_text(BASE, encoding="utf-8")
    (folder / "raw.sql").write_text(text, encoding="utf-8")
    return [(found.line, found.column, found.message, found.suggestion) for found in check(folder)]


@pytest.mark.parametrize("condition", DEPENDS)
def test_what_depends_on_the_session_is_refused_with_its_place(tmp_path: Path, condition: str) -> None:
    offset, said = DEPENDS[condition]
    found = problems_of(tmp_path, f"-- é\nSELECT contact_id FROM contacts\nWHERE {condition}")
    assert said in found[0][2]
    assert {line for line, *_ in found} == {3}
    if offset is not None:
        assert found[0][1] == len("WHERE ") + offset + 1


@pytest.mark.parametrize("condition", SAME)
def test_what_says_the_same_everywhere_passes_and_does(tmp_path: Path, condition: str) -> None:
    select = f"SELECT contact_id FROM main.contacts WHERE {condition}"
    assert problems_of(tmp_path, select) == []
    with open_base() as base:
        base.execute((Path(__file__).parent / "cases" / "about_midnight.sql").read_text(encoding="utf-8"))
        base.begin()
        assert len({held_by(base, select, zone) for zone in ZONES}) == 1


def held_by(base: duckdb.DuckDBPyConnection, select: str, zone: str) -> frozenset[int]:
    base.execute(f"SET TimeZone = '{zone}'")
    return frozenset(contact_id for (contact_id,) in base.execute(select).fetchall())


def test_a_mend_can_be_written_as_it_stands(tmp_path: Path) -> None:
    for condition in ("birth_date = {}", "created_at > {}", "{} = birth_date"):
        wrong = {"created_at > {}": "'2026-01-01'", "{} = birth_date": "created_at::DATE"}.get(
            condition, "current_date"
        )
        [(*_, mend)] = problems_of(tmp_path, f"SELECT contact_id FROM contacts WHERE {condition.format(wrong)}")
        assert mend is not None
        assert problems_of(tmp_path, f"SELECT contact_id FROM contacts WHERE {condition.format(mend)}") == []


def test_it_is_seen_in_every_part_of_a_select(tmp_path: Path) -> None:
    for select in (
        "SELECT contact_id FROM contacts ORDER BY created_at::DATE LIMIT 3",
        "SELECT contact_id FROM contacts QUALIFY row_number() OVER (ORDER BY created_at::DATE) < 3",
        "SELECT max(contact_id) AS contact_id FROM contacts GROUP BY created_at::DATE",
        "WITH d AS (SELECT contact_id, created_at::DATE AS day FROM contacts) SELECT contact_id FROM d WHERE day IS NULL",
        "SELECT c.contact_id FROM contacts AS c JOIN events AS e ON c.birth_date = e.occurred_at::DATE",
        "SELECT contact_id FROM contacts EXCEPT SELECT contact_id FROM events WHERE occurred_at::DATE > '2026-01-01'",
        "SELECT contact_id FROM (SELECT contact_id, birth_date FROM contacts UNION SELECT contact_id, occurred_at FROM events)",
        "SELECT 1 AS contact_id FROM range(now(), now(), INTERVAL 1 DAY)",
        "SELECT contact_id FROM segments.all_contacts WHERE created_at::DATE > birth_date",
    ):
        assert "the time zone of whoever asks" in str(problems_of(tmp_path, select)), select


def test_what_duckdb_does_not_show_is_refused() -> None:
    with duckdb.connect() as connection:
        [fault] = zone_faults(connection, "SELECT nothing", "Europe/Paris")
    assert "nobody can tell" in fault.message
