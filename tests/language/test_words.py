"""Every message has its translation, and nothing that an operator reads is said without one (I18N-1)."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.language import Locale, say, say_many, speaking
from pipelines.layout import ROOT
from tests.language.words import (
    TEMPLATES,
    TRANSLATED,
    catalogue,
    compiled,
    faults,
    found,
    python_files,
    spoken,
    texts_of,
    tree_of,
)

CONVERTED = (
    "pipelines/base",
    "pipelines/cells",
    "pipelines/contacts",
    "pipelines/delivery",
    "pipelines/environment.py",
    "pipelines/errors.py",
    "pipelines/faults.py",
    "pipelines/files",
    "pipelines/imports",
    "pipelines/inspection",
    "pipelines/backups",
    "pipelines/behaviours",
    "pipelines/declarations",
    "pipelines/declared.py",
    "pipelines/exports",
    "pipelines/lake",
    "pipelines/pictures",
    "pipelines/raw_segments",
    "pipelines/segments",
    "pipelines/upkeep",
    "assets",
    "pipelines/api/command.py",
    "pipelines/building.py",
    "pipelines/cli",
    "pipelines/components",
    "pipelines/orchestration",
    "pipelines/rights",
    "pipelines/service",
    "pipelines/workspace",
)
"""Rooms, or files, whose messages are all said by `say`; what they raise or tell elsewise is found here."""
MAKERS = {"Problem", "Said", "Fault", "ZoneFault", "not_there"}
"""What messages are given to, beside the errors of the family."""
_NOT_OURS = {"ValueError", "TypeError", "KeyError", "RuntimeError", "AssertionError", "NotImplementedError", "OSError"}


@pytest.mark.parametrize("locale", TRANSLATED)
def test_each_message_has_a_translation_with_its_placeholders(locale: str) -> None:
    assert faults(locale) == []


@pytest.mark.parametrize("locale", TRANSLATED)
def test_the_compiled_catalogue_is_in_step(locale: str) -> None:
    assert texts_of(compiled(locale)) == texts_of(catalogue(locale))


def test_messages_are_texts_that_can_be_found() -> None:
    """A message that is put together cannot be looked up: a name of a marked one can, and so can what says it for others."""
    wrong = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file in python_files()
        for call, arguments in spoken(ast.walk(tree_of(file)))
        for each in arguments
        if isinstance(each, ast.JoinedStr | ast.BinOp)
    ]
    assert wrong == []


def test_nothing_is_said_when_a_module_is_imported() -> None:
    """No door has chosen the language then, and a start would pay for a catalogue: constants are marked, and said later."""
    early = [
        f"{_shown(file)}:{call.lineno}"
        for file in python_files()
        for call, _ in spoken(_at_import(tree_of(file)))
        if _name(call) != "mark"
    ]
    assert early == []


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The code without the insides of functions."""
    yield node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _at_import(child)


def _sentences(node: ast.AST) -> list[ast.expr]:
    """Texts of several words below a node that nothing says; names and codes are none."""
    found: list[ast.expr] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id in TEMPLATES:
            # What it says is fine; what it is filled with is looked at.
            for each in child.keywords:
                found += _sentences(each)
            continue
        if isinstance(child, ast.JoinedStr):
            plain = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in child.values)
            if " " in plain.strip() and any(
                isinstance(part, ast.Constant) and part.value.strip(" :,.\n") for part in child.values
            ):
                found.append(child)
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str) and " " in child.value.strip():
            found.append(child)
        elif isinstance(child, ast.expr | ast.keyword):
            found += _sentences(child)
    return found


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _made(call: ast.Call) -> bool:
    name = _name(call)
    return name in MAKERS or (name.endswith("Error") and name not in _NOT_OURS)


def unsaid(tree: ast.Module) -> list[int]:
    """The lines of code on which a message is made that is said by nothing."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _made(node))
    return sorted({each.lineno for call in calls for each in _sentences(call)} | set(_stray_sentences(tree)))


def _stray_sentences(tree: ast.Module) -> Iterator[int]:
    """Whole sentences that stand anywhere else than in a docstring, in a message, or in an error of Python's."""
    apart: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            apart.add(id(node.value))
        elif isinstance(node, ast.Call) and _name(node) in _NOT_OURS | set(TEMPLATES):
            apart |= {id(each) for argument in node.args for each in ast.walk(argument)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart
        if is_text and re.match(r"[A-Z][a-z']* .*[a-z`)][.?]$", node.value, re.DOTALL):
            yield node.lineno


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ('raise UsageError("There is none.")', [1]),
        ('raise UsageError(f"There is no {name}.")', [1]),
        ('raise UsageError(say("There is no {name}.", name=name), "Write one.")', [1]),
        ('raise UsageError(say("There is {what}.", what=f"no {name} here"))', [1]),
        ('raise UsageError(say("There is no {name}.", name=name), HINT)', []),
        ('yield Said("A line." if one else say("Lines."))', [1]),
        ('Problem("rule", "error", say("Bad."), 3)', []),
        ('raise ValueError("No contents were measured.")', []),
        ('raise UsageError(f"{said}\\n{more}")', []),
        ('HINT = mark("Write one.")', []),
        ('pl.lit("Write one of them.")', [1]),
    ],
)
def test_a_message_that_nothing_says_is_found(code: str, lines: list[int]) -> None:
    assert unsaid(ast.parse(code)) == lines


@pytest.mark.parametrize("room", CONVERTED)
def test_all_that_a_room_tells_is_said(room: str) -> None:
    place = ROOT / room
    files = [place] if place.suffix else python_files([room])
    assert {f"{_shown(file)}:{line}" for file in files for line in unsaid(tree_of(file))} == set()


def _shown(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def _example(name: str, form: str) -> object:
    """A value that a placeholder of that form takes."""
    if form.startswith("%"):
        return datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
    return 1234 if form else f"<{name}>"


@pytest.mark.parametrize("locale", TRANSLATED)
def test_each_message_can_be_filled_in(locale: Locale) -> None:
    """By the values of the English one: a translation that asks another kind of value would fail where it is said."""
    for words in found():
        one, several = (words, None) if isinstance(words, str) else words
        values: dict[str, object] = {}
        for _, name, form, _ in string.Formatter().parse(one + (several or "")):
            if name is not None:
                values[name] = _example(name, form or "") if values.get(name) in (None, f"<{name}>") else values[name]
        if several is not None:
            values.pop("n", None)
        with speaking(locale):
            said = say(one, **values) if several is None else say_many(one, several, 1234, **values)
        left_out = [value for value in values.values() if isinstance(value, str) and value not in said]
        assert left_out == [] or several is not None, words
