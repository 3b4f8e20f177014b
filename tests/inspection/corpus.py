"""A corpus of files made up from numbers: each the same every time, and with what its maker knows of it.

Belongs here: writing files right and wrong. Does not: what an inspection says of them (test_corpus.py).
"""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

SEPARATORS = (";", ",", "\t", "|")
# What the maker writes → what an inspection calls it; the last three cannot be read for certain, or have no BOM.
ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "cp1252": "cp1252",
    "mac-roman": "mac-roman",
    "utf-16": "utf-16-le",
    "utf-32": "utf-32-le",
    "cp850": "cp850",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
}
FIRST = (
    "Élodie",
    "Noël",
    "Zoé",
    "François",
    "Héloïse",
    "Jérôme",
    "Maël",
    "Anaïs",
    "Gaëlle",
    "Théo",
    "Benoît",
    "Aurélie",
)
LAST = ("Lefèvre", "Müller", "Durand", "Nuñez", "D'Aubigné", "Besançon", "Le Goff", "Bérenger", "O'Connor", "Forêt")
CITIES = ("Nîmes", "Besançon", "Orléans", "Angoulême", "Saint-Étienne", "Fréjus", "L'Haÿ-les-Roses", "Évry")


@dataclass(frozen=True)
class Case:
    """One file, and what is known of it; `known` False: only that it must be answered."""

    name: str
    data: bytes
    separator: str | None = None
    encoding: str | None = None
    header: tuple[str, ...] = ()
    rows: int = 0
    rules: frozenset[str] = frozenset()
    known: bool = True


@dataclass(frozen=True)
class Table:
    """A table before it is written: lines of cells, of which the first is the header; `titles` stand above it as they are."""

    separator: str
    lines: list[list[str]]
    titles: list[str] = field(default_factory=list)
    tails: dict[int, str] = field(default_factory=dict)
    headless: bool = False
    ending: bool = False
    quote_all: bool = False
    rows: int = 0
    rules: frozenset[str] = frozenset()

    def failing(self, *rules: str) -> Table:
        return replace(self, rules=self.rules | set(rules))

    def written(self) -> list[str]:
        lines = [
            self.separator.join(map(self._cell, line)) + self.tails.get(n, "") for n, line in enumerate(self.lines)
        ]
        return [*self.titles, *(lines[1:] if self.headless else lines)]

    def _cell(self, text: str) -> str:
        special = any(sign in text for sign in (self.separator, '"', "\n"))
        return f'"{text.replace(chr(34), chr(34) * 2)}"' if special or (self.quote_all and text) else text


Column = Callable[[random.Random, int], str]
COLUMNS: dict[str, Column] = {
    "Prénom": lambda r, _: r.choice(FIRST),
    "Nom": lambda r, _: r.choice(LAST),
    "Ville": lambda r, _: r.choice(CITIES),
    "Code postal": lambda r, _: f"{r.randrange(1000, 96000):05d}",
    "Date de naissance": lambda r, _: f"{r.randrange(1, 29):02d}/{r.randrange(1, 13):02d}/{r.randrange(1940, 2010)}",
    "Panier moyen": lambda r, _: f"{r.randrange(1, 900)},{r.randrange(100):02d}",
    "Portable": lambda r, _: f"06 12 34 {r.randrange(100):02d} {r.randrange(100):02d}",
    "Perle": lambda r, _: r.choice(("X", "", "x")),
    "Agathe": lambda r, _: r.choice(("X", "")),
    "Escalade": lambda r, _: r.choice(("X", "")),
    "Société": lambda r, _: r.choice(("Lefèvre; Fils & Cie", "Dupont, Noël", "A|B", 'Disques 12" Été', "")),
    "Note": lambda r, _: r.choice(("à rappeler", "deux\nlignes", "très bon client, fidèle; ancien", "RAS|néant")),
}
Fault = Callable[[random.Random, Table], Table]


