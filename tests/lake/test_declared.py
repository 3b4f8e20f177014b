"""`lake:` in the base's declaration: what it becomes, and what is refused, where (LAK-1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.components.documents import ContactBase as Component
from pipelines.declarations.model import Lake
from pipelines.declared import check, declared

BASE = "type: pipelines.components.ContactBase\nattributes:\n  lake: {%s}\n"


@pytest.fixture
def write(tmp_path: Path):
    def written(lake: str) -> Path:
        (tmp_path / "defs.yaml").write_text(BASE % lake)
        return tmp_path

    return written


@pytest.mark.parametrize(
    ("lake", "meant"),
    [
        ("catalog: sqlite", Lake()),
        (
            "catalog: rest, uri: https://ex.fr/catalog, warehouse: s3://b/l, engine: spark, keep_days: 7",
            Lake("rest", "s3://b/l", "spark", 7, (("uri", "https://ex.fr/catalog"),)),
        ),
        (
            "s3.region: eu-west-3, s3.path-style-access: true",
            Lake(options=(("s3.path-style-access", "true"), ("s3.region", "eu-west-3"))),
        ),
        ("warehouse: lake/here", Lake(warehouse="lake/here")),
    ],
)
def test_what_is_declared(write, lake: str, meant: Lake) -> None:
    assert declared(write(lake)).base.lake == meant


@pytest.mark.parametrize(
    ("lake", "message", "suggestion"),
    [
        ("catalog: sqllite", "catalog cannot be 'sqllite'", "sqlite"),
        ("engine: presto", "available: duckdb, spark", None),
        ("keep_days: 0", "at least 1", None),
        ("warehose: x", "did you mean 'warehouse'?", "warehouse"),
        ("warehouse: sea", "lies in lake", "lake/sea"),
        ("s3.secret-access-key: abc", "PYICEBERG_CATALOG__CARNET__S3__SECRET_ACCESS_KEY", None),
        ('uri: "postgresql://me:secret@h/d"', "PYICEBERG_CATALOG__CARNET__URI", None),
        ("s3.region: [a]", "text is meant", None),
    ],
)
def test_what_is_refused(write, lake: str, message: str, suggestion: str | None) -> None:
    (problem,) = check(write(lake))
    assert message in problem.message
    assert "abc" not in problem.message
    assert (problem.line, problem.suggestion) == (3, suggestion)


def test_editors_are_told_the_same() -> None:
    lake = Component.get_model_cls().model_json_schema()["$defs"]["LakeAttributes"]
    assert set(lake["properties"]) == {"catalog", "warehouse", "engine", "keep_days"}
    assert lake["additionalProperties"] is True
