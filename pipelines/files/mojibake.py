"""Mojibake: text that was read in the wrong encoding once and is UTF-8 since (`Ã©` for `é`, U+FFFD), told by its signs (IMP-2)."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.files.reading import LINE, Source, read

_LEADS = ("Ã", "Â", "â€", "â‚", "Ð", "Ñ", "Î", "Ï", "×", "Ø", "Ù", "Ä", "Å", "ã‚", "ãƒ", "√", "‚Ä", "├", "\ufffd")
"""One of these stands in any such text: quick to look for in the bytes of a whole file."""
_ASCII = bytes(range(0x80))
_CLOSING = "‘’“”„‚…–—‹›«»¡¿·\u00a0"
"""Signs that may well follow a word that ends in a capital."""
_OTHERS = (
    "".join(
        sign
        for sign in (bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0xC0))
        if sign not in _CLOSING + "\ufffd"
    )
    + "\u0080-\u009f"
)
_ANY = _OTHERS + _CLOSING
_LATIN = "".join(sign for sign in map(chr, range(0x80, 0xC0)) if sign not in _CLOSING)
_PAIRS = "|".join(f"(?:[{leads}][{_ANY}]){{2}}" for leads in ("ÐÑ", "ÎÏ", "×", "ØÙ"))
_PATTERN = "|".join(
    (
        f"Ã[{_OTHERS}]",
        f"(?:^|[^A-ZÀ-ÖØ-Þ])Ã[{_CLOSING}]",
        r"[a-zß-ÿ]Ã(?:\s|$)",
        f"Â[{_LATIN}]",
        f"(?:^|[^A-ZÀ-ÖØ-Þ])Â[{_CLOSING}]",
        f"â€[{_ANY}]",
        "â‚¬|â„¢",
        _PAIRS,
        f"[ÄÅ][{_OTHERS}]",
        r"Å[’“]\w",
        f"ã[‚ƒ][{_ANY}]",
        "√[©®†ßπ¢™ªÆ¥]|‚Ä[ôúùìî¶]",
        "├[®©¬áó┤¿╗¼ºÁ]",
        "\ufffd",
    )
)
"""Two or three signs that a letter's bytes make in Windows-1252 (or Mac Roman, or DOS), where no word has them so."""


@dataclass(frozen=True)
class Mojibake:
    """Cells of one column that were read in the wrong encoding once; `lost`: some hold U+FFFD, which says that a sign is gone."""

    header: str
    count: int
    line: int
    lost: bool


def mojibake_in(text: bytes, source: Source) -> tuple[Mojibake, ...]:
    """The columns of a file that hold such text, its headers counted as cells."""
    # One pass leaves the few bytes that other letters are made of; in a whole file each lead would take as long.
    others = text.translate(None, _ASCII)
    if not source.headers or not any(lead.encode() in others for lead in _LEADS):
        return ()
    names = {f"c{position}": header for position, header in enumerate(source.headers)}
    header = pl.DataFrame({LINE: [int(source.scan.lines[source.header or 0])], **{n: [h] for n, h in names.items()}})
    cells = pl.concat([header.cast({LINE: pl.UInt32}), read(source).frame.select(LINE, *names)])
    found: list[Mojibake] = []
    for name, title in names.items():
        suspects = cells.lazy().filter(pl.col(name).str.contains(_PATTERN)).select(LINE, name).collect()
        if suspects.height:
            lost = bool(suspects[name].str.contains("\ufffd", literal=True).any())
            found.append(Mojibake(title, suspects.height, suspects.item(0, LINE), lost))
    return tuple(found)
