"""`carnet inspect`: what files are that no model knows yet, and a model to import each by (IMP-18)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from pipelines.cli.output import MISSING, err, out, print_json, records, table
from pipelines.cli.running import watched_workspace
from pipelines.errors import CarnetError, UsageError
from pipelines.files.problems import listed
from pipelines.files.separators import SEPARATORS
from pipelines.inspection.answers import Inspection
from pipelines.inspection.inspecting import inspect_files

_SHOWN_ROWS, _SHOWN_COLUMNS, _SHOWN_PROBLEMS = 3, 60, 20
_WIDEST = 40
_WORDS = {
    "mobiles": "mobile numbers",
    "emails": "e-mail addresses",
    "booleans": "yes or no",
    "choices": "values of a list",
}


@click.command("inspect")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--yaml", "as_yaml", is_flag=True, help="Print the import models only, ready to paste.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def inspect_command(files: tuple[Path, ...], as_yaml: bool, as_json: bool) -> int:
    """Say what each FILE is, and how it could be imported; nothing is changed.

    Separator, encoding, header, the verdict of every file rule, what the columns hold and stand for, the first rows, and an
    import model to paste. A file that would be refused is answered like any other (exit code 0); where one cannot be opened,
    the others are answered still.
    """
    if as_yaml and as_json:
        raise UsageError(
            "--yaml and --json cannot be asked for together.", "With --json each file's `model` is the YAML."
        )
    with watched_workspace(judge=True) as (workspace, watcher):
        watcher.step(f"Inspecting {len(files)} files" if len(files) > 1 else "Inspecting")
        answers = tuple(inspect_files(files, workspace.declarations, workspace.judge))
        watcher.stop()
    errors = [answer.error for answer in answers if answer.error is not None]
    if len(errors) == len(answers):
        raise _joined(errors)
    if as_json:
        print_json([answer.as_json() for answer in answers])
    elif as_yaml:
        show_models(answers)
    else:
        for answer in answers:
            show(answer)
    return max((error.exit_code for error in errors), default=0)


def _joined(errors: Sequence[CarnetError]) -> CarnetError:
    """One error that says all, of the gravest kind."""
    worst = max(errors, key=lambda error: error.exit_code)
    return type(worst)("\n".join(error.message for error in errors), worst.hint)


def show_models(answers: Sequence[Inspection]) -> None:
    """The models as one stream of YAML; files without one are told on standard error."""
    print("---\n".join(answer.model for answer in answers if answer.model is not None), end="")
    for answer in answers:
        if answer.model is None:
            said = "; ".join(problem["message"] for problem in listed(answer.problems)[:1])
            err().print(f"{_printable(answer.file)}: no model. {_printable(said)}", markup=False)


def show(answer: Inspection) -> None:
    """One file, for people: what it is, its problems, its columns, a model."""
    console = out()
    console.print(f"{_printable(answer.file)}: {_headline(answer)}", style="bold", markup=False)
    problems = listed(answer.problems)
    if problems:
        told = [problem | {"message": _printable(problem["message"])} for problem in problems[:_SHOWN_PROBLEMS]]
        title = f"{answer.problems.height} problems" if answer.problems.height > 1 else "1 problem"
        console.print(records(title, told, ("rule", "severity", "line", "message")))
    elif answer.columns:
        console.print("Every file rule is kept.")
    if len(problems) > _SHOWN_PROBLEMS:
        console.print(f"… {answer.problems.height - _SHOWN_PROBLEMS} more with --json.")
    if answer.columns:
        _show_columns(answer)
    if answer.model is not None:
        console.print("An import model to paste into a file of assets/imports/:\n")
        console.print(answer.model, markup=False, soft_wrap=True)


def _headline(answer: Inspection) -> str:
    if answer.error is not None:
        return "not opened."
    if answer.kind.name != "text":
        return f"{answer.kind.label}."
    encoding = "not read whole" if answer.encoding is None else answer.encoding.label
    if answer.separator is None:
        return f"encoding {encoding}."
    sign = "" if answer.separator == "\t" else f" `{answer.separator}`"
    header = "no header" if answer.header_line is None else f"header on line {answer.header_line}"
    rows = "rows not counted" if answer.rows is None else _count(answer.rows, "row")
    columns = _count(len(answer.columns), "column")
    return f"encoding {encoding}, separator {SEPARATORS[answer.separator]}{sign}, {header}, {columns}, {rows}."


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _show_columns(answer: Inspection) -> None:
    """One line a column: what it holds, what it would become, and its cells in the first rows."""
    sample = answer.sample[:_SHOWN_ROWS]
    names = list(sample[0]) if sample else [column.header for column in answer.columns]
    rows: list[list[str]] = []
    for name, column in list(zip(names, answer.columns, strict=True))[:_SHOWN_COLUMNS]:
        field = MISSING if column.field is None else column.field
        field = field if column.value is None else f"{field} : {column.value}"
        held = _WORDS.get(column.held.holds, column.held.holds)
        cells = [_short(row[name]) for row in sample]
        rows.append([_short(name), held, f"{column.held.filled:,}", _printable(field), _short(column.note, 2), *cells])
    titles = ("column", "holds", "filled", "field", "note", *(f"row {number}" for number, _ in enumerate(sample, 1)))
    out().print(table("Columns", titles, rows))
    if len(answer.columns) > _SHOWN_COLUMNS:
        out().print(f"… {len(answer.columns) - _SHOWN_COLUMNS} more with --json.")


def _short(text: str | None, times: int = 1) -> str:
    """A cell in one line of the terminal."""
    if text is None:
        return ""
    return _printable(text if len(text) <= _WIDEST * times else text[: _WIDEST * times] + "…")


def _printable(text: str) -> str:
    """Text without signs that would move the cursor or colour the terminal: a file may hold any."""
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "�" for sign in text)