def table(rng: random.Random) -> Table:
    """A table that keeps every rule: an address, a name with accents, and other columns in any order."""
    others = rng.sample([name for name in COLUMNS if name != "Prénom"], rng.randrange(0, 8))
    header = ["Email", "Prénom", *others]
    rng.shuffle(header)
    rows = [[_cell(rng, name, n) for name in header] for n in range(rng.randrange(4, 25))]
    return Table(rng.choice(SEPARATORS), [header, *rows], quote_all=rng.random() < 0.2, rows=len(rows))


def _cell(rng: random.Random, column: str, n: int) -> str:
    return f"contact{n}@exemple.fr" if column == "Email" else COLUMNS[column](rng, n)


def _row(rng: random.Random, made: Table) -> int:
    return rng.randrange(1, len(made.lines))


def short_lines(rng: random.Random, made: Table) -> Table:
    line = made.lines[_row(rng, made)]
    del line[1 + line.index(next(cell for cell in line if cell)) :]
    return made if len(line) == len(made.lines[0]) else made.failing("short_lines")


def trailing_separators(rng: random.Random, made: Table) -> Table:
    return replace(made, tails={_row(rng, made): made.separator * rng.randrange(1, 3)}).failing("trailing_separators")


def extra_cells(rng: random.Random, made: Table) -> Table:
    return replace(made, tails={_row(rng, made): f"{made.separator}de trop"}).failing("extra_cells")


def blank_lines(rng: random.Random, made: Table) -> Table:
    made.lines.insert(_row(rng, made), rng.choice([[""], [""] * len(made.lines[0])]))
    return made.failing("blank_lines")


def duplicate_headers(rng: random.Random, made: Table) -> Table:
    made.lines[0].append("Prénom")
    for line in made.lines[1:]:
        line.append(rng.choice(FIRST))
    return made.failing("headers")


def nameless_column(rng: random.Random, made: Table) -> Table:
    for line in made.lines:
        line.insert(1, rng.choice(CITIES))
    made.lines[0][1] = " "
    return made.failing("headers")


def header_trailing(rng: random.Random, made: Table) -> Table:
    """Every line ends in a separator: what the model that is proposed cuts off."""
    for line in made.lines:
        line.append("")
    return replace(made, ending=True)


def nul_bytes(rng: random.Random, made: Table) -> Table:
    line = made.lines[_row(rng, made)]
    line[made.lines[0].index("Prénom")] += "\0"
    return made.failing("nul_bytes")


def unclosed_quote(rng: random.Random, made: Table) -> Table:
    made.lines.append([f"dernier{rng.randrange(9)}@exemple.fr"])
    return replace(made, tails={len(made.lines) - 1: f'{made.separator}"Élise'}).failing("unclosed_quote")


def stray_separators(rng: random.Random, made: Table) -> Table:
    line = made.lines[_row(rng, made)]
    line[made.lines[0].index("Prénom")] += rng.choice(";,")
    return made.failing("stray_separators")


def title_lines(rng: random.Random, made: Table) -> Table:
    titles = rng.choice(
        (["Export de la base"], ["Clients fidèles", "", "édité le 12/03/2026"], ["Salon 2026", "Paris"])
    )
    padding = rng.choice(("", made.separator * (len(made.lines[0]) - 1)))
    return replace(made, titles=[title + padding for title in titles]).failing("title_lines")


def no_header(rng: random.Random, made: Table) -> Table:
    return replace(made, headless=True).failing("no_header")


def header_only(rng: random.Random, made: Table) -> Table:
    return replace(made, lines=made.lines[:1], rows=0).failing("rows")


FAULTS: tuple[Fault, ...] = (
    short_lines,
    trailing_separators,
    extra_cells,
    blank_lines,
    duplicate_headers,
    nameless_column,
    header_trailing,
    nul_bytes,
    unclosed_quote,
    stray_separators,
    title_lines,
    no_header,
    header_only,
)


