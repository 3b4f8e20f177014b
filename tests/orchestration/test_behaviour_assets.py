"""Activity and reports of operations as Dagster assets and at the command line (BHV-3, BHV-4, SEC-4)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from click.testing import CliRunner, Result

from pipelines.cli.main import cli
from pipelines.errors import UnknownNameError, UsageError
from pipelines.orchestration.names import ACTIVITY, OPERATION_REPORT, PUBLISHED, REFRESH_ACTIVITY, segment_key
from tests.behaviours.world import Happened, add_events, add_operation
from tests.orchestration.conftest import SAMPLES, House

GOOD = SAMPLES / "newsletter-2026-11.csv"
NAME = "Soldes | d'hiver\n*40 %*"


@pytest.fixture
def soldes(house: House) -> House:
    """A base where somebody clicked yesterday, somebody 300 days ago, and a third address was bad."""
    house.imported(GOOD)
    ids = [row[0] for row in house.published("SELECT contact_id FROM contacts ORDER BY contact_id LIMIT 3")]
    yesterday, long_ago = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) - timedelta(days=300)
    with house.workspace.store.write() as writer, writer.transaction() as connection:
        add_operation(connection, 1, NAME)
        sent = [Happened(contact, "sent", long_ago) for contact in ids]
        acts = [Happened(ids[0], "clicked", yesterday), Happened(ids[1], "clicked", long_ago)]
        add_events(connection, [*sent, *acts, Happened(ids[2], "bad_alias", long_ago)])
    return house


def shown(result: dg.ExecuteInProcessResult, asset: dg.AssetKey) -> dict[str, Any]:
    [event] = [e for e in result.get_asset_materialization_events() if e.asset_key == asset]
    return {name: value.value for name, value in event.materialization.metadata.items()}


def test_activity_is_computed_counted_and_published_by_one_job(soldes: House) -> None:
    before = soldes.published("SELECT contact_id, modified_at FROM contacts ORDER BY contact_id")
    versions = soldes.published("SELECT count(*) FROM contact_versions")
    result = soldes.run(REFRESH_ACTIVITY)
    assert result.success
    everybody = len(before)
    metadata = shown(result, ACTIVITY)
    assert (metadata["active"], metadata["degree_1"], metadata["degree_0"]) == (1, 2, everybody - 2)
    assert f"| 0 | 0 | {everybody - 2} |\n| 1 | 1 | 2 |" in metadata["degrees"]
    assert shown(result, segment_key("active_contacts"))["dagster/row_count"] == 1
    assert shown(result, segment_key("inactive_contacts"))["dagster/row_count"] == everybody - 1
    assert shown(result, PUBLISHED)["replaced"] is True
    assert soldes.published("SELECT contact_id, modified_at FROM contacts ORDER BY contact_id") == before
    assert soldes.published("SELECT count(*) FROM contact_versions") == versions
    assert soldes.published("SELECT count(*) FROM segments.active_contacts") == [(1,)]


def test_an_import_and_its_undo_keep_the_degree(soldes: House) -> None:
    degrees = "SELECT email, activity_degree FROM contacts WHERE activity_degree > 0 ORDER BY email"
    soldes.run(REFRESH_ACTIVITY)
    computed = soldes.published(degrees)
    assert len(computed) == 2
    changed = soldes.layout.data / GOOD.name
    changed.write_text(GOOD.read_text(encoding="utf-8").replace("Durand", "Dupont"), encoding="utf-8")
    soldes.imported(changed)
    assert soldes.published(degrees) == computed
    assert soldes.run("undo_import", run_config={"ops": {"undo": {"config": {"import_id": 2}}}}).success
    assert soldes.published(degrees) == computed
    assert soldes.published("SELECT count(*) FROM changes WHERE field = 'activity_degree'") == [(0,)]


def test_the_report_is_a_table_of_counts(soldes: House) -> None:
    metadata = shown(soldes.run(REFRESH_ACTIVITY), OPERATION_REPORT)
    assert metadata["dagster/row_count"] == 1
    header, _, row = metadata["reports"].splitlines()
    assert header == (
        "| operation | since | recipients | delivered | opened | clicked | unsubscribed | bounced | also |"
    )
    assert row == (
        "| Soldes \\| d'hiver *40 %* (email) | 2026-10-01 | 3 | 0 (0.0%) | 0 | 2 | 0 | 1 (33.3%) | bad_alias 1 |"
    )
    emails = [email for (email,) in soldes.published("SELECT email FROM contacts")]
    assert not any(email in metadata["reports"] for email in emails)


@pytest.fixture
def carnet(soldes: House, monkeypatch: pytest.MonkeyPatch):
    """Runs a command on the base of `soldes`."""
    monkeypatch.setenv("CARNET_DATA", str(soldes.layout.data))
    monkeypatch.setenv("CARNET_ASSETS", str(soldes.layout.assets))
    soldes.workspace.store.publish()

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments, catch_exceptions=True)

    return run


def document(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_operations_are_listed_as_the_contract_says(carnet) -> None:
    [report] = document(carnet("operations", "--json"))
    assert report == {
        "operation": NAME,
        "channel": "email",
        "recipients": 3,
        "delivered": 0,
        "opened": 0,
        "clicked": 2,
        "submitted_form": 0,
        "converted": 0,
        "unsubscribed": 0,
        "complained": 0,
        "returns": {"bad_alias": 1},
    }
    assert document(carnet("operations", NAME, "--json")) == [report]
    told = carnet("operations", NAME).output
    assert "bad_alias" in told
    assert "bad_domain" not in told
    assert "1 (33.3%)" in carnet("operations").output


def test_the_contacts_of_a_figure_are_listed(carnet) -> None:
    found = document(carnet("operations", NAME, "--figure", "clicked", "--json"))
    assert (found["count"], found["left_out"], len(found["contacts"])) == (2, 0, 2)
    limited = document(carnet("operations", NAME, "--figure", "clicked", "--limit", "1", "--json"))
    assert (limited["count"], len(limited["contacts"])) == (2, 1)
    assert found["contacts"][0]["email"] in carnet("operations", NAME, "--figure", "clicked").output


def test_unknown_names_are_exit_code_2(carnet) -> None:
    for arguments, error, message in (
        (["Soldes"], UnknownNameError, "no operation 'Soldes'"),
        ([NAME, "--figure", "clickd"], UnknownNameError, "Did you mean 'clicked'"),
        (["--figure", "clicked"], UsageError, "name it"),
    ):
        result = carnet("operations", *arguments)
        assert isinstance(result.exception, error)
        assert (result.exception.exit_code, message in str(result.exception)) == (2, True)


def test_activity_is_shown_and_refreshed_as_a_run(carnet, soldes: House) -> None:
    assert "never computed" in carnet("activity").output
    before = document(carnet("activity", "--json"))
    assert (before["computed_at"], before["not_computed"]) == (None, before["contacts"])
    found = document(carnet("activity", "--refresh", "--json"))
    assert (found["active"], found["degrees"]["1"], found["not_computed"]) == (1, 2, 0)
    assert found["active"] + found["inactive"] == found["contacts"] == sum(found["degrees"].values())
    [run] = soldes.instance.get_runs(dg.RunsFilter(job_name=REFRESH_ACTIVITY))
    assert run.is_success
    told = carnet("activity").output
    assert "active days in 365" in told
    assert "1 active (something done within 180 days)" in told
