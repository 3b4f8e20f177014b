"""The messages of the code and their translations (`make words`): found, put in order, judged, compiled.

A message is what `say`, `say_many`, `say_rows` or `mark` is given, and what a command of the command line says of itself. The
catalogue of a language holds each once, with the files that say it; a file beside it (`carnet-….po`) is taken in, for translators
who work at the same time.
"""

from __future__ import annotations

import ast
import inspect
import re
import string
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

from pipelines.language import CATALOGUES, DOMAIN, LOCALES
from pipelines.layout import ROOT

ROOMS = ("pipelines", "assets", "expectations")
TEMPLATES = {"say": 1, "say_rows": 1, "mark": 1, "say_many": 2}
"""How many of its first arguments are messages."""
TRANSLATED = tuple(locale for locale in LOCALES if locale != "en")
_PLURALS = {"fr": "nplurals=2; plural=(n > 1);"}
"""How many forms, and which: the third one that Babel knows in French is for millions alone, written as the second."""
_BREAKING = re.compile(r" [:;!?»]|« ")
"""A blank at which a line may end, where French has one that binds."""
_HEADER = "# The messages of Carnet and what they are in this language. `make words` puts them in order.\n#"
Words = str | tuple[str, str]


def folder_of(locale: str) -> Path:
    """Where the catalogue of a language lies."""
    return CATALOGUES / locale / "LC_MESSAGES"


def python_files(rooms: Iterable[str] = ROOMS) -> list[Path]:
    """The code that may say something, in order."""
    return sorted(file for room in rooms for file in (ROOT / room).rglob("*.py"))


@cache
def tree_of(file: Path) -> ast.Module:
    """The code of a file, to be looked at only."""
    return ast.parse(file.read_text(encoding="utf-8"))


def spoken(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.Call, list[ast.expr]]]:
    """Of these nodes the calls that say or mark something, and the arguments that are messages."""
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TEMPLATES:
            yield node, node.args[: TEMPLATES[node.func.id]]


def helps(tree: ast.AST) -> Iterator[str]:
    """What the commands of click say of themselves: their docstrings, as click has them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(map(_makes_a_command, node.decorator_list)):
            yield inspect.cleandoc(ast.get_docstring(node) or "")


def _makes_a_command(decorator: ast.expr) -> bool:
    call = decorator.func if isinstance(decorator, ast.Call) else None
    return isinstance(call, ast.Attribute) and call.attr in ("command", "group")


@cache
def found() -> dict[Words, list[str]]:
    """Every message of the code, with the files that say it."""
    places: dict[Words, list[str]] = {}
    for file in python_files():
        place = file.relative_to(ROOT).as_posix()
        for words in _said_by(tree_of(file)):
            files = places.setdefault(words, [])
            if place not in files:
                files.append(place)
    return places


def _said_by(tree: ast.AST) -> Iterator[Words]:
    """The messages of a file."""
    yield from helps(tree)
    for _, arguments in spoken(ast.walk(tree)):
        texts = [each.value for each in arguments if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if texts and len(texts) == len(arguments):
            yield texts[0] if len(texts) == 1 else (texts[0], texts[1])


def catalogue(locale: str) -> Catalog:
    """The translations as they are kept."""
    with (folder_of(locale) / f"{DOMAIN}.po").open("rb") as kept:
        return read_po(kept, locale, DOMAIN, abort_invalid=True)


def compiled(locale: str) -> Catalog:
    """The translations as the product reads them."""
    with (folder_of(locale) / f"{DOMAIN}.mo").open("rb") as kept:
        return read_mo(kept)


def placeholders(text: str) -> set[tuple[str, str | None]]:
    """What a message names, and whether it is shown as it was written; numbers and dates may take another form."""
    return {(name, shown) for _, name, _, shown in string.Formatter().parse(text) if name is not None}


def faults(locale: str) -> list[str]:
    """What is wrong with the translations of a language, a line each."""
    kept = {words_of(message): message for message in catalogue(locale) if message.id}
    lacking = [f"no translation: {words}" for words in found() if words not in kept]
    return lacking + [fault for words, message in kept.items() for fault in _faults_of(words, message)]


def words_of(message: Message) -> Words:
    """The message in English."""
    return message.id if isinstance(message.id, str) else (message.id[0], message.id[1])


def texts_of(catalog: Catalog) -> dict[Words, tuple[str, ...]]:
    """The messages of a catalogue, each with its forms."""
    return {
        words_of(each): (each.string,) if isinstance(each.string, str) else tuple(each.string)
        for each in catalog
        if each.id
    }


def _faults_of(words: Words, message: Message) -> Iterator[str]:
    forms = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    if words not in found():
        yield f"said nowhere: {words}"
    elif {place for place, _ in message.locations} != set(found()[words]):
        yield f"said elsewhere: {words}"
    if message.fuzzy or not all(forms):
        yield f"no translation: {words}"
        return
    one, several = (words, words) if isinstance(words, str) else words
    for form in forms:
        if _BREAKING.search(form):
            yield f"a blank before : ; ! ? or inside « » breaks: {form}"
    for form, meant in zip(forms, (one, *[several] * len(forms)), strict=False):
        try:
            # The one of « 1 row » may leave the number out, or name it.
            if placeholders(form) - {("n", None)} != placeholders(meant) - {("n", None)}:
                yield f"other placeholders than {words}: {form}"
        except ValueError as error:
            yield f"{error}: {form}"


def update(locale: str) -> None:
    """Write the catalogue anew: the messages of the code with the translations known, and compiled."""
    folder = folder_of(locale)
    known: dict[Words, Message] = {}
    for file in sorted(folder.glob("*.po")):
        with file.open("rb") as kept:
            known |= {words_of(each): each for each in read_po(kept, locale, DOMAIN) if each.id and any(each.string)}
    fresh = Catalog(locale, DOMAIN, header_comment=_HEADER, project="Carnet", fuzzy=False)
    fresh.mime_headers = [("Plural-Forms", _PLURALS[locale])]
    for words, places in found().items():
        before = known.get(words)
        fresh.add(words, before.string if before else "", [(place, None) for place in places])
    with (folder / f"{DOMAIN}.po").open("wb") as kept:
        write_po(kept, fresh, width=130, sort_by_file=True, omit_header=False, include_lineno=False)
    without_stamps(folder / f"{DOMAIN}.po")
    with (folder / f"{DOMAIN}.mo").open("wb") as kept:
        write_mo(kept, catalogue(locale))


def without_stamps(file: Path) -> None:
    """Leave out what changes with each run: when the catalogue was written, and by which version of what."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    stamps = (
        '"POT-Creation-Date',
        '"PO-Revision-Date',
        '"Generated-By',
        '"Last-Translator',
        '"Language-Team',
        '"Report-',
    )
    file.write_text("".join(line for line in lines if not line.startswith(stamps)), encoding="utf-8")


def main() -> int:
    """Update every catalogue; 1 where one is wrong, said line by line."""
    wrong: list[str] = []
    for locale in TRANSLATED:
        update(locale)
        wrong += [f"{locale}: {fault}" for fault in faults(locale)]
    print("\n".join(wrong) or f"{len(found())} messages, each with its translation.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
