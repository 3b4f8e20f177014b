"""Great Expectations without what it would import besides, where it is installed: a client of Spark that ends some processes."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def hidden(module: str) -> Generator[None]:
    """Whoever imports `module` meanwhile is told that it is not installed; where it was imported before, nothing changes."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # pyright: ignore[reportArgumentType] - as Python's import documents it
    try:
        yield
    finally:
        del sys.modules[module]
