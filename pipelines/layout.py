"""Where things lie: the folders of the contract, moved by `CARNET_DATA` and `CARNET_ASSETS`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SQL = ROOT / "sql"


@dataclass(frozen=True)
class Layout:
    """One base's folders: `data` (runtime) and `assets` (the operator's YAML)."""

    data: Path
    assets: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Layout:
        """The folders that the environment names, or the checkout's own; always absolute."""
        return cls(
            data=Path(environ.get("CARNET_DATA") or ROOT / "data").expanduser().resolve(),
            assets=Path(environ.get("CARNET_ASSETS") or ROOT / "assets").expanduser().resolve(),
        )

    @property
    def inbox(self) -> Path:
        """Files to import wait in `inbox/<model>/`."""
        return self.data / "inbox"

    @property
    def refused(self) -> Path:
        """Refused files, each beside its report."""
        return self.data / "refused"

    @property
    def archive(self) -> Path:
        """Files of the inbox that were imported."""
        return self.data / "archive"

    @property
    def rejects(self) -> Path:
        """Rejects files and reports of imported files."""
        return self.data / "rejects"

    @property
    def exports(self) -> Path:
        """Snapshot files and their manifests."""
        return self.data / "exports"

    @property
    def base(self) -> Path:
        """The pipeline's own DuckDB file: one writer, never read by people."""
        return self.data / "base" / "carnet.duckdb"

    @property
    def published(self) -> Path:
        """The analysts' read-only copy."""
        return self.data / "contacts.duckdb"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME."""
        return self.data / "dagster"

    @property
    def automation(self) -> Path:
        """What polls and notifications remember, and the locks of the sources."""
        return self.data / "automation"

    @property
    def verdicts(self) -> Path:
        """SQL that was judged fit before: a cache, made anew where it is missing."""
        return self.data / "cache" / "raw_segments"

    @property
    def scratch(self) -> Path:
        """What is written aside before it is renamed into place (same file system as its destinations)."""
        return self.data / "tmp"