def written_cases(count: int) -> Iterator[Case]:
    """Tables written down: right ones, and wrong ones of every kind, in every encoding and with every separator."""
    for number in range(count):
        rng = random.Random(number)
        fault = (None, *FAULTS)[number % (len(FAULTS) + 1)]
        made = table(rng)
        if fault is not None:
            made = fault(rng, made)
        yield _written(rng, number, made, "none" if fault is None else fault.__name__)


def _written(rng: random.Random, number: int, made: Table, what: str) -> Case:
    # A NUL is no sign of its own where signs have two bytes or four; a few accents alone tell no 8-bit encoding.
    sure = what in ("header_only", "nul_bytes")
    encoding = "utf-8" if sure else rng.choice(("utf-8", "utf-8", "utf-8-sig", *ENCODINGS))
    end = rng.choice(("\n", "\r\n", "\r"))
    text = end.join(line.replace("\n", end) for line in made.written()) + rng.choice((end, ""))
    data = text.encode(encoding)
    rules = set(made.rules) | ({"encoding"} if ENCODINGS[encoding] != "utf-8" else set())
    name = f"{what}-{number}.{rng.choice(('csv', 'txt'))}"
    if rng.random() < 0.1:
        name = f"Été {name}"
        rules.add("file_name")
    elif "_" in name and not name.isascii():
        rules.add("file_name")
    header = () if made.headless else tuple(cell.strip() for cell in made.lines[0])
    header = header[:-1] if made.ending else header
    return Case(name, data, made.separator, ENCODINGS[encoding], header, made.rows, frozenset(rules))


def damaged_cases(count: int) -> Iterator[Case]:
    """UTF-8 with one byte damaged."""
    for number in range(count):
        rng = random.Random(10_000 + number)
        made = table(rng)
        data = "\n".join(made.written()).encode()
        high = [place for place, byte in enumerate(data) if 0x80 <= byte < 0xC0]
        place = rng.choice(high)
        damaged = data[:place] + data[place + 1 :]
        # The header may hold it; how it then reads is not the maker's to say.
        header = tuple(made.lines[0]) if place > data.index(b"\n") else ()
        yield Case(
            f"damaged-{number}.csv",
            damaged,
            made.separator,
            "utf-8",
            header,
            made.rows,
            frozenset({"encoding"}),
            bool(header),
        )


def binary_cases() -> Iterator[Case]:
    """Files that are no text, with the rule that says so; and bytes of no kind."""
    rng = random.Random(1)
    noise = rng.randbytes(600)
    kinds = {
        "xlsx": _zip("xl/workbook.xml", "[Content_Types].xml"),
        "docx": _zip("word/document.xml"),
        "zip": _zip("clients.csv", "lisez-moi.txt"),
        "xls": bytes.fromhex("d0cf11e0a1b11ae1") + noise,
        "gz": gzip.compress(b"Email;Nom\na@b.fr;x\n", mtime=0),
        "pdf": b"%PDF-1.7\n" + noise,
        "png": b"\x89PNG\r\n\x1a\n" + noise,
        "jpg": b"\xff\xd8\xff\xe0" + noise,
        "parquet": b"PAR1" + noise + b"PAR1",
        "html": b"<!DOCTYPE html><html><table><tr><td>Email</td></tr></table></html>",
        "xml": b"<?xml version='1.0'?><contacts/>",
        "json": b'[{"email": "a@b.fr", "nom": "x"}]',
        "ndjson": b'{"email": "a@b.fr"}\n{"email": "c@d.fr"}\n',
        "vcf": b"BEGIN:VCARD\nFN:A B\nEND:VCARD\n",
        "duckdb": bytes(8) + b"DUCK" + noise,
    }
    for ending, data in kinds.items():
        for suffix in (ending, "csv"):
            # The workbook has the name of its parts alone.
            rule = "unreadable" if ending == "xlsx" else "kind"
            yield Case(f"kind-{ending}.{suffix}", data, rules=frozenset({rule}))
    for number in range(60):
        rng = random.Random(20_000 + number)
        yield Case(f"noise-{number}.csv", rng.randbytes(rng.randrange(1, 3000)), known=False)


