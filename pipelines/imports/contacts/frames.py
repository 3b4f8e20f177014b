"""The CleanFrame that steps of an import of contacts hand on (docs/architecture.md): names of its columns that are no fields."""

from __future__ import annotations

LINE = "carnet_line"
"""The column of a CleanFrame that holds the line of the file on which the row begins."""

MALFORMED = "malformed:"
"""Before `email` or `mobile`: a Boolean column of a CleanFrame that says where that address was kept though malformed.

Its status was set by that; de-duplication keeps the two together. A colon cannot stand in a field's name.
"""
