"""Where things lie: the folders of the contract, moved by `CARNET_DATA` and `CARNET_ASSETS`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout; of an installed Carnet, the folder that its packages lie in."""
IS_CHECKOUT = (ROOT / "sql").is_dir()
SQL = ROOT / "sql" if IS_CHECKOUT else Path(__file__).with_name("sql")


def account_folder() -> Path:
    """What `data/` and `assets/` lie in where the environment names no others: the checkout, or the folder that one stands in."""
    return ROOT if IS_CHECKOUT else Path.cwd()


@dataclass(frozen=True)
class Layout:
    """One base's folders: `data` (runtime) and `assets` (the operator's YAML)."""

    data: Path
    assets: Path
    judges: Path | None = None
    """Where a judge is found, if it is one for several accounts."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Layout:
        """The folders that the environment names, or those of `account_folder`; always absolute."""
        folder = account_folder()
        return cls(
            data=Path(environ.get("CARNET_DATA") or folder / "data").expanduser().resolve(),
            assets=Path(environ.get("CARNET_ASSETS") or folder / "assets").expanduser().resolve(),
            judges=Path(shared).expanduser().resolve() if (shared := environ.get("CARNET_JUDGE")) else None,
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
    def docs(self) -> Path:
        """Pages: the base in pictures (`index.html`), Data Docs of the last imports."""
        return self.data / "docs"

    @property
    def data_docs(self) -> Path:
        """Great Expectations' pages of the last imports."""
        return self.docs / "quality"

    @property
    def judgements(self) -> Path:
        """The verdicts of the last imports, which their pages are made of."""
        return self.docs / "judgements"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME."""
        return self.data / "dagster"

    @property
    def automation(self) -> Path:
        """What polls and notifications remember, and the locks of the sources."""
        return self.data / "automation"

    @property
    def api(self) -> Path:
        """What the REST interface keeps beside the base: hashes of keys, numbers that it gave, the log of its uses."""
        return self.data / "api"

    @property
    def backups(self) -> Path:
        """The list of the backups that were taken, one JSON object a line."""
        return self.data / "backups.ndjson"

    @property
    def erasures(self) -> Path:
        """Who was erased, as keyed hashes: kept apart from the base, so that a restored one can be told (EXP-9)."""
        return self.data / "erasures"

    @property
    def verdicts(self) -> Path:
        """SQL that was judged fit before: a cache, made anew where it is missing."""
        return self.data / "cache" / "raw_segments"

    @property
    def judge(self) -> Path:
        """The socket of the judge, and its log."""
        return self.judges or self.data / "cache" / "judge"

    @property
    def lake(self) -> Path:
        """The lake's own catalogue, and its tables where they lie on this machine (LAK-1)."""
        return self.data / "lake"

    @property
    def scratch(self) -> Path:
        """What is written aside before it is renamed into place (same file system as its destinations)."""
        return self.data / "tmp"
