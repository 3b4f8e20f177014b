"""Gaps of known contacts: what `known_cells: fill_empty` fills, and what it leaves (IMP-8).

Belongs here: columns of the file beside former ones, as expressions. Does not: consents, of which the strictest counts whatever the
model says, nor crosses, which are united (`merging`).
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from pipelines.base.versions import FORMER
from pipelines.channels import CHANNEL_OF_STATE, NEVER_CLEARED, UNKNOWN


def gap_filled(name: str, former: pl.Expr, given: Collection[str]) -> pl.Expr:
    """What the contact has, or else the file's; a status that says nothing yet is a gap."""
    if name in NEVER_CLEARED:
        return pl.coalesce(pl.when(former != UNKNOWN).then(former), filling(name, given), former)
    return pl.coalesce(former, filling(name, given))


def filling(name: str, given: Collection[str]) -> pl.Expr:
    """The file's own cell, of a state only where it fills a gap, and speaks of the address that the contact has then."""
    if name not in CHANNEL_OF_STATE:
        return pl.col(name)
    address, gap = CHANNEL_OF_STATE[name].address, pl.col(FORMER + name).is_null()
    if name in NEVER_CLEARED:
        gap |= pl.col(FORMER + name) == UNKNOWN
    if address in given:
        gap &= (pl.col(address) == pl.coalesce(FORMER + address, address)).fill_null(value=True)
    return pl.when(gap).then(name)


def anew_where_filled(name: str, former: pl.Expr) -> pl.Expr:
    """STA-2: the former state, or what an address begins with that fills a gap."""
    channel = CHANNEL_OF_STATE[name]
    filled = pl.col(FORMER + channel.address).is_null() & pl.col(channel.address).is_not_null()
    return pl.when(filled).then(pl.lit(channel.anew[name])).otherwise(former)
