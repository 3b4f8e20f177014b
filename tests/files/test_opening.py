"""One look at a file: bytes, size, hash, identity; and what is no file to look at."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from pipelines.errors import EnvironmentFaultError, UsageError
from pipelines.files.opening import HEAD, FileIdentity, open_file

CONTENT = b"Email\na@ex.fr\n"


def written(folder: Path, content: bytes = CONTENT) -> Path:
    path = folder / "clients.csv"
    path.write_bytes(content)
    return path


def test_a_file_is_read_whole_up_to_the_limit(tmp_path: Path) -> None:
    path = written(tmp_path)
    opened = open_file(path, len(CONTENT))
    assert (opened.name, opened.path, opened.size, opened.data, opened.whole) == (
        "clients.csv", path, len(CONTENT), CONTENT, True,
    )  # fmt: skip
    assert opened.identity == FileIdentity.of(path)
    assert opened.digest == hashlib.sha256(CONTENT).hexdigest()


def test_of_a_larger_file_only_whole_lines_of_its_beginning_are_read_and_its_hash_is_that_of_all(
    tmp_path: Path,
) -> None:
    content = CONTENT * (HEAD // len(CONTENT) + 2)
    opened = open_file(written(tmp_path, content), len(content) - 1)
    assert (opened.whole, opened.size) == (False, len(content))
    assert content.startswith(opened.data)
    assert opened.data.endswith(b"\n")
    assert HEAD - len(CONTENT) < len(opened.data) <= HEAD
    assert opened.digest == hashlib.sha256(content).hexdigest()


def test_a_file_that_changes_is_another_one(tmp_path: Path) -> None:
    path = written(tmp_path)
    before = open_file(path, 100).identity
    path.write_bytes(CONTENT + b"b@ex.fr\n")
    assert open_file(path, 100).identity != before


@pytest.mark.parametrize(
    ("name", "said"),
    [("none.csv", "There is no file"), ("clients.csv/none.csv", "There is no file"), ("", "is a folder")],
)
def test_what_is_no_file_is_a_usage_error_with_a_hint(tmp_path: Path, name: str, said: str) -> None:
    written(tmp_path)
    with pytest.raises(UsageError, match=said) as raised:
        open_file(tmp_path / name, 100)
    assert raised.value.hint


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(UsageError, match="no regular file"):
        open_file(tmp_path / "pipe.csv", 100)


def test_a_file_that_the_machine_does_not_give_is_a_fault_of_the_machine() -> None:
    memory = Path("/proc/self/mem")  # Its first bytes are nobody's: to read them is an input/output error.
    with pytest.raises(EnvironmentFaultError, match="cannot be read"):
        open_file(memory, 100)
