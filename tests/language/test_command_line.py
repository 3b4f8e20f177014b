"""The command line in the operator's language: help, usage errors, and what click itself says (I18N-1)."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

import click
import pytest

from pipelines.cli import asking
from pipelines.cli.main import COMMANDS, cli, run
from pipelines.language import speak
from tests.conftest import Account

NBSP = "\u00a0"


@pytest.fixture(autouse=True)
def as_the_tests_speak() -> Iterator[None]:
    """English again at the end, as conftest has it."""
    yield
    speak(lambda: "en")


@pytest.fixture
def french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARNET_LANG", "fr")


def said(capture: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints, on one line."""
    capture.readouterr()
    run(list(arguments))
    printed = capture.readouterr()
    return f"{printed.out} {printed.err}".replace("\n", " ")


def flat(text: str) -> str:
    return "".join(text.split())


def helps(command: click.Command) -> Iterator[str]:
    """What is said in English of a command, its options, and the commands in it."""
    yield inspect.cleandoc(command.help or "").split("\n\n", maxsplit=1)[0]
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            yield parameter.help


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_in_the_language(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    within = getattr(command, "commands", {})
    for words, asked in [((name,), command), *(((name, each), within[each]) for each in within)]:
        shown = flat(said(capsys, *words, "--help"))
        assert flat("Affiche cette aide et s'arrête.") in shown
        assert [each for each in helps(asked) if flat(each) in shown] == [], words


@pytest.mark.usefixtures("french")
def test_the_list_of_commands_is_in_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    shown = flat(said(capsys, "--help"))
    assert [found.help for found in COMMANDS.values() if flat(found.help) in shown] == []


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nope"], "Erreur{0}: La commande 'nope' n'existe pas."),
        (["import"], "Erreur{0}: Il manque l'argument 'FILE'."),
        (["import", "a", "b"], "Erreur{0}: Argument de trop (b)"),
        (["rejects", "x"], "Valeur incorrecte pour 'IMPORT_ID'{0}: 'x' n'est pas un nombre entier (integer)."),
        (["segments", "--limit", "-1"], "-1 sort de l'intervalle x>=0."),
        (["export", "x", "--format", "pdf"], "'pdf' n'est pas l'une des valeurs 'csv', 'txt'"),
        (["export"], "Erreur{0}: Indiquez un export déclaré, ou bien --audience et --to."),
        (["contact", "set"], "Utilisation{0}: carnet contact set"),
    ],
)
def test_a_wrong_use_is_told_in_the_language(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told.format(NBSP) in said(capsys, *arguments)


@pytest.mark.parametrize(("locale", "told"), [("fr", "Il manque l'argument"), ("en", "Missing argument")])
def test_without_a_language_of_the_terminal_it_is_the_base_s(
    locale: str, told: str, account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account.declare(f"type: pipelines.components.ContactBase\nattributes: {{locale: {locale}}}")
    monkeypatch.delenv("CARNET_LANG")
    monkeypatch.setenv("CARNET_ASSETS", str(account.layout.assets))
    assert told in said(capsys, "import")


def test_english_help_is_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    command = cli.get_command(click.Context(cli), "export")
    assert command is not None
    shown = flat(said(capsys, "export", "--help"))
    assert [each for each in helps(command) if flat(each) not in shown] == []


def test_click_still_says_what_is_translated() -> None:
    """Another version of click may word it otherwise: what nobody asks for any more would be English again."""
    texts = {
        node.value
        for module in asking.TAUGHT
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    # Those that we look up ourselves, when help is shown.
    elsewhere = {"Show this message and exit.", "Show the version and exit."}
    asked = {*asking.OWN, *(each for pair in asking.OWN_PLURALS for each in pair)}
    assert asked - texts <= elsewhere
