"""What is said of a name that nothing declares (contract: command line)."""

from __future__ import annotations

import pytest

from pipelines.declarations.model import Place
from pipelines.declarations.problems import Problems
from pipelines.errors import UnknownNameError
from pipelines.layout import ROOT


@pytest.mark.parametrize(("count", "end"), [(0, "none"), (20, "n19"), (21, "n19, …")])
def test_a_list_of_known_names_says_that_there_are_more(count: int, end: str) -> None:
    names = [f"n{number}" for number in range(count)]
    assert UnknownNameError("field", "zzz", names).hint.endswith(f"{end}.")
    problems = Problems()
    problems.unknown(Place(ROOT, 1, 1), "field", "zzz", names)
    assert problems.all[0].message.endswith(end)
