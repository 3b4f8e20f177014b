"""Great Expectations' own pages, Data Docs, of the last imports (SRV-3): a site that loads nothing from anywhere else.

Belongs here: kept judgements → the site. Does not: keeping them (`judgements`). A process of its own: `python -m
expectations.documents FOLDER SITE`.
"""

# The libraries met here carry few types: what they return is checked by the tests of this folder.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # Read at import: nothing about anybody's files leaves the machine.

from expectations.hiding import hidden

with hidden("pyspark"):
    import great_expectations as gx
    from great_expectations.core import ExpectationSuite, ExpectationSuiteValidationResult, ExpectationValidationResult
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from expectations.judgements import Judgement, kept
from expectations.verdicts import Verdict

_SITE = "carnet"
# What the pages would load from elsewhere, what they do with it, and what asks people to go there.
_FROM_ELSEWHERE = re.compile(
    r"<script\b.*?</script>|<link\b[^>]*https?://[^>]*>|<img\b[^>]*https?://[^>]*>|<footer\b.*?</footer>", re.DOTALL
)
_ACTIONS = re.compile(
    r'<div class="card mb-3">\s*<div class="card-header p-2">\s*<strong>Actions</strong>.*?</label>.*?</label>',
    re.DOTALL,
)
_LOOK = Path(__file__).with_name("data_docs.css")


def build(folder: Path, site: Path) -> int:
    """Make the site of the judgements in `folder` anew, and put it in the place of the former; how many it shows."""
    judgements = kept(folder)
    site.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=site.parent, prefix=".data-docs-") as aside:
        made = Path(aside) / "site"
        _render(judgements, made)
        for page in made.rglob("*.html"):
            page.write_text(_alone(page.read_text(encoding="utf-8")), encoding="utf-8")
        (made / "index.html").write_text(_index(judgements), encoding="utf-8")
        if site.exists():
            site.rename(Path(aside) / "former")
        made.rename(site)
    return len(judgements)


def _render(judgements: Sequence[Judgement], place: Path) -> None:
    context = gx.get_context(mode="ephemeral")
    for name in context.get_site_names():
        context.delete_data_docs_site(name)
    context.add_data_docs_site(
        _SITE,
        {
            "class_name": "SiteBuilder",
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(place)},
        },
    )
    # Newest first: the suite that a model has is the one of its last import.
    for model, judgement in {each.model: each for each in reversed(judgements)}.items():
        suite = ExpectationSuite(name=model)
        for verdict in judgement.verdicts:
            suite.add_expectation_configuration(_configuration(verdict))
        context.suites.add(suite)
    for judgement in judgements:
        context.validation_results_store.set(*_result(judgement))
    context.build_data_docs(site_names=[_SITE])
    if not judgements:
        place.mkdir(exist_ok=True)


def _configuration(verdict: Verdict) -> ExpectationConfiguration:
    asked: Mapping[str, Any] = verdict.expectation
    return ExpectationConfiguration(
        type=asked["type"],
        kwargs=dict(asked["kwargs"]),
        description=asked["description"],
        meta={"rule": verdict.rule, "severity": verdict.severity},
    )


def _result(judgement: Judgement) -> tuple[ValidationResultIdentifier, ExpectationSuiteValidationResult]:
    """A judgement as Great Expectations keeps one: counts and measures, never a row."""
    run = RunIdentifier(run_name=judgement.run, run_time=judgement.started_at)
    passed = sum(verdict.passed for verdict in judgement.verdicts)
    every = len(judgement.verdicts)
    result = ExpectationSuiteValidationResult(
        success=judgement.passed,
        suite_name=judgement.model,
        results=[
            ExpectationValidationResult(
                success=verdict.passed,
                expectation_config=_configuration(verdict),
                result=_measured(verdict),
                exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
            )
            for verdict in judgement.verdicts
        ],
        statistics={
            "evaluated_expectations": every,
            "successful_expectations": passed,
            "unsuccessful_expectations": every - passed,
            "success_percent": 100 * passed / every if every else None,
        },
        meta={"run_id": run, "great_expectations_version": gx.__version__},
    )
    return ValidationResultIdentifier(ExpectationSuiteIdentifier(judgement.model), run, judgement.run), result


def _measured(verdict: Verdict) -> dict[str, Any]:
    # Of a set, Great Expectations shows the counts of its values alone.
    counts = [{"value": verdict.observed, "count": 1}]
    return {"observed_value": verdict.observed, "details": {"value_counts": counts}}


def _alone(page: str) -> str:
    """A page that needs nothing but itself, in our look."""
    look = f"<style>\n{_LOOK.read_text(encoding='utf-8')}</style>\n</head>"
    return _ACTIONS.sub("", _FROM_ELSEWHERE.sub("", page)).replace("</head>", look, 1)


def _index(judgements: Sequence[Judgement]) -> str:
    """The list of the imports: the one of Great Expectations is a table that scripts fill."""
    rows = "\n".join(
        f'<tr><td><a href="{escape(each.page)}">{each.import_id}</a></td><td>{escape(each.model)}</td>'
        f"<td>{each.started_at:%Y-%m-%d %H:%M:%S} UTC</td><td>{escape(each.status)}</td>"
        f'<td><span class="{"text-success" if each.passed else "text-danger"}"> '
        f"{sum(verdict.passed for verdict in each.verdicts)} / {len(each.verdicts)}</span></td></tr>"
        for each in judgements
    )
    head = '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Data Docs</title>\n</head>'
    heads = "".join(f"<th>{name}</th>" for name in ("Import", "Model", "Begun", "Status", "Rules that held"))
    return (
        f"{_alone(head)}\n<body>\n<h1>Data Docs</h1>\n<table>\n<tr>{heads}</tr>\n{rows}\n</table>\n</body>\n</html>\n"
    )


if __name__ == "__main__":
    os.umask(0o077)  # Its owner's alone (SEC-5).
    print(build(Path(sys.argv[1]), Path(sys.argv[2])))
