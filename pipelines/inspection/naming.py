"""Names of files like this one: what counts, dates or tells apart single files of a kind left open (IMP-18).

Belongs here: a file's name → a pattern, and the words that stay. Does not: what a model is called for it (`proposing`).
"""

from __future__ import annotations

import re

_HOLE = "\0"
_MONTHS = (
    "january|february|march|april|june|july|august|september|october|november|december|"
    "janvier|février|fevrier|mars|avril|mai|juin|juillet|août|aout|septembre|octobre|novembre|décembre|decembre|"
    "janv|févr|fevr|avr|juil|sept|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|déc|fév|fev"
)
_EDGE, _BACK = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_OPEN = (
    # copies: « clients (1) », « clients - Copie », « Copy of clients »
    r"(?:[ _-]+(?:copie|copy|kopie|copia))?[ _-]*\(\d+\)$",
    r"[ _-]+(?:copie|copy|kopie|copia)(?:[ _-]*\d+)?$",
    r"^(?:copie de|copy of|kopie von|copia de)[ _-]+",
    # identifiers: UUIDs, hashes
    _EDGE + r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}" + _BACK,
    _EDGE + r"(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}" + _BACK,
    _EDGE + r"(?=[A-Za-z0-9]{8,})(?:[A-Za-z]+\d+){2,}[A-Za-z]*" + _BACK,
    _EDGE + r"(?=[A-Za-z0-9]{8,})(?:\d+[A-Za-z]+){2,}\d*" + _BACK,
    # dates in words: « 27 nov. 2026 », « novembre-2026 »
    r"(?:\d{1,2}(?:er)?[ ._-]*)?(?<![^\W\d_])(?:" + _MONTHS + r")\.?[ ._-]*\d{2,4}(?!\d)",
    r"\d{1,2}(?:er)?[ ._-]+(?:" + _MONTHS + r")(?![^\W\d_])",
    # instants, dates in figures, numbers
    r"\d{4}-?\d{2}-?\d{2}[T_ -]?\d{2}[h:_.-]?\d{2}(?:[m:_.-]?\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?(?!\d)",
    r"\d+(?:[._-]\d+)*",
)
_ANY = re.compile("|".join(f"(?:{each})" for each in _OPEN), re.IGNORECASE)
_RUN = re.compile(f"{_HOLE}(?:[ ._-]*{_HOLE})+")
_STRANGE = re.compile("[\\\\/]|[\x01-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffd-\uffff\ud800-\udfff]")


def words_of(file: str) -> str:
    """What stays of a name from one file to the next, without its ending; blanks for the rest."""
    return _opened(_stem(file)).replace(_HOLE, " ")


def pattern_of(file: str) -> str:
    """The names of files like this one: what counts or dates them may be anything; `*`, `?` and `[` stand for themselves.

    Of a name that is a date, a number or a hash alone, the shape: other files of the folder should not fit too.
    """
    stem = _stem(file)
    ending, opened = file[len(stem) :], _opened(stem)
    if not re.search(r"[^\W_]", opened):
        figure = "[0-9]" if stem.isdigit() else "?"
        return _plain(re.sub(r"[A-Za-z0-9]" if stem.isascii() else r"\w", _HOLE, stem)).replace(_HOLE, figure) + ending
    return _plain(opened).replace(_HOLE, "*") + _plain(ending)


def _stem(file: str) -> str:
    return file.rpartition(".")[0] or file


def _opened(stem: str) -> str:
    """The stem with a hole for whatever differs from one file to the next."""
    return _RUN.sub(_HOLE, _ANY.sub(_HOLE, stem.replace(_HOLE, " ")))


def _plain(name: str) -> str:
    return _STRANGE.sub("?", re.sub(r"[*?\[]", "[\\g<0>]", name))
