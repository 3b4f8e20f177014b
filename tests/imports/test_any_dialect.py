"""One table, written in every dialect with the model that says so, gives one base (IMP-1 to IMP-6b).

To extend what is drawn: a new entry in CHOICES, and what it changes in `written` (the file) and `model` (the declaration).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import DECLARATIONS, Account
from tests.examples import examples
from tests.workbooks import xlsx, zipped

BASE = DECLARATIONS.split("---")[0]
HEADER = ("Email", "Nom", "Code postal", "Date de naissance", "Panier moyen")
_TEXT = (
    st.text(alphabet="abcéèÉœ €;,|'\"\\x", min_size=1, max_size=8)
    .map(str.strip)
    .filter(lambda text: text and text[-1] not in ";,\"'" and text[0] not in "'")
)
_DAY = st.dates().filter(lambda day: day.year >= 1000)
ROWS = st.lists(
    st.tuples(
        st.none() | _TEXT,
        st.none() | st.from_regex(r"\A0[0-9]{4}\Z"),
        st.none() | _DAY,
        st.none() | st.integers(-99_999, 99_999).map(lambda cents: cents / 100),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)
CHOICES: dict[str, tuple[Any, ...]] = {
    "separator": (";", ",", "\t", "|"),
    "quotes": ("needed", "all", "backslash", "blank"),
    "encoding": ("utf-8", "utf-8-sig"),
    "line_end": ("\n", "\r\n", "\r"),
    "hint": (False, True),
    "ending": (False, True),
    "pasted": (False, True),
    "day": ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%m/%d/%Y"),
    "decimal": (",", "."),
    "money": ("", " €", "$"),
    "selects": ("crossed", ",", "|", "json"),
    "packed": ("plain", "zip", "workbook"),
}
DIALECTS = st.fixed_dictionaries({name: st.sampled_from(choices) for name, choices in CHOICES.items()})


def cells(rows: list[tuple[Any, ...]], dialect: dict[str, Any]) -> list[list[str]]:
    """The table as text, the key told by its place."""
    crossed = dialect["selects"] == "crossed"
    written = [[*HEADER, *(("Perle", "Diamant") if crossed else ("Goûts",))]]
    for n, (name, code, born, basket, pearl, diamond) in enumerate(rows):
        # strftime writes years below 1000 without zeros; there are none.
        date = "" if born is None else born.strftime(dialect["day"])
        amount = "" if basket is None else f"{basket:.2f}".replace(".", dialect["decimal"]) + dialect["money"]
        liked = ["X" * pearl, "x" * diamond] if crossed else [_joined(pearl, diamond, dialect["selects"])]
        written.append([f"c{n}@ex.fr", name or "", code or "", date, amount, *liked])
    return written


def _joined(pearl: bool, diamond: bool, sign: str) -> str:
    liked = [value for value, has in (("Perle", pearl), ("Diamant", diamond)) if has]
    if sign == "json":
        return json.dumps(liked) if liked else ""
    return f"{sign} ".join(liked)


def written(rows: list[tuple[Any, ...]], dialect: dict[str, Any]) -> tuple[bytes, str]:
    """The bytes of the file, and the ending of its name."""
    table = cells(rows, dialect)
    if dialect["packed"] == "workbook":
        typed = [[cell or None for cell in line] for line in table]
        for line, row in zip(typed[1:], rows, strict=True):
            line[3:5] = [row[2] if row[2] and row[2].year > 1900 else line[3], row[3]]
        return xlsx(Feuil1=typed), "xlsx"
    sign = dialect["separator"]
    quotes = dialect["quotes"]
    if quotes == "backslash" and not any('"' in cell for line in table for cell in line):
        quotes = "all"  # Without an escaped quote nothing tells that backslashes are escaped.
    lines = [_line(line, sign, quotes) + sign * dialect["ending"] for line in table]
    if dialect["pasted"]:
        lines.insert(len(lines) // 2 + 1, lines[0])
    text = "\n".join([f"sep={sign}", *lines] if dialect["hint"] else lines) + "\n"
    data = text.replace("\n", dialect["line_end"]).encode(dialect["encoding"])
    return (zipped({"export.csv": data}), "zip") if dialect["packed"] == "zip" else (data, "csv")


def _line(line: list[str], sign: str, quotes: str) -> str:
    if quotes in ("needed", "all"):
        out = io.StringIO(newline="")
        how = csv.QUOTE_ALL if quotes == "all" else csv.QUOTE_MINIMAL
        csv.writer(out, delimiter=sign, quoting=how, lineterminator="").writerow(line)
        return out.getvalue()
    if quotes == "backslash":
        return sign.join('"' + cell.replace("\\", "\\\\").replace('"', '\\"') + '"' for cell in line)
    return f"{sign} ".join('"' + cell.replace('"', '""') + '"' for cell in line)


def model(dialect: dict[str, Any]) -> str:
    """What the model says of such a file."""
    said = {"name": "clients", "file": "clients*", "decimal": f'"{dialect["decimal"]}"'}
    if dialect["selects"] == "crossed":
        said["mapping"] = "{Perle: interests, Diamant: interests}"
    else:
        said |= {"mapping": "{Goûts: interests}", "split": f'{{Goûts: "{dialect["selects"]}"}}'}
    if dialect["day"] == "%m/%d/%Y":
        said["dates"] = "mdy"
    if dialect["packed"] != "workbook" and not dialect["hint"]:
        said["separator"] = {"\t": "tab"}.get(dialect["separator"], f'"{dialect["separator"]}"')
    if dialect["ending"]:
        said["trailing_separators"] = "cut"
    listed = "".join(f"  {name}: {value}\n" for name, value in said.items())
    return f"---\ntype: pipelines.components.ImportModel\nattributes:\n{listed}"


def base_of(account: Account) -> list[tuple[Any, ...]]:
    return account.contacts("email", "last_name", "postcode", "birth_date", "basket", "interests")


@given(ROWS, DIALECTS)
@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_table_in_every_dialect_gives_one_base(
    new_account: Callable[[], Account], rows: list[tuple[Any, ...]], dialect: dict[str, Any]
) -> None:
    account = new_account()
    account.declare(BASE + model(dialect))
    data, ending = written(rows, dialect)
    result = account.load(data, f"clients.{ending}")
    assert result.status == "imported", (result.problems.rows(), data)
    assert base_of(account) == [
        (f"c{n}@ex.fr", name, code, born, basket, [v for v, has in (("Perle", pearl), ("Diamant", gem)) if has] or None)
        for n, (name, code, born, basket, pearl, gem) in enumerate(rows)
    ]
