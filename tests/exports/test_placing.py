"""Files in their place: whole and former, or whole and new, whatever happens meanwhile (EXP-4)."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.errors import EnvironmentFaultError, UsageError
from pipelines.exports.kept import Keeping
from pipelines.exports.placing import judge_destination, manifest_path, place
from pipelines.layout import ROOT
from tests.exports.conftest import Taker
from tests.exports.world import BASE, make_base

# Writes everybody, then nobody, again and again, until it is killed; says when the first file is there.
WRITER = """
import itertools, sys
from datetime import UTC, datetime
from pathlib import Path
import duckdb
from sqlglot import parse_one
from pipelines.declarations.model import Export
from pipelines.exports.kept import Keeping
from pipelines.exports.snapshots import take_snapshot
from tests.exports.world import BASE

base, destination, scratch = map(Path, sys.argv[1:4])
connection = duckdb.connect(str(base), read_only=True)
keeping = Keeping(destination.parent / ".kept") if sys.argv[4:] else None
for turn in itertools.count():
    audience = parse_one(f"SELECT contact_id FROM main.contacts WHERE {turn} % 2 = 0")
    fields, form = tuple(field.name for field in BASE.fields), destination.suffix[1:]
    export = Export("all" if turn % 2 == 0 else "none", fields=fields, format=form)
    found = take_snapshot(
        connection, export, BASE, audience, destination=destination, scratch=scratch, instant=datetime(2026, 7, 1, tzinfo=UTC),
        keeping=keeping,
    )
    if keeping is not None:
        keeping.place(turn + 1, found.kept)
    print(found.sha256, found.delta and found.delta.sha256, flush=True)
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second file system to write to")
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        yield Path(folder)


def many_contacts(path: Path) -> Path:
    people = [{"email": f"{number}@exemple.fr", "company": "x" * 200} for number in range(400)]
    return make_base(path, people, BASE)


@pytest.mark.parametrize(
    ("ending", "delay", "more"),
    [("csv", 0.0, ()), ("csv", 0.031, ()), ("csv", 0.083, ()), ("xlsx", 0.151, ()), ("csv", 0.047, ("delta",))],
)
def test_a_kill_leaves_whole_files(tmp_path: Path, ending: str, delay: float, more: tuple[str, ...]) -> None:
    destination, scratch = tmp_path / "out" / f"x.{ending}", tmp_path / "tmp"
    scratch.mkdir()
    arguments = [many_contacts(tmp_path / "contacts.duckdb"), destination, scratch]
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, *map(str, arguments), *more], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        # With movements, the third is as each one after it: the first has all entering.
        known = {digest for _ in range(3) for digest in child.stdout.readline().split()}
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    found = hashlib.sha256(destination.read_bytes()).hexdigest()
    manifest = json.loads(manifest_path(destination).read_text("utf-8"))
    assert found in known
    assert manifest["sha256"] in known
    expected = [f"x.{ending}", f"x.{ending}.manifest.json"]
    assert sorted(path.name for path in destination.parent.iterdir()) == (
        [".kept", *expected, "x.delta.csv"] if more else expected
    )
    if more:
        assert hashlib.sha256((destination.parent / "x.delta.csv").read_bytes()).hexdigest() in known
        for kept in Keeping(destination.parent / ".kept").all():
            assert pq.read_metadata(Keeping(destination.parent / ".kept").ids(kept)).num_rows in (0, 400)


@pytest.mark.parametrize(("ending", "more"), [("csv", ()), ("xlsx", ()), ("parquet", ("delta",))])
def test_a_full_disk_is_told_and_replaces_nothing(tmp_path: Path, ending: str, more: tuple[str, ...]) -> None:
    destination, scratch = tmp_path / "out" / f"x.{ending}", tmp_path / "tmp"
    scratch.mkdir()
    destination.parent.mkdir()
    destination.write_text("former")
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n" + WRITER
    arguments = [many_contacts(tmp_path / "contacts.duckdb"), destination, scratch]
    done = subprocess.run(
        [sys.executable, "-c", limited, *map(str, arguments), *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"EnvironmentFaultError: The export could not be written to {destination}: " in done.stderr
    assert destination.read_text() == "former"
    # What a delta writes aside lies in the run's own folder, and goes with it.
    assert more or list(scratch.iterdir()) == []
    assert os.listdir(destination.parent) == [destination.name]


def test_a_folder_that_is_a_file_is_told(take: Taker, tmp_path: Path) -> None:
    (tmp_path / "exports").write_text("in the way")
    with pytest.raises(EnvironmentFaultError, match="could not be written"):
        take()


@pytest.mark.parametrize("name", ["x.csv", "x.csv.manifest.json"])
def test_only_files_are_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(UsageError, match="is not a file"):
        judge_destination(tmp_path / "x.csv")


def test_the_manifest_is_renamed_last(tmp_path: Path, take: Taker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between the two renames leaves a whole file and a manifest whose SHA-256 says that it is not its own."""
    former = take(fields=("email",))
    renamed: list[str] = []
    replace = Path.replace

    def crash_at_second(self: Path, target: Path) -> Path:
        renamed.append(target.name)
        if len(renamed) == 2:
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", crash_at_second)
    with pytest.raises(KeyboardInterrupt):
        take(fields=("company",))
    assert renamed == ["snapshot.csv", "snapshot.csv.manifest.json"]
    assert former.path.read_text("utf-8").startswith("Raison Sociale\n")
    assert json.loads(former.manifest.read_text("utf-8"))["sha256"] == former.sha256
    assert hashlib.sha256(former.path.read_bytes()).hexdigest() != former.sha256


def test_another_file_system_is_reached_by_a_copy(tmp_path: Path, elsewhere: Path) -> None:
    aside, destination = tmp_path / "aside", elsewhere / "x.csv"
    aside.write_text("new")
    destination.write_text("former")
    place(aside, destination)
    assert destination.read_text() == "new"
    assert os.listdir(elsewhere) == ["x.csv"]


def test_what_a_killed_copy_left_is_swept(tmp_path: Path, elsewhere: Path) -> None:
    (elsewhere / ".x.csv.abc.carnet-part").write_text("half")
    (elsewhere / ".y.csv.abc.carnet-part").write_text("another export's")
    aside = tmp_path / "aside"
    aside.write_text("new")
    place(aside, elsewhere / "x.csv")
    assert sorted(os.listdir(elsewhere)) == [".y.csv.abc.carnet-part", "x.csv"]
