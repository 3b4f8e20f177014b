"""A file of text judged as a file by the suite `file` (IMP-2), and mended where that needs no guess (IMP-19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import polars as pl

from expectations.verdicts import SuiteName, Verdict
from pipelines.files.file_problems import file_problems
from pipelines.files.mending import Mended, mend
from pipelines.files.profiles import MOST_COLUMNS, FileProfile, among, measures
from pipelines.files.reading import Source


class Rules(Protocol):
    """Who gives verdicts: `expectations.judge.Judge`."""

    def judge(
        self, suite: SuiteName, columns: Mapping[str, Sequence[Any]], options: Mapping[str, Any]
    ) -> tuple[Verdict, ...]:
        """Give the verdict of each rule of `suite` on those columns."""
        ...


@dataclass(frozen=True)
class FileRules:
    """How strict the suite `file` is: its options."""

    max_bytes: int
    missing_columns: Literal["refuse", "warn"] = "refuse"
    short_lines: Literal["pad", "reject_row"] = "pad"
    stray_separators: Literal["warn", "clean", "reject_row"] = "warn"
    max_columns: int = MOST_COLUMNS

    @property
    def options(self) -> dict[str, int | str]:
        """As the suite takes them."""
        return dict(vars(self))


def judge_file(
    profile: FileProfile, rules: FileRules, judge: Rules, *, missing: int | None = None, lacking: str = ""
) -> tuple[tuple[Verdict, ...], pl.DataFrame]:
    """The verdicts of the file rules, and what those that failed say.

    `missing`: how many mapped columns the file lacks, None where nobody looked; `lacking`: what is said of them.
    """
    verdicts = judge.judge("file", measures(profile, missing), rules.options)
    padded = rules.short_lines == "pad"
    return verdicts, file_problems(profile, verdicts, missing=lacking, short_lines_padded=padded)


def mended(profile: FileProfile, source: Source | None, rules: FileRules, judge: Rules) -> Mended | None:
    """The file as it should have been (`mending.mend`), judged by the same rules, about the same headers."""
    used = profile.contents.duplicate_headers if profile.contents else ()
    return mend(profile, source, lambda found: judge.judge("file", measures(among(found, used)), rules.options))
