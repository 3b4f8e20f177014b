"""The pages at `/` and below `/docs/` (SRV-3): drawn when something is newer, open to this machine alone without a key (SEC-6)."""

from __future__ import annotations

import os

import httpx
import pytest

from tests.api.conftest import Service


def page(service: Service, path: str = "/", **headers: str) -> httpx.Response:
    return httpx.get(service.url + path, headers=headers, follow_redirects=True, timeout=60)


def test_the_page_of_the_base_is_drawn_once_for_each_base(service: Service) -> None:
    shown = page(service)
    assert shown.status_code == 200
    assert "The base in pictures" in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    drawn = service.account.layout.docs / "index.html"
    first = drawn.stat().st_mtime_ns
    page(service)
    assert drawn.stat().st_mtime_ns == first
    later = drawn.stat().st_mtime + 5
    os.utime(service.account.layout.published, (later, later))
    page(service)
    assert drawn.stat().st_mtime_ns != first


def test_an_imports_data_docs_are_made_when_they_are_asked_for(service: Service) -> None:
    listed = page(service, "/docs/quality/index.html")
    assert listed.status_code == 200
    assert "clients" in listed.text
    assert (service.account.layout.data_docs / "index.html").exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.7"},
        {"Forwarded": "for=203.0.113.7"},
        {"X-Real-IP": "203.0.113.7"},
        {"Host": "crm.example.org"},
    ],
    ids=str,
)
def test_who_comes_from_elsewhere_needs_a_key(service: Service, headers: dict[str, str]) -> None:
    assert page(service, "/docs/index.html", **headers).status_code == 401
    with service.client("read", base="", headers=headers) as client:
        assert client.get("/docs/index.html").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/docs/nothing.html", "/docs/%2e%2e/contacts.duckdb", "/docs/judgements", "/docs/"],
)
def test_nothing_else_is_given(service: Service, path: str) -> None:
    assert page(service, path).status_code == 404