def _zip(*names: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), "content")
    return written.getvalue()


def edge_cases() -> Iterator[Case]:
    """Nothing, next to nothing, and too much."""
    for number, data in enumerate(
        (b"", b"\n", b"\r\r\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf\n", b" \n\t\n", b"\n" * 5000)
    ):
        yield Case(
            f"empty-{number}.csv",
            data,
            ";",
            "utf-8",
            rules=frozenset({"rows", "blank_lines"} if data.strip(b"\xef\xbb\xbf") else {"rows"}),
        )
    wide = ";".join(f"c{n}" for n in range(5000))
    header = tuple(wide.split(";"))[:4096]
    yield Case(
        "wide-1.csv", f"{wide}\n{wide.replace('c', 'v')}\n".encode(), ";", "utf-8", header, 1, frozenset({"columns"})
    )
    yield Case("long-1.csv", b"Email;Nom\na@b.fr;" + b"x" * 3_000_000 + b"\n", ";", "utf-8", ("Email", "Nom"), 1)
    yield Case(
        "long-2.csv", b"Email;" + b"x" * 2_000_000 + b"\na@b.fr;y\n", ";", "utf-8", ("Email", "x" * 2_000_000), 1
    )
    for number, data in enumerate(
        (
            b'"',
            b'"""',
            b'""',
            b"\0",
            b"\0" * 999,
            b";",
            b";;;;\n;;;;",
            b'";";"\n',
            b"\xff\xfe",
            b"\xfe\xff\0",
            b"\xff\xfe\0\0",
            b"\x80",
            b"PK\x03\x04",
            b"{",
            b"[",
            b"<",
            b"a" * 200_000,
            b"," * 200_000,
            b'"' * 100_001,
            b'a"b;' * 30_000,
            b'"a\n' * 30_000,
            b"\r" * 100_000,
            "é".encode("cp1252"),
            b"'=1+1;'=cmd\n1;2\n",
            b"yes;no;null;~;1;2026-01-01\na;b;c;d;e;f\n",
            b"a: b;- c;{d};[e];#f;&g;*h;!i;%j;@k;`l\n1;2;3;4;5;6;7;8;9;10;11\n",
            "Email;a\x85b;c\u2028d;\ufeffe;\x7ff;\U0001f600\n1@b.fr;2;3;4;5;6\n".encode(),
            b'Email;"two\nlines";"q""q";back\\slash\na@b.fr;1;2;3\n',
            ("Email;" + "clé" * 800 + "\na@b.fr;1\n").encode(),
        )
    ):
        yield Case(f"odd-{number}.csv", data, known=False)


def mutated_cases(count: int) -> Iterator[Case]:
    """Files that something went wrong with on the way: cut, shuffled, bytes changed, joined with others."""
    for number in range(count):
        rng = random.Random(30_000 + number)
        data = bytearray(_written(rng, number, table(rng), "none").data)
        for _ in range(rng.randrange(1, 8)):
            start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
            match rng.randrange(6):
                case 0:
                    del data[start : min(end, start + 50)]
                case 1:
                    data[start:start] = rng.randbytes(rng.randrange(1, 20))
                case 2:
                    data[start:start] = rng.choice(
                        (b'"', b"\0", b"\r", b"\n", b";", b",,,", b"\xef\xbb\xbf", b'""', b"\xff")
                    )
                case 3:
                    data[start:start] = _written(rng, number, table(rng), "none").data[: rng.randrange(400)]
                case 4:
                    data[start:end] = data[start:end][::-1]
                case _:
                    del data[end:]
        yield Case(f"mutated-{number}.{rng.choice(('csv', 'txt'))}", bytes(data), known=False)


def corpus() -> list[Case]:
    """More than 2 000 files."""
    return [
        *written_cases(1400),
        *damaged_cases(60),
        *binary_cases(),
        *edge_cases(),
        *mutated_cases(700),
    ]
