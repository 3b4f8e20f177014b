"""Records that stand again: the header in the midst of a file that was pasted together from several (IMP-2)."""

from __future__ import annotations

import codecs

import numpy as np

from pipelines.files.scanning import Flags, Offsets, Scan


def repeats(scanned: Scan, record: int) -> Flags:
    """Say for each record below `record` whether it is the same, sign by sign; a byte order mark before it counts for nothing."""
    found = np.zeros(scanned.records, np.bool_)
    meant = scanned.data[int(scanned.starts[record]) : int(scanned.ends[record])]
    for text in (meant, codecs.BOM_UTF8 + meant):
        found[_same(scanned, record + 1, text)] = True
    return found


def same_line(scanned: Scan, text: bytes) -> Flags:
    """Say for each record whether it is this text."""
    found = np.zeros(scanned.records, np.bool_)
    found[_same(scanned, 0, text)] = True
    return found


def _same(scanned: Scan, first: int, text: bytes) -> Offsets:
    signs = np.frombuffer(scanned.data, np.uint8)
    starts, ends = scanned.starts[first:], scanned.ends[first:]
    candidates = np.flatnonzero(ends - starts == len(text))
    for place, sign in enumerate(text):
        if not len(candidates):
            break
        candidates = candidates[signs[starts[candidates] + place] == sign]
    return candidates + first
