"""How long `carnet inspect` takes over 2 000 small files in one process; its figure stands in docs/inspect.md.

python -m benchmarks.inspecting [--no-page]
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import report
from benchmarks.machine import Neighbours, machine
from expectations.judge import Judge
from pipelines.declared import declared
from pipelines.inspection.inspecting import inspect_files
from pipelines.layout import ROOT
from tests.inspection.corpus import corpus

PAGE = ROOT / "docs" / "inspect.md"
_FILES, _SMALL = 2000, 65_536


def main() -> int:
    """Measure, print the figure, write it into the page."""
    cases = [case for case in corpus() if len(case.data) <= _SMALL][:_FILES]
    declarations = declared(ROOT / "assets")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / case.name for case in cases]
        for path, case in zip(paths, cases, strict=True):
            path.write_bytes(case.data)
        neighbours, since, used = Neighbours(), time.perf_counter(), time.process_time()
        with Judge(Path(folder) / "judge", idle_seconds=0) as judge:
            answered = sum(1 for _ in inspect_files(paths, declarations, judge))
        seconds, used = time.perf_counter() - since, time.process_time() - used
    size = sum(len(case.data) for case in cases)
    figures = (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine()}. {answered:,} files of {size / answered:,.0f} bytes on average in "
        f"one process, the start of Great Expectations included: **{seconds:.1f} s**, {seconds / answered * 1000:.1f} ms a file "
        f"({used:.1f} s of CPU without Great Expectations). Other programs took {neighbours.share():.0%} of the cores meanwhile."
    )
    print(figures)
    if "--no-page" not in sys.argv:
        report.write(PAGE, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
