"""Activities that programs add: events of operations, in the history of imports and of the contact (rest.md, BHV-1)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from expectations.judge import Judge
from tests.api.conftest import Service, serving
from tests.api.test_writing import call
from tests.conftest import Account

PATH = "/contact/history"


@pytest.fixture(scope="module")
def service(filled: Path, tmp_path_factory: pytest.TempPathFactory, judge: Judge) -> Iterator[Service]:
    """Segments are not counted here: the tests open the base too, and DuckDB has it open for a process in one way only."""
    folder = tmp_path_factory.mktemp("served") / "account"
    shutil.copytree(filled, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.api.account.Account.count_soon", lambda _: None)
        with serving(Account(folder, judge)) as found:
            yield found


def history(service: Service, key: str = "ann@ex.fr") -> list[dict[str, Any]]:
    return [log for log in service.get(f"{PATH}/{key}")["logs"] if log["Type"] == "converted"]


def test_an_activity_is_added_once_and_shown(service: Service) -> None:
    order = {"Id": "71", "Title": "Order 71", "LogDate": "2026-03-14 09:26:53+0000", "Object": "Shop", "OperationId": 0}
    for _ in range(2):
        assert call(service, "POST", PATH, {"contactKey": "ANN@ex.fr", **order}).text == '"1 contact(s) affected."'
    [shown] = history(service)
    assert (shown["Title"], shown["LogDate"], shown["Object"]) == ("Order 71", "2026-03-14 09:26:53", "Shop")
    # By the number of the operation, several at once, without a zone: UTC as in answers.
    logs = [
        {"Title": f"Order {n}", "LogDate": f"2026-03-15 10:00:0{n}", "OperationId": shown["OperationId"]}
        for n in (2, 1)
    ]
    assert call(service, "POST", PATH, {"contactKey": "ann@ex.fr", "logs": logs}).text == '"1 contact(s) affected."'
    assert [log["Title"] for log in history(service)] == ["Order 2", "Order 1", "Order 71"]
    assert history(service)[0]["LogDate"] == "2026-03-15 10:00:02"
    kept = service.account.rows(
        "SELECT who, \"rows\", inserted, unchanged FROM main.imports WHERE action = 'events' ORDER BY import_id"
    )
    assert kept == [("the write key", 1, 1, 0), ("the write key", 1, 0, 1), ("the write key", 2, 2, 0)]
    assert service.account.rows("SELECT name, channel FROM main.operations") == [("Shop", "web")]


def test_an_activity_waits_for_a_contact_that_comes_later(service: Service) -> None:
    body = {"contactKey": "late@ex.fr", "Title": "First order", "LogDate": "2026-01-02 03:04:05"}
    assert call(service, "POST", PATH, body).text == '"0 contact(s) affected."'
    assert history(service, "late@ex.fr") == []
    call(service, "POST", "/contact/attribute", {"contactKey": "late@ex.fr"})
    assert [(log["Title"], log["Object"]) for log in history(service, "late@ex.fr")] == [
        ("First order", "activities of the write key")
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ([], 400),
        ({"contactKey": "email", "Title": "x"}, 400),
        ({"contactKey": "ann@ex.fr", "Title": "x", "LogDate": "soon"}, 400),
        ({"contactKey": "ann@ex.fr", "Title": "x", "LogDate": "1812-01-01 00:00:00"}, 400),
        ({"contactKey": "ann@ex.fr", "Title": "x", "OperationId": 4711}, 404),
        ({"contactKey": "ann@ex.fr", "Title": "x", "OperationId": 10**30}, 400),
        ({"contactKey": "ann@ex.fr", "Title": {"a": 1}}, 400),
        ({"contactKey": "ann@ex.fr", "Title": "a\0b"}, 400),
        ({"contactKey": "ann@ex.fr", "logs": []}, 400),
        ({"contactKey": "ann@ex.fr", "logs": [1]}, 400),
    ],
)
def test_what_cannot_be_is_told_and_adds_nothing(body: Any, status: int, service: Service) -> None:
    before = service.account.rows("SELECT count(*) FROM main.imports")
    answer = call(service, "POST", PATH, body)
    assert answer.status_code == status, answer.text
    assert service.account.rows("SELECT count(*) FROM main.imports") == before


def test_who_may_only_read_adds_nothing(service: Service) -> None:
    assert call(service, "POST", PATH, {"contactKey": "ann@ex.fr", "Title": "x"}, right="read").status_code == 403
