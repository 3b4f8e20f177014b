"""The pages in French say what the English ones say: the same sections, tables and examples, messages as the catalogue has them.

What an English page shows is proved by the tests of its room; a French one holds the same blocks, so that nothing runs twice.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path

import pytest

from pipelines.layout import ROOT
from tests.language.words import catalogue, texts_of

FRENCH = ROOT / "docs" / "fr"
INDEX = FRENCH / "README.md"
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ENOUGH = 12
"""So many letters that a message is known by them: shorter ones stand in other messages too."""


@dataclass(frozen=True)
class Page:
    """A page taken apart."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def blocks(self) -> list[tuple[str, list[str]]]:
        """What stands between fences: its kind and its lines."""
        return [(kind, lines.splitlines()) for kind, lines in FENCE.findall(self.text)]

    @cached_property
    def prose(self) -> str:
        return FENCE.sub("", self.text)

    @property
    def headings(self) -> list[str]:
        return re.findall(r"^(#+) ", self.prose, re.MULTILINE)

    @property
    def sections(self) -> list[str]:
        return re.split(r"^#+ ", self.prose, flags=re.MULTILINE)

    @property
    def tables(self) -> list[list[list[str]]]:
        """Every table: its rows, each with its cells."""
        found = re.findall(r"(?:^ *\|.*\n)+", self.prose + "\n", re.MULTILINE)
        return [[_cells(line) for line in table.splitlines()] for table in found]

    @property
    def links(self) -> list[str]:
        return re.findall(r"\]\(([^)\s]+)\)", self.prose)


@dataclass(frozen=True)
class Pair:
    """A page in both languages."""

    english: Page
    french: Page


def _cells(line: str) -> list[str]:
    bare = re.sub(r"`[^`]*`", lambda code: code[0].replace("|", "¦"), line)
    return [cell.strip() for cell in bare.strip().split("|")[1:-1]]


def pairs() -> list[Pair]:
    names = sorted(path.name for path in FRENCH.glob("*.md") if path != INDEX)
    found = [Pair(Page(ROOT / "docs" / name), Page(FRENCH / name)) for name in names]
    return [Pair(Page(ROOT / "README.md"), Page(ROOT / "README.fr.md")), *found]


PAIRS = pairs()
each_pair = pytest.mark.parametrize("pair", PAIRS, ids=[pair.french.path.name for pair in PAIRS])


@each_pair
def test_each_page_opens_with_a_link_to_the_other(pair: Pair) -> None:
    for here, other in ((pair.english, pair.french), (pair.french, pair.english)):
        (link,) = re.findall(r"\]\((.*)\)", here.text.splitlines()[2])
        assert (here.path.parent / link).resolve() == other.path


@each_pair
def test_the_sections_are_the_same(pair: Pair) -> None:
    assert pair.french.headings == pair.english.headings


@each_pair
def test_the_tables_are_the_same(pair: Pair) -> None:
    def shapes(page: Page) -> list[list[int]]:
        return [[len(row) for row in table] for table in page.tables]

    assert shapes(pair.french) == shapes(pair.english)


@each_pair
def test_what_is_code_in_one_is_code_in_the_other(pair: Pair) -> None:
    """Section by section; what messages quote is the catalogue's, and compared with what is printed elsewhere."""
    for english, french in zip(pair.english.sections, pair.french.sections, strict=True):
        assert _codes(french) == _codes(english), french.splitlines()[0]


RULE = re.compile(r"^(\| `\w+` \| \w+ \| .*) \| .* (\| `tests/[^`]+` \|)$", re.MULTILINE)
"""A row of the rules: what is before and behind its message."""


def _codes(section: str) -> Counter[str]:
    return Counter(re.findall(r"`[^`]+`", re.sub(r"\s+", " ", RULE.sub(r"\1 \2", section))))


@each_pair
def test_rules_have_the_same_severity(pair: Pair) -> None:
    rule = r"^\| `(\w+)` \| (\w+) \| .* \| `tests/"
    english = re.findall(rule, pair.english.prose, re.MULTILINE)
    french = re.findall(rule, pair.french.prose, re.MULTILINE)
    words = texts_of(catalogue("fr"))
    assert french == [(name, words[severity][0]) for name, severity in english]


@each_pair
def test_the_examples_are_the_same(pair: Pair) -> None:
    """But for comments, and for what Carnet says in them."""
    assert [kind for kind, _ in pair.french.blocks] == [kind for kind, _ in pair.english.blocks]
    for (kind, english), (_, french) in zip(pair.english.blocks, pair.french.blocks, strict=True):
        other = [
            (said, meant)
            for meant, said in zip_longest(map(_typed, english), map(_typed, french), fillvalue="")
            if said != meant and (kind or meant.startswith("$") or not _said_alike(meant, said))
        ]
        assert other == []


def _typed(line: str) -> str:
    """A line without the comment behind it."""
    return re.sub(r"(^|\s+)# .*$", "", line).rstrip()


