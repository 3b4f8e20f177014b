"""The command `carnet`: one front door, exit codes and errors as the contract says. Commands live in their room's module."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import NamedTuple, TextIO

import click

from pipelines.cli.asking import SpokenGroup, teach_click
from pipelines.cli.handover import hand_over
from pipelines.cli.output import err, print_json
from pipelines.errors import CarnetError
from pipelines.faults import DEBUG, as_fault
from pipelines.language import mark, say, words
from pipelines.privacy import keep_private
from pipelines.speaking import speak_with_the_operator

INTERNAL, USAGE = 3, 2


class Command(NamedTuple):
    """Where a command is found (in this room by its module's name alone), and what the list says of it: without importing it."""

    module: str
    function: str
    help: str


COMMANDS: dict[str, Command] = {
    "import": Command("imports", "import_command", mark("Import the contacts, or the events, of a file.")),
    "inspect": Command("inspect", "inspect_command", mark("Say what files are, and how they could be imported.")),
    "imports": Command("import_history", "imports_command", mark("List the imports, or show one.")),
    "rejects": Command("import_history", "rejects_command", mark("List the rows that an import rejected, and why.")),
    "undo": Command("imports", "undo_command", mark("Take back what an import did.")),
    "contact": Command("contacts", "contact_group", mark("Show, add or edit one contact.")),
    "segments": Command(
        "segments", "segments_command", mark("List the segments with their counts, or one's contacts.")
    ),
    "explain": Command("explain", "explain_command", mark("Say why a contact is in a segment, or is not.")),
    "search": Command("searches", "search_command", mark("Find contacts by criteria.")),
    "searches": Command("searches", "searches_command", mark("List the searches that were made.")),
    "fields": Command("fields", "fields_group", mark("List the fields, or drop one that is no longer declared.")),
    "export": Command("exports", "export_command", mark("Write a snapshot file.")),
    "exports": Command("exports", "exports_command", mark("List the exports that were written.")),
    "operations": Command("behaviours", "operations_command", mark("Report on the operations.")),
    "purge": Command("upkeep", "purge_command", mark("Delete an audience, once an archive holds it.")),
    "retention": Command("upkeep", "retention_command", mark("Say who was inactive for years, or purge them.")),
    "duplicates": Command("upkeep", "duplicates_command", mark("List contacts that may be one person.")),
    "activity": Command("behaviours", "activity_command", mark("Say how active the contacts are.")),
    "docs": Command("docs", "docs_command", mark("Draw the base in pictures, and the Data Docs of imports.")),
    "lake": Command("lake", "lake_command", mark("Say what the lake holds, publish there, or compact it.")),
    "init": Command("init", "init_command", mark("Make the folder of a new account.")),
    "serve": Command(
        "pipelines.service.command",
        "serve_command",
        mark("Run the Dagster UI, its daemon, REST and quick commands."),
    ),
    "keys": Command("pipelines.api.command", "keys_group", mark("List, add or remove keys of the REST interface.")),
    "backup": Command("backups", "backup_command", mark("Copy the whole account to a folder, while runs go on.")),
    "restore": Command("backups", "restore_command", mark("Get the account of a backup back.")),
    "base": Command("base", "base_group", mark("Take another base as this account's.")),
    "check": Command("base", "check_command", mark("Check the declarations.")),
    "sql": Command("base", "sql_command", mark("Run a SELECT on the published base, read-only.")),
}
"""In the order of the contract. A command imports what it needs alone (docs/start-up.md): the list imports none of them."""


class LazyGroup(SpokenGroup):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order of the contract."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        found = COMMANDS[cmd_name]
        module = found.module if "." in found.module else f"pipelines.cli.{found.module}"
        return getattr(importlib.import_module(module), found.function)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of the commands."""
        with formatter.section(say("Commands")):
            formatter.write_dl([(name, words(found.help)) for name, found in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="carnet")
def cli() -> None:
    """Carnet: a self-hosted contact base. Files in, one clean row per contact, segments, snapshot files out.

    Exit codes: 0 done · 1 refused by a rule, the base is unchanged · 2 usage or declaration error · 3 internal or
    environment error.
    """


def main() -> None:
    """Run the command line and exit."""
    code = hand_over(sys.argv[1:])
    sys.exit(run(sys.argv[1:]) if code is None else code)


def run(arguments: list[str]) -> int:
    """Run one command; its exit code. With `--json`, errors are JSON on standard output."""
    keep_private()
    as_json = "--json" in arguments
    try:
        speak_with_the_operator()
        teach_click()
        code = cli.main(args=arguments, prog_name="carnet", standalone_mode=False)
        sys.stdout.flush()
    except CarnetError as error:
        _fail(as_json, type(error).__name__, "\n".join(filter(None, (error.message, error.private))), error.hint)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.message)
        return USAGE
    except click.ClickException as error:
        usage = error.ctx.get_usage() if isinstance(error, click.UsageError) and error.ctx else ""
        _fail(as_json, type(error).__name__, error.format_message(), usage)
        return USAGE
    except (KeyboardInterrupt, click.Abort):
        _fail(as_json, "Interrupted", say("Interrupted; what was not committed was not done."), "")
        return INTERNAL
    except (BrokenPipeError, SystemExit):
        # Whoever read our output (head, less) has seen enough; click ends the process for it.
        _silence(sys.stdout)
        return 0
    except Exception as error:
        return _fail_unforeseen(as_json, error)
    return code if isinstance(code, int) else 0


def _fail_unforeseen(as_json: bool, error: Exception) -> int:
    """What no room of ours foresaw: the machine in the way, or else a fault of Carnet's. Its exit code."""
    fault = as_fault(error)
    if fault is not None:
        _fail(as_json, type(fault).__name__, fault.message, fault.hint)
    else:
        hint = say(
            "Carnet did not foresee this. Run it again with {debug}=1 in the environment, and report what that shows.",
            debug=DEBUG,
        )
        _fail(as_json, type(error).__name__, str(error), hint)
    return INTERNAL


def _fail(as_json: bool, kind: str, message: str, hint: str) -> None:
    if os.environ.get(DEBUG):
        err().print(traceback.format_exc(), markup=False)
    if as_json:
        try:
            print_json({"error": {"type": kind, "message": message, "hint": hint}})
            sys.stdout.flush()
        except OSError:
            # Standard output itself is in the way (a full disk): people are told, and the exit code stands.
            _silence(sys.stdout)
        else:
            return
    err().print(say("Error: {message}", message=message), style="red", markup=False)
    if hint:
        err().print(hint, markup=False)


def _silence(stream: TextIO) -> None:
    """Let nothing more be written to a stream that takes nothing: Python would try again at its end, and fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
