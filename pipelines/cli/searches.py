"""`carnet search`, `carnet searches`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from pipelines.cli.asking import SpokenCommand
from pipelines.cli.listing import limit_option, print_contacts
from pipelines.cli.output import err, out, print_json, records
from pipelines.cli.running import watched_workspace
from pipelines.declarations.checking import references
from pipelines.declarations.loading import load_condition
from pipelines.declarations.model import Declarations, Group
from pipelines.errors import EnvironmentFaultError, UnknownNameError, UsageError
from pipelines.language import mark, say, say_many
from pipelines.segments.querying import Found
from pipelines.segments.searches import list_searches, require_free, saved_searches
from pipelines.workspace import Workspace

_WAIT_SECONDS = 2.0
"""How long a search that is not saved waits for a run that writes, to keep its history."""
_HINT = mark("Give a YAML file with `match:` and `criteria:`, or - for standard input, or the name of a saved search.")


@click.command("search", cls=SpokenCommand)
@click.argument("source")
@click.option("--count", "only_count", is_flag=True, help=mark("Say how many, and list nobody."))
@limit_option
@click.option("--all", "everybody", is_flag=True, help=mark("List contacts that set « do not track » too (SEG-9)."))
@click.option("--save", "name", metavar="NAME", help=mark("Save the search under a name, in the base."))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def search_command(source: str, only_count: bool, limit: int, everybody: bool, name: str | None, as_json: bool) -> None:
    """Find the contacts that satisfy the criteria of SOURCE: a YAML file, - for standard input, or a saved search's name.

    The YAML holds `match:` and `criteria:`, as a segment's does. Every search is kept in the base; --save names it.
    """
    with watched_workspace() as (workspace, _):
        declared = workspace.declarations
        if name is not None:
            require_free(name, declared)
        group = _condition(source, workspace)
        with workspace.answers({found.segment for found in references(group)}) as answers:
            # One row is read where only the count is wanted: a limit of 0 would list everybody.
            found = answers.search(group, 1 if only_count else limit, everybody=everybody)
        _keep(workspace, group, found.count, name)
    if only_count:
        _print_count(found, as_json)
    else:
        print_contacts(found, declared.base, as_json=as_json)


def _condition(source: str, workspace: Workspace) -> Group:
    """What has an ending or a folder is a file; a plain word is a saved search, or else a file that is there."""
    declared = workspace.declarations
    if source == "-":
        return load_condition(_standard_input(), Path("<standard input>"), declared)
    path = Path(source)
    if path.suffix or path.name != source:
        return _condition_of_file(path, declared)
    with workspace.published() as connection:
        saved = saved_searches(connection)
    if source in saved:
        return saved[source].group(declared)
    if path.is_file():
        return _condition_of_file(path, declared)
    raise UnknownNameError(mark("saved search"), source, saved)


def _standard_input() -> str:
    """Read as a file is, whatever the terminal's encoding."""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(say("Standard input is not in UTF-8."), say(_HINT)) from error


def _condition_of_file(path: Path, declarations: Declarations) -> Group:
    try:
        return load_condition(path.read_text(encoding="utf-8-sig"), path, declarations)
    except FileNotFoundError as error:
        raise UsageError(say("There is no file {path!r}.", path=str(path)), say(_HINT)) from error
    except UnicodeDecodeError as error:
        raise UsageError(say("{path!r} is not in UTF-8.", path=str(path)), say(_HINT)) from error
    except OSError as error:
        raise UsageError(
            say("{path!r} cannot be read: {why}.", path=str(path), why=error.strerror), say(_HINT)
        ) from error


def _keep(workspace: Workspace, group: Group, count: int, name: str | None) -> None:
    """In the history; where a run writes meanwhile, only a search that is to be saved waits for it, or fails."""
    if name is None:
        try:
            workspace.keep_search(group, count, wait_seconds=_WAIT_SECONDS)
        except EnvironmentFaultError as error:
            err().print(say("This search is not in the history: {why}", why=error.message), markup=False)
        return
    with workspace.published() as connection:
        former = saved_searches(connection).get(name)
    made = workspace.keep_search(group, count, name=name)
    if former is not None and former.condition != made.condition:
        err().print(
            say(
                "{name!r} is this search now; the one it was stays in the history as number {number}.",
                name=name,
                number=former.search_id,
            ),
            markup=False,
        )
    else:
        err().print(
            say("Saved as {name!r}: `carnet search {name}`, `carnet export --audience {name} --to FILE`.", name=name),
            markup=False,
        )


def _print_count(found: Found, as_json: bool) -> None:
    if as_json:
        print_json({"count": found.count, "left_out": found.left_out, "contacts": []})
    else:
        out().print(say_many("{n} contacts.", "{n} contacts.", found.count))


@click.command("searches", cls=SpokenCommand)
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def searches_command(as_json: bool) -> None:
    """List the searches made by hand, newest first; the last one of a name is what the name stands for."""
    with watched_workspace() as (workspace, _), workspace.published() as connection:
        found = [asdict(made) for made in list_searches(connection)]
    print_json(found) if as_json else out().print(records(say("Searches"), found))
