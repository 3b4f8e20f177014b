from __future__ import annotations

from pathlib import Path

import pytest

from tests.base.kept import Kept


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """An empty base."""
    return Kept(tmp_path)