def _said_alike(english: str, french: str) -> bool:
    """Whether a line of output is the other in French, cell by cell."""
    ours, theirs = (re.split(r" {2,}", line.strip(" ─")) for line in (english, french))
    return len(ours) == len(theirs) and all(map(_says, ours, theirs))


def _says(english: str, french: str) -> bool:
    """Whether a cell says the same: by every long message in it that is known, or by the short one that it is."""
    if english == french:
        return True
    if _figures(english) != _figures(french):
        return False
    long = [forms for message, forms in LONG if message.search(english)]
    if long:
        return all(any(form.search(french) for form in forms) for forms in long)
    short = [forms for message, forms in SHORT if message.fullmatch(english)]
    return any(form.fullmatch(french) for forms in short for form in forms)


def _figures(text: str) -> list[str]:
    """The numbers of a text; those of a date come in another order."""
    return sorted(re.findall(r"\d+", text))


def _parts(template: str) -> list[tuple[str, str | None, str | None, str | None]]:
    """The texts of a message, without the blanks around it, and what stands between them."""
    return list(string.Formatter().parse(template.strip()))


def _pattern(template: str) -> re.Pattern[str]:
    """What a message looks like, whatever it is filled with."""
    parts = [re.escape(text) + ("" if name is None else ".+") for text, name, *_ in _parts(template)]
    return re.compile("".join(parts))


def _letters(template: str) -> int:
    return sum(sum(map(str.isalpha, text)) for text, *_ in _parts(template))


def _messages(is_wanted: Callable[[int], bool]) -> list[tuple[re.Pattern[str], list[re.Pattern[str]]]]:
    """Each message of the catalogue that has so many letters, with its forms in French."""
    found: list[tuple[re.Pattern[str], list[re.Pattern[str]]]] = []
    for words, forms in texts_of(catalogue("fr")).items():
        ways = (words,) if isinstance(words, str) else words
        found += [(_pattern(way), [_pattern(form) for form in forms]) for way in ways if is_wanted(_letters(way))]
    return found


LONG = _messages(lambda letters: letters >= _ENOUGH)
SHORT = _messages(lambda letters: 1 < letters < _ENOUGH)


def test_messages_are_found_in_the_examples() -> None:
    lines = [line for pair in PAIRS for kind, lines in pair.english.blocks if not kind for line in lines]
    assert sum(any(message.search(line) for message, _ in LONG) for line in lines) >= 12


@each_pair
def test_the_messages_of_a_table_are_those_of_the_catalogue(pair: Pair) -> None:
    tables = zip(pair.english.tables, pair.french.tables, strict=True)
    rows = [
        row
        for table in tables
        if table[0][0][0] == "message"
        for row in zip(*(each[2:] for each in table), strict=True)
    ]
    assert bool(rows) == (pair.english.path.name == "exports.md")
    texts = texts_of(catalogue("fr"))
    for english, french in rows:
        forms = [each for words, said in texts.items() if _quoted(english[0], str(words)) for each in said]
        assert forms, english[0]
        assert any(_quoted(french[0], form) for form in forms), french[0]


def _quoted(cell: str, message: str) -> bool:
    """Whether a cell quotes the message, `…`, `N` and `M` standing for what it is filled with."""
    parts = [re.escape(part) for part in re.split(r"…|\b[NM]\b", cell)]
    return bool(re.search(r"\{[^}]+\}".join(parts), message.replace("export {name!r}", "export {name}")))


@each_pair
def test_a_french_page_leads_where_the_english_one_does(pair: Pair) -> None:
    """To the same pages, in French where there is one."""
    assert _targets(pair.french) == Counter(_in_french(target) for target in _targets(pair.english).elements())


def _targets(page: Page) -> Counter[Path]:
    """Where a page leads, itself and its other language aside."""
    files = [link.partition("#")[0] for link in page.links if not re.match(r"\w+:", link)]
    found = ((page.path.parent / file).resolve() for file in files if file)
    names = {"README.md", "README.fr.md"} if page.path.parent == ROOT else {page.path.name}
    return Counter(target for target in found if target.name not in names or target.parent.name == "moving")


def _in_french(target: Path) -> Path:
    french = FRENCH / target.name
    return french if target.parent == ROOT / "docs" and french.exists() else target


def test_the_index_lists_every_page() -> None:
    listed = {(FRENCH / link).resolve() for link in Page(INDEX).links}
    french = {path for path in FRENCH.glob("*.md") if path != INDEX}
    english = {path for path in (ROOT / "docs").glob("*.md") if not (FRENCH / path.name).exists()}
    assert listed >= french | english
    alone = Page(INDEX).text.partition("En anglais seulement")[2]
    assert [path.name for path in french if f"({path.name})" in alone] == []
    assert [path.name for path in english if f"(../{path.name})" not in alone] == []
