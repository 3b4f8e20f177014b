"""Reports of operations against a plain Python reference; who is behind a figure (BHV-4, SEG-9, SEG-12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.behaviours.operations import RATES, figure_contacts, reports
from pipelines.declarations.events import EVENT_TYPES, FIGURES, RETURNS
from pipelines.errors import UnknownNameError, UsageError
from tests.behaviours.world import Happened, add_contacts, add_events, add_operation
from tests.examples import examples
from tests.segments.world import open_base

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


@pytest.fixture
def empty_base() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table and field, and nobody."""
    with open_base() as connection:
        yield connection


def happened(operation: int, **types: Iterable[int]) -> list[Happened]:
    """Type → the contacts that have such an event."""
    return [Happened(contact, kind, NOON, operation) for kind, contacts in types.items() for contact in contacts]


@pytest.fixture
def soldes(empty_base: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """An e-mailing and an SMS campaign of one name, and pages; contact 4 sets « do not track »."""
    add_contacts(empty_base, range(1, 6), untracked=[4])
    add_operation(empty_base, 1, "Soldes d'hiver", day=1)
    add_operation(empty_base, 2, "Soldes d'hiver", "sms", day=2)
    add_operation(empty_base, 3, "Site", "web", day=3)
    add_events(
        empty_base,
        [
            *happened(1, sent=[1, 2, 3, 4], delivered=[1, 2, 3, 4], opened=[1, 1, 2, 4], clicked=[1, 1, 4]),
            *happened(1, soft=[5], bad_alias=[5], absent=[3], unsubscribed=[2]),
            *happened(2, delivered=[1, 5], clicked=[5], bad_number=[2]),
            *happened(3, visited=[1, 1, 4, 77]),
        ],
    )
    return empty_base


def test_the_newest_operation_comes_first(soldes: duckdb.DuckDBPyConnection) -> None:
    assert [(r.operation, r.channel) for r in reports(soldes)] == [
        ("Site", "web"),
        ("Soldes d'hiver", "sms"),
        ("Soldes d'hiver", "email"),
    ]


def test_figures_count_contacts_however_often_they_acted(soldes: duckdb.DuckDBPyConnection) -> None:
    _, email = reports(soldes, "Soldes d'hiver")
    assert email.as_json() == {
        "operation": "Soldes d'hiver",
        "channel": "email",
        "recipients": 5,
        "delivered": 4,
        "opened": 3,
        "clicked": 2,
        "submitted_form": 0,
        "converted": 0,
        "unsubscribed": 1,
        "complained": 0,
        "returns": {"absent": 1, "soft": 1, "bad_alias": 1},
    }
    assert email.figures["bounced"] == 1
    assert (email.rate("delivered"), email.rate("bounced"), email.rate("opened")) == (0.8, 0.2, 0.75)
    assert email.rates["click_to_open_rate"] == pytest.approx(2 / 3)
    assert (email.rate("recipients"), email.rate("soft")) == (None, None)


def test_there_is_no_rate_over_nobody(soldes: duckdb.DuckDBPyConnection) -> None:
    [site] = reports(soldes, "Site")
    assert set(site.rates.values()) == {None}
    assert site.figures["visited"] == 3
    assert list(site.happened) == [name for name in FIGURES if name not in RETURNS]


def test_an_operation_without_events_has_a_report(empty_base: duckdb.DuckDBPyConnection) -> None:
    add_operation(empty_base, 1, "Rien")
    [report] = reports(empty_base)
    assert set(report.figures.values()) == {0}


events_of_any_kind = st.lists(
    st.builds(Happened, st.integers(1, 5), st.sampled_from(EVENT_TYPES), st.just(NOON), st.integers(1, 2)), max_size=60
)


@settings(max_examples=examples(100))
@given(events_of_any_kind)
def test_reports_agree_with_the_events(events: list[Happened]) -> None:
    with open_base() as connection:
        add_contacts(connection, range(1, 5))
        for number in (1, 2):
            add_operation(connection, number, f"o{number}")
        add_events(connection, events)
        for report in reports(connection):
            for figure, types in FIGURES.items():
                ever = {e.contact_id for e in events if e.operation_id == report.operation_id and e.type in types}
                assert report.figures[figure] == len(ever), figure
                found = figure_contacts(connection, report.operation, figure)
                assert {each["contact_id"] for each in found.contacts} == ever - {5}
                assert (found.count, found.gone) == (len(ever - {5}), len(ever & {5}))
            for rate, (figure, whole) in RATES.items():
                over = report.figures[whole]
                assert report.rates[rate] == (report.figures[figure] / over if over else None)


def test_the_view_has_a_column_a_figure_and_a_rate(empty_base: duckdb.DuckDBPyConnection) -> None:
    columns = empty_base.sql("FROM operation_report").columns
    assert columns == ["operation_id", "operation", "channel", "started_at", *FIGURES, *RATES]


def test_a_figure_leaves_out_who_is_not_to_be_tracked(soldes: duckdb.DuckDBPyConnection) -> None:
    found = figure_contacts(soldes, "Site", "visited")
    assert [each["contact_id"] for each in found.contacts] == [1]
    assert (found.count, found.left_out, found.gone) == (2, 1, 1)
    shown = figure_contacts(soldes, "Site", "visited", everybody=True)
    assert [each["email"] for each in shown.contacts] == ["c1@ex.fr", "c4@ex.fr"]
    assert (shown.count, shown.left_out) == (2, 0)


@pytest.mark.parametrize(("limit", "listed"), [(1, [1]), (2, [1, 2]), (100, [1, 2, 3, 5]), (0, [1, 2, 3, 5])])
def test_a_limit_bounds_the_list(soldes: duckdb.DuckDBPyConnection, limit: int, listed: list[int]) -> None:
    found = figure_contacts(soldes, "Soldes d'hiver", "recipients", limit)
    assert [each["contact_id"] for each in found.contacts] == listed
    assert found.count == 5


def test_unknown_operations_and_figures_name_the_nearest(soldes: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UnknownNameError, match="Soldes d'hiver"):
        reports(soldes, "Solde d'hiver")
    with pytest.raises(UnknownNameError, match="clicked"):
        figure_contacts(soldes, "Site", "clickd")
    with pytest.raises(UnknownNameError, match="no operation 'Sites'"):
        figure_contacts(soldes, "Sites", "clicked")


def test_reports_of_a_base_that_has_none_yet_are_explained(empty_base: duckdb.DuckDBPyConnection) -> None:
    empty_base.execute("DROP VIEW operation_report")
    with pytest.raises(UsageError, match="refresh"):
        reports(empty_base)


def test_reports_are_the_same_under_another_name_of_the_base(tmp_path) -> None:
    with open_base(tmp_path / "one.duckdb") as connection:
        add_contacts(connection, [1])
        add_operation(connection, 1, "o")
        add_events(connection, happened(1, sent=[1]))
    with duckdb.connect() as other:
        other.execute(f"ATTACH '{tmp_path / 'one.duckdb'}' AS elsewhere (READ_ONLY)")
        assert other.execute("SELECT recipients FROM elsewhere.operation_report").fetchall() == [(1,)]
