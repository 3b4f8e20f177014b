"""`carnet search`, `carnet searches`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from pipelines.cli.listing import limit_option, print_contacts
from pipelines.cli.output import err, out, print_json, records
from pipelines.cli.running import watched_workspace
from pipelines.declarations.checking import references
from pipelines.declarations.loading import load_condition
from pipelines.declarations.model import Declarations, Group
from pipelines.declarations.names import fault_of_name
from pipelines.errors import EnvironmentFaultError, UnknownNameError, UsageError
from pipelines.segments.querying import Found, search
from pipelines.segments.searches import list_searches, saved_searches
from pipelines.workspace import Workspace

_WAIT_SECONDS = 2.0
"""How long a search that is not saved waits for a run that writes, to keep its history."""
_HINT = "Give a YAML file with `match:` and `criteria:`, or - for standard input, or the name of a saved search."


@click.command("search")
@click.argument("source")
@click.option("--count", "only_count", is_flag=True, help="Say how many, and list nobody.")
@limit_option
@click.option("--all", "everybody", is_flag=True, help="List contacts that set « do not track » too (SEG-9).")
@click.option("--save", "name", metavar="NAME", help="Save the search under a name, in the base.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def search_command(source: str, only_count: bool, limit: int, everybody: bool, name: str | None, as_json: bool) -> None:
    """Find the contacts that satisfy the criteria of SOURCE: a YAML file, - for standard input, or a saved search's name.

    The YAML holds `match:` and `criteria:`, as a segment's does. Every search is kept in the base; --save names it.
    """
    with watched_workspace() as (workspace, _):
        declared = workspace.declarations
        if name is not None:
            _require_free(name, declared)
        group = _condition(source, workspace)
        with workspace.read({found.segment for found in references(group)}) as connection:
            # One row is read where only the count is wanted: a limit of 0 would list everybody.
            found = search(connection, group, declared, 1 if only_count else limit, everybody=everybody)
        _keep(workspace, group, found.count, name)
    if only_count:
        _print_count(found, as_json)
    else:
        print_contacts(found, declared.base, as_json=as_json)


def _require_free(name: str, declarations: Declarations) -> None:
    """A name in snake_case that is no segment's: an audience is called by either."""
    fault = fault_of_name(name, "the search's name")
    if fault is not None:
        raise UsageError(f"{fault[:1].upper()}{fault[1:]}.")
    if any(segment.name.casefold() == name for segment in declarations.segments):
        raise UsageError(
            f"A segment is called {name!r} already.", "Give the search another name: audiences are named by either."
        )


def _condition(source: str, workspace: Workspace) -> Group:
    """What has an ending or a folder is a file; a plain word is a saved search, or else a file that is there."""
    declared = workspace.declarations
    if source == "-":
        return load_condition(_standard_input(), Path("<standard input>"), declared)
    path = Path(source)
    if path.suffix or path.name != source:
        return _condition_of_file(path, declared)
    with workspace.store.read() as connection:
        saved = saved_searches(connection)
    if source in saved:
        return saved[source].group(declared)
    if path.is_file():
        return _condition_of_file(path, declared)
    raise UnknownNameError("saved search", source, saved)


def _standard_input() -> str:
    """Read as a file is, whatever the terminal's encoding."""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("Standard input is not in UTF-8.", _HINT) from error


def _condition_of_file(path: Path, declarations: Declarations) -> Group:
    try:
        return load_condition(path.read_text(encoding="utf-8-sig"), path, declarations)
    except FileNotFoundError as error:
        raise UsageError(f"There is no file {str(path)!r}.", _HINT) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{str(path)!r} is not in UTF-8.", _HINT) from error
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror}.", _HINT) from error


def _keep(workspace: Workspace, group: Group, count: int, name: str | None) -> None:
    """In the history; where a run writes meanwhile, only a search that is to be saved waits for it, or fails."""
    if name is None:
        try:
            workspace.keep_search(group, count, wait_seconds=_WAIT_SECONDS)
        except EnvironmentFaultError as error:
            err().print(f"This search is not in the history: {error.message}", markup=False)
        return
    with workspace.store.read() as connection:
        former = saved_searches(connection).get(name)
    made = workspace.keep_search(group, count, name=name)
    if former is not None and former.condition != made.condition:
        err().print(
            f"{name!r} is this search now; the one it was stays in the history as number {former.search_id}.",
            markup=False,
        )
    else:
        err().print(
            f"Saved as {name!r}: `carnet search {name}`, `carnet export --audience {name} --to FILE`.", markup=False
        )


def _print_count(found: Found, as_json: bool) -> None:
    if as_json:
        print_json({"count": found.count, "left_out": found.left_out, "contacts": []})
    else:
        out().print(f"{found.count} contacts.")


@click.command("searches")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def searches_command(as_json: bool) -> None:
    """List the searches made by hand, newest first; the last one of a name is what the name stands for."""
    with watched_workspace() as (workspace, _), workspace.store.read() as connection:
        found = [asdict(made) for made in list_searches(connection)]
    print_json(found) if as_json else out().print(records("Searches", found))
