"""The process that runs the rules: its verdicts, who shares it, when it ends, and what happens when it cannot give any."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from expectations.judge import Judge, JudgeError

NONE_TWICE = ("base", {"duplicate_keys": [0]}, {})


def pids(folder: Path) -> list[int]:
    """The judges of a folder, by their command lines."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"expectations.serving" in words and any(word.startswith(bytes(folder) + b"/") for word in words):
            found.append(int(process.name))
    return found


def within(seconds: float, told: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not told() and time.monotonic() < deadline:
        time.sleep(0.05)
    return told()


def test_asking_for_a_judge_imports_no_great_expectations() -> None:
    code = "import sys, expectations.judge; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_verdicts_are_the_suites_own(judge: Judge) -> None:
    found = judge.judge("rejections", {"rejected": [3], "rejected_share": [0.06]}, {"max_rejected": 0.05})
    assert [(verdict.rule, verdict.passed, verdict.observed) for verdict in found] == [("max_rejected", False, "0.06")]


def test_a_rule_that_cannot_be_judged_is_an_error_not_a_pass(judge: Judge) -> None:
    with pytest.raises(JudgeError, match="rejections"):
        judge.judge("rejections", {"rejected_share": ["many"]}, {"max_rejected": 0.05})
    assert judge.judge(*NONE_TWICE)[0].passed


def test_a_judge_outside_its_with_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match="with Judge"):
        Judge(tmp_path).judge(*NONE_TWICE)


def test_one_that_dies_is_followed_by_another_and_one_that_waits_ends_by_itself(tmp_path: Path) -> None:
    with Judge(tmp_path, idle_seconds=1) as judge, Judge(tmp_path) as beside:
        [first] = pids(tmp_path)
        os.kill(first, signal.SIGKILL)
        assert judge.judge(*NONE_TWICE)[0].passed
        [second] = pids(tmp_path)
        assert beside.judge(*NONE_TWICE)[0].passed
        assert pids(tmp_path) == [second] != [first]
    assert within(90, lambda: not pids(tmp_path))
    assert not list(tmp_path.glob("*.sock"))


def test_one_that_cannot_start_is_an_error_that_names_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Judge(tmp_path) as none, pytest.raises(JudgeError, match=r"judge\.log"):
        none.judge(*NONE_TWICE)


def test_nobody_else_may_ask_it(tmp_path: Path) -> None:
    with Judge(tmp_path / "folder", idle_seconds=0):
        modes = {path.suffix: path.stat().st_mode & 0o777 for path in (tmp_path / "folder").iterdir()}
        assert modes == {".sock": 0o600, ".log": 0o600, ".lock": 0o600}
        assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700


def test_the_folders_name_may_be_long(tmp_path: Path) -> None:
    folder = tmp_path / ("é" * 90) / ("long" * 40)
    with Judge(folder, idle_seconds=0):
        assert len(pids(folder)) == 1
    assert within(90, lambda: not pids(folder))


def test_leaving_waits_for_nothing_and_one_that_is_for_nobody_else_ends_while_it_loads(tmp_path: Path) -> None:
    started = time.monotonic()
    with Judge(tmp_path, idle_seconds=0):
        pass
    assert time.monotonic() - started < 2
    assert within(20, lambda: not pids(tmp_path))


def test_one_ends_when_its_folder_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with Judge(folder):
        assert pids(folder)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    assert within(90, lambda: not pids(folder))


def test_a_command_that_is_killed_leaves_it_to_the_next(tmp_path: Path) -> None:
    code = textwrap.dedent("""
        import os, sys
        from pathlib import Path
        from expectations.judge import Judge
        with Judge(Path(sys.argv[1]), idle_seconds=20) as judge:
            judge.judge("base", {"duplicate_keys": [0]}, {})
            os.kill(os.getpid(), 9)
    """)
    home = tmp_path / "home"
    home.mkdir()
    environment = os.environ | {"HOME": str(home)}
    asked = [sys.executable, "-c", code, str(tmp_path / "judge")]
    ran = subprocess.run(asked, cwd=home, env=environment, capture_output=True, check=False)
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    [warm] = pids(tmp_path / "judge")
    with Judge(tmp_path / "judge") as judge:
        assert judge.judge(*NONE_TWICE)[0].passed
    assert pids(tmp_path / "judge") == [warm]
    assert list(home.iterdir()) == []
    os.kill(warm, signal.SIGTERM)
