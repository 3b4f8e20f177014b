"""The helper process that runs the rules: its verdicts, and what happens when it cannot give any."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from expectations.judge import Judge, JudgeError


def test_asking_for_a_judge_imports_no_great_expectations() -> None:
    code = "import sys, expectations.judge; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_verdicts_are_the_suites_own(judge: Judge) -> None:
    found = judge.judge("rejections", {"rejected": [3], "rejected_share": [0.06]}, {"max_rejected": 0.05})
    assert [(verdict.rule, verdict.passed, verdict.observed) for verdict in found] == [("max_rejected", False, "0.06")]


def test_a_rule_that_cannot_be_judged_is_an_error_not_a_pass(judge: Judge) -> None:
    with pytest.raises(JudgeError, match="rejections"):
        judge.judge("rejections", {"rejected_share": ["many"]}, {"max_rejected": 0.05})
    assert judge.judge("base", {"duplicate_keys": [0]}, {})[0].passed


def test_a_helper_that_dies_is_an_error() -> None:
    with Judge() as dying:
        os.kill(dying.pid, signal.SIGKILL)
        with pytest.raises(JudgeError, match="exit code -9"):
            dying.judge("base", {"duplicate_keys": [0]}, {})


def test_a_judge_outside_its_with_is_an_error() -> None:
    with pytest.raises(JudgeError, match="with Judge"):
        Judge().judge("base", {"duplicate_keys": [0]}, {})


def test_leaving_does_not_wait_for_the_import() -> None:
    started = time.monotonic()
    with Judge():
        pass
    assert time.monotonic() - started < 2


def test_the_helper_goes_with_its_parent_and_writes_no_file(tmp_path: Path) -> None:
    code = textwrap.dedent("""
        import os
        from expectations.judge import Judge
        with Judge() as judge:
            judge.judge("base", {"duplicate_keys": [0]}, {})
            print(judge.pid, flush=True)
            os.kill(os.getpid(), 9)
    """)
    environment = os.environ | {"HOME": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert ran.returncode == -signal.SIGKILL
    helper = Path("/proc") / ran.stdout.decode().strip()
    deadline = time.monotonic() + 10
    while helper.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not helper.exists()
    assert list(tmp_path.iterdir()) == []
