"""Commands whose help is in the operator's language, and what click itself says of them (I18N-1): looked up when it is shown.

Belongs here: how click is made to speak. Does not: the help of a command, which stands where the command does.
"""

from __future__ import annotations

from copy import copy
from inspect import cleandoc
from typing import TypeVar

import click
from click import core, exceptions, formatting, parser, types

from pipelines.language import mark, words

Asked = TypeVar("Asked", bound=click.Command)

OWN = (
    mark("Usage:"),
    mark("Options"),
    mark("Commands"),
    mark("Show this message and exit."),
    mark("Show the version and exit."),
    mark("required"),
    mark("default: {default}"),
    mark("Missing command."),
    mark("Missing argument"),
    mark("Missing option"),
    mark("No such option {name!r}."),
    mark("No such command {name!r}."),
    mark("Option {name!r} requires an argument."),
    mark("Option {name!r} does not take a value."),
    mark("Invalid value for {param_hint}: {message}"),
    mark("{value!r} is not a valid {number_type}."),
    mark("{value} is not in the range {range}."),
    mark("directory"),
    mark("{name} {filename!r} does not exist."),
    mark("{name} {filename!r} is a file."),
    mark("{name} {filename!r} is a directory."),
    mark("{name} {filename!r} is not readable."),
    mark("Choose from:\n\t{choices}"),
)
"""What click says, and asks Python's gettext for; whatever else it says stays English, and asks nobody for the language."""
OWN_PLURALS = (
    (mark("Got unexpected extra argument ({args})"), mark("Got unexpected extra arguments ({args})")),
    (mark("Did you mean {possibility}?"), mark("(Did you mean one of: {possibilities}?)")),
    (mark("{value!r} is not {choice}."), mark("{value!r} is not one of {choices}.")),
)
TAUGHT = (core, exceptions, formatting, parser, types)


def teach_click() -> None:
    """From now on click looks its words up here: it asks Python's gettext, which knows a language by the environment alone."""
    for module in TAUGHT:
        held = vars(module)
        held.update({name: said for name, said in (("_", _own), ("ngettext", _own_many)) if name in held})


def _own(text: str) -> str:
    return words(text) if text in OWN else text


def _own_many(one: str, several: str, n: int) -> str:
    template = one if n == 1 else several
    return words(template) if (one, several) in OWN_PLURALS else template


class SpokenCommand(click.Command):
    """A command whose help is said in the language."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does, in the language."""
        super(SpokenCommand, _in_words(self, ctx)).format_help(ctx, formatter)

    def get_short_help_str(self, limit: int = 45) -> str:
        """As click does, in the language."""
        return super(SpokenCommand, _with_help(self)).get_short_help_str(limit)


class SpokenGroup(click.Group):
    """A group of such commands."""

    command_class = SpokenCommand

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does, in the language."""
        super(SpokenGroup, _in_words(self, ctx)).format_help(ctx, formatter)


def _with_help(command: Asked) -> Asked:
    """A copy: in one process the language may change."""
    said = copy(command)
    said.help = words(cleandoc(command.help)) if command.help else None
    return said


def _in_words(command: Asked, context: click.Context) -> Asked:
    """A copy of the command with its help, and that of its options, said."""
    said = _with_help(command)
    # The option --help is among the parameters: it is not to be added once more.
    said.params, said.add_help_option = [_said(each) for each in command.get_params(context)], False
    return said


def _said(parameter: click.Parameter) -> click.Parameter:
    if not isinstance(parameter, click.Option) or not parameter.help:
        return parameter
    said = copy(parameter)
    said.help = words(parameter.help)
    return said
