"""Several columns of a file for one of ours: the first that has a value; of the type, all that have one, joined by `/` (BHV-1)."""

from __future__ import annotations

from collections.abc import Sequence


def first_of_several(meaning: str, cells: Sequence[str], stops: Sequence[str] = ()) -> str:
    """The expression of what the columns say together; `cells`: theirs, in the order of the mapping.

    `stops`: for each, an expression that is not NULL where a value stands there that cannot be read: what comes after it does not
    count. One column alone is taken as it is.
    """
    if len(cells) == 1:
        return cells[0]
    if meaning == "type":
        filled = ", ".join(f"nullif(trim({cell}), '')" for cell in cells)
        return f"nullif(concat_ws('/', {filled}), '')"
    taken = [f"WHEN trim({cell}) <> '' THEN {cell}" for cell in cells]
    if stops:
        taken = [f"{each} WHEN {stop} IS NOT NULL THEN NULL" for each, stop in zip(taken, stops, strict=True)]
    return f"CASE {' '.join(taken)} END"
