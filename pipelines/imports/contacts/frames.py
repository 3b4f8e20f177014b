"""The CleanFrame that steps of an import of contacts hand on (docs/architecture.md): names of its columns that are no fields."""

from __future__ import annotations

LINE = "carnet_line"
"""The column of a CleanFrame that holds the line of the file on which the row begins."""

FOUND = "found:contact_id"
"""The contact whom the row is of, NULL where it is a new one: there where the model says `match` (IMP-6c)."""

WHO = "found:who"
"""What rows of one contact have in common, known or new: there where the model says `match`."""

MALFORMED = "malformed:"
"""Before `email` or `mobile`: a Boolean column of a CleanFrame: was that address kept though malformed, or a landline?

Its status was set by that; de-duplication keeps the two together. A colon cannot stand in a field's name.
"""

SKIPPED = "skipped:"
"""Before a field's name: a Boolean column that says where a cell was left out: it could not be read (`unreadable: skip`), or names
somebody who was erased.

It is no empty cell: under `empty_cells: clear` it erases nothing.
"""
