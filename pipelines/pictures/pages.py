"""The pages of `data/docs/` (SRV-3): written when they are asked for, or by night, and made anew only where something is newer.

Belongs here: which pages there are, where, and whether they are up to date. Does not: what stands on them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from expectations.judgements import kept
from pipelines.base.locking import scratch_folder
from pipelines.declarations.model import ContactBase
from pipelines.errors import EnvironmentFaultError
from pipelines.language import say
from pipelines.layout import Layout
from pipelines.syncing import write_aside

INDEX = "index.html"
ADDRESS = "CARNET_URL"
"""In the environment of what `carnet serve` starts: the address under which its pages are read."""
_PREFIX = "docs"


def address_of(page: Path, environ: Mapping[str, str] = os.environ) -> str | None:
    """The address of a page of `data/docs/` by its path; None where no service runs."""
    served = environ.get(ADDRESS)
    parts = page.parts[len(page.parts) - page.parts[::-1].index(_PREFIX) :] if _PREFIX in page.parts else ()
    return f"{served}/{_PREFIX}/{'/'.join(parts)}" if served and parts else None


def is_drawn(layout: Layout) -> bool:
    """Whether the page of the base is as new as the published copy."""
    page = layout.docs / INDEX
    return page.exists() and page.stat().st_mtime >= layout.published.stat().st_mtime


def draw(connection: duckdb.DuckDBPyConnection, layout: Layout, base: ContactBase) -> Path:
    """Write the page of the base that `connection` reads; where it lies."""
    from pipelines.pictures.figures import figures_of
    from pipelines.pictures.page import page

    figures = figures_of(connection, base.timezone, datetime.now(UTC))
    drawn = page(figures, locale=base.locale, timezone=base.timezone, checks=f"{layout.data_docs.name}/{INDEX}")
    with scratch_folder(layout.scratch) as scratch:
        return write_aside(scratch, layout.docs / INDEX, drawn.encode())


def are_documented(layout: Layout) -> bool:
    """Whether the last import that was judged has its page."""
    newest = next(iter(kept(layout.judgements, 1)), None)
    return (layout.data_docs / INDEX).exists() and (newest is None or (layout.data_docs / newest.page).exists())


def document(layout: Layout) -> Path:
    """Make Great Expectations' pages of the last imports, in a process of its own: 5 s of CPU; where the first one lies."""
    command = [sys.executable, "-P", "-m", "expectations.documents", str(layout.judgements), str(layout.data_docs)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or [""])[-1]
        raise EnvironmentFaultError(
            say("The pages of the last imports could not be made: {reason}", reason=last),
            say("The former ones stand. `carnet docs` tries again."),
        )
    return layout.data_docs / INDEX
