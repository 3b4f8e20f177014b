"""The empty base of the tests of segments."""

from tests.segments.conftest import empty_base

__all__ = ["empty_base"]
