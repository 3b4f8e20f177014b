"""What the reports of refused and imported files say (IMP-3, IMP-19)."""

from __future__ import annotations

from pathlib import Path

from expectations.judge import Judge
from pipelines.files.judging import FileRules, judge_file, mended
from pipelines.files.problems import Problem, problems_frame
from pipelines.files.profiling import profile_bytes
from pipelines.imports.intake import FileFacts, Refused
from pipelines.imports.reporting import import_report, refusal_report
from pipelines.imports.results import Counts, ImportResult


def test_the_refusal_report_says_what_where_and_what_was_mended(judge: Judge) -> None:
    profile, source = profile_bytes(
        'Prénom;b\nÉve;1;\nx;2";\n'.encode("cp1252"), name="clients.csv", separator=";", max_bytes=100
    )
    rules = FileRules(100)
    verdicts, problems = judge_file(profile, rules, judge)
    facts = FileFacts(rows=profile.rows, described=profile.described)
    refused = Refused(facts, problems, {"file": verdicts}, mended(profile, source, rules, judge))
    report = refusal_report("été", "clients.csv", refused, "clients.mended.csv")
    assert "Why it is refused (2)" in report
    assert "line 1, column 3" in report
    assert "clients.mended.csv" in report
    assert "- Windows-1252 turned into UTF-8: lines 1-2." in report
    assert "- Separators at the end cut: lines 2-3." in report
    assert "  line 2: �ve → Éve\n" in report


def test_the_import_report_lists_every_problem_by_severity_and_line() -> None:
    found = problems_frame(
        [Problem("short_line", "warning", "Too short.", 9)]
        + [Problem("invalid_key", "error", "No key.", line, "Email") for line in range(1500, 0, -1)]
    )
    counts, rejects = Counts(rows=1, inserted=1), Path("clients.rejects.csv")
    result = ImportResult(
        1, "imported", "clients", "clients", "clients-1", Path("clients.csv"), counts, found, {}, rejects_file=rejects
    )
    report = import_report(result, FileFacts())
    lines = report.splitlines()
    assert sum("[invalid_key]" in line for line in lines) == 1500
    assert lines.index("- line 1, « Email »: No key. [invalid_key]") < lines.index("- line 9: Too short. [short_line]")
    assert "clients.rejects.csv" in report
