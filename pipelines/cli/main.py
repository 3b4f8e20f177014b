"""The command `carnet`: one front door, exit codes and errors as the contract says. Commands live in their room's module."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import TextIO

import click

from pipelines.cli.output import err, print_json
from pipelines.errors import CarnetError
from pipelines.faults import DEBUG, as_fault
from pipelines.privacy import keep_private

INTERNAL, USAGE = 3, 2

# Command → module and function: a command imports only what it needs (dagster takes 1.3 s, polars 0.1 s).
COMMANDS: dict[str, tuple[str, str]] = {
    "import": ("pipelines.cli.imports", "import_command"),
    "inspect": ("pipelines.cli.inspect", "inspect_command"),
    "imports": ("pipelines.cli.imports", "imports_command"),
    "rejects": ("pipelines.cli.imports", "rejects_command"),
    "undo": ("pipelines.cli.imports", "undo_command"),
    "contact": ("pipelines.cli.contacts", "contact_group"),
    "segments": ("pipelines.cli.segments", "segments_command"),
    "explain": ("pipelines.cli.explain", "explain_command"),
    "search": ("pipelines.cli.searches", "search_command"),
    "searches": ("pipelines.cli.searches", "searches_command"),
    "fields": ("pipelines.cli.fields", "fields_group"),
    "export": ("pipelines.cli.exports", "export_command"),
    "exports": ("pipelines.cli.exports", "exports_command"),
    "operations": ("pipelines.cli.behaviours", "operations_command"),
    "activity": ("pipelines.cli.behaviours", "activity_command"),
    "base": ("pipelines.cli.base", "base_group"),
    "check": ("pipelines.cli.base", "check_command"),
    "sql": ("pipelines.cli.base", "sql_command"),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order of the contract."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        return getattr(importlib.import_module(module), name)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="carnet")
def cli() -> None:
    """Carnet: a self-hosted contact base. Files in, one clean row per contact, segments, snapshot files out.

    Exit codes: 0 done · 1 refused by a rule, the base is unchanged · 2 usage or declaration error · 3 internal or
    environment error.
    """


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; its exit code. With `--json`, errors are JSON on standard output."""
    keep_private()
    as_json = "--json" in arguments
    try:
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
        _fail(as_json, "Interrupted", "Interrupted; what was not committed was not done.", "")
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
        hint = (
            f"Carnet did not foresee this. Run it again with {DEBUG}=1 in the environment, and report what that shows."
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
    err().print(f"Error: {message}", style="red", markup=False)
    if hint:
        err().print(hint, markup=False)


def _silence(stream: TextIO) -> None:
    """Let nothing more be written to a stream that takes nothing: Python would try again at its end, and fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
