"""More than 2 000 files made up from numbers: each is answered, and those whose maker knows the right reading, rightly."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from expectations.file import rules_of_many
from expectations.judge import Judge
from pipelines.declared import check, declared
from pipelines.inspection.answers import Inspection
from pipelines.inspection.inspecting import inspect_files
from tests.conftest import DECLARATIONS, Account
from tests.inspection.corpus import FAULTS, Case, corpus

FILE_RULES = {rule.name for rule in rules_of_many({"max_bytes": 1, "max_columns": 1})}
KEYS = ["file", "encoding", "separator", "header", "rows", "problems", "sample", "model"]
DOS = {"cp437": "cp850", "cp858": "cp850"}
"""Code pages of DOS that have the same letters of French in the same places: no one can tell which it was."""


EACH = int(os.environ.get("CARNET_CORPUS", "11"))
"""A file takes 50 ms and more to inspect. No divisor of the number of kinds, so that each kind has its share."""


@dataclass(frozen=True)
class Inspected:
    folder: Path
    cases: list[Case]
    answers: list[Inspection]

    def __iter__(self) -> Iterator[tuple[Case, dict[str, Any]]]:
        for case, answer in zip(self.cases, self.answers, strict=True):
            yield case, answer.as_json()


@pytest.fixture(scope="module")
def inspected(judge: Judge, tmp_path_factory: pytest.TempPathFactory) -> Inspected:
    """Each eleventh file of the corpus, inspected in one go; all of them with CARNET_CORPUS=1."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "assets").mkdir()
    (folder / "assets" / "defs.yaml").write_text(DECLARATIONS, encoding="utf-8")
    cases = corpus()[::EACH]
    for case in cases:
        (folder / case.name).write_bytes(case.data)
    declarations = declared(folder / "assets")
    return Inspected(folder, cases, list(inspect_files([folder / case.name for case in cases], declarations, judge)))


def test_the_corpus_is_large_and_the_same_every_time(inspected: Inspected) -> None:
    cases = corpus()
    assert len(cases) >= 2000
    assert len({case.name for case in cases}) == len(cases)
    assert inspected.cases == cases[::EACH]


def test_every_file_is_answered_in_the_contract_s_form(inspected: Inspected) -> None:
    for case, answer in inspected:
        assert list(answer)[: len(KEYS)] == KEYS, case.name
        assert answer["file"] == str(inspected.folder / case.name)
        assert [
            {*problem} for problem in answer["problems"] if {*problem} != {*"rule severity line column message".split()}
        ] == []
        json.dumps(answer, ensure_ascii=False).encode()


def test_what_the_maker_knows_is_what_the_answer_says(inspected: Inspected) -> None:
    wrong = {}
    known = [(case, answer) for case, answer in inspected if case.known]
    for case, answer in known:
        encoding = DOS.get(answer["encoding"], answer["encoding"])
        rules = frozenset(problem["rule"] for problem in answer["problems"]) & FILE_RULES
        said = (answer["separator"], encoding, tuple(answer["header"]), answer["rows"], rules)
        meant = (case.separator, case.encoding, case.header, case.rows, case.rules)
        if said != meant:
            wrong[case.name] = [(a, b) for a, b in zip(meant, said, strict=True) if a != b]
    assert len(known) > 1400 / EACH
    assert wrong == {}


@pytest.mark.parametrize("fault", [fault.__name__ for fault in FAULTS])
def test_each_fault_stands_in_many_files(inspected: Inspected, fault: str) -> None:
    assert sum(fault in case.name for case in inspected.cases) >= 80 / EACH


def test_addresses_and_crosses_are_found_wherever_a_table_was_read(inspected: Inspected) -> None:
    for case, answer in inspected:
        if not case.known or case.rows < 4 or not {"Email", "Perle"} <= set(case.header):
            continue
        columns = {column["header"]: column for column in answer["columns"]}
        assert columns["Email"]["field"] == "email", case.name
        assert (columns["Perle"]["field"], columns["Perle"]["value"]) == ("interests", "Perle"), case.name
        assert columns["Prénom"]["format"] == "text"


def test_a_model_imports_the_file_that_it_was_made_for(inspected: Inspected, tmp_path: Path, judge: Judge) -> None:
    """Files of every kind that no rule refuses: what an inspection proposes can be pasted, and that is all."""
    account = Account(tmp_path, judge)
    good = [
        (case, answer)
        for case, answer in zip(inspected.cases, inspected.answers, strict=True)
        if answer.model is not None and "critical" not in answer.problems["severity"]
    ]
    assert len(good) > 150 / EACH
    chosen = good[:: max(1, len(good) // 40)]
    account.declare(DECLARATIONS + "".join(f"---\n{answer.model}" for _, answer in chosen))
    wrong = {}
    for case, answer in chosen:
        name = yaml.safe_load(answer.model or "")["attributes"]["name"]
        result = account.take(inspected.folder / case.name, name, preview=True)
        if (result.status, result.counts.rows) != ("preview", answer.rows):
            wrong[case.name] = result.problems.rows()
    assert wrong == {}


def test_every_model_is_accepted_beside_the_others(inspected: Inspected) -> None:
    models = [answer.model for answer in inspected.answers if answer.model is not None]
    (inspected.folder / "assets" / "models.yaml").write_text("---\n".join(models), encoding="utf-8")
    assert len(models) > 1800 / EACH
    assert check(inspected.folder / "assets") == ()
    assert len(declared(inspected.folder / "assets").models) == len(models) + 1
