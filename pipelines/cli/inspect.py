"""`carnet inspect`: what files are that no model knows yet, and a model to import each by (IMP-18)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from pipelines.cli.asking import SpokenCommand
from pipelines.cli.output import MISSING, err, out, print_json, records, table
from pipelines.cli.running import watched_workspace
from pipelines.errors import CarnetError, UsageError
from pipelines.files.problems import listed
from pipelines.files.separators import SEPARATORS
from pipelines.inspection.answers import Inspection
from pipelines.inspection.inspecting import inspect_files
from pipelines.language import mark, number, say, say_many, words

_SHOWN_ROWS, _SHOWN_COLUMNS, _SHOWN_PROBLEMS = 3, 60, 20
_WIDEST = 40
_WORDS = {
    "mobiles": mark("mobile numbers"),
    "telephones": mark("telephone numbers"),
    "emails": mark("e-mail addresses"),
    "booleans": mark("yes or no"),
    "choices": mark("values of a list"),
    "numbers": mark("numbers"),
    "dates": mark("dates"),
    "text": mark("text"),
    "nothing": mark("nothing"),
    "crosses": mark("crosses"),
}


@click.command("inspect", cls=SpokenCommand)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--yaml", "as_yaml", is_flag=True, help=mark("Print the import models only, ready to paste."))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def inspect_command(files: tuple[Path, ...], as_yaml: bool, as_json: bool) -> int:
    """Say what each FILE is, and how it could be imported; nothing is changed.

    Separator, encoding, header, the verdict of every file rule, what the columns hold and stand for, the first rows, and an
    import model to paste. A file that would be refused is answered like any other (exit code 0); where one cannot be opened,
    the others are answered still.
    """
    if as_yaml and as_json:
        raise UsageError(
            say("--yaml and --json cannot be asked for together."),
            say("With --json each file's `model` is the YAML."),
        )
    with watched_workspace(judge=True) as (workspace, watcher):
        watcher.step(say_many("Inspecting", "Inspecting {n} files", len(files)))
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
            err().print(
                say("{file}: no model. {why}", file=_printable(answer.file), why=_printable(said)), markup=False
            )


def show(answer: Inspection) -> None:
    """One file, for people: what it is, its problems, its columns, a model."""
    console = out()
    told = say("{name}: {headline}", name=_printable(answer.file), headline=_headline(answer))
    console.print(told, style="bold", markup=False)
    problems = listed(answer.problems)
    if problems:
        rows = [problem | {"message": _printable(problem["message"])} for problem in problems[:_SHOWN_PROBLEMS]]
        title = say_many("{n} problem", "{n} problems", answer.problems.height)
        console.print(records(title, rows, ("rule", "severity", "line", "message")))
    elif answer.columns:
        console.print(say("Every file rule is kept."))
    if len(problems) > _SHOWN_PROBLEMS:
        more = answer.problems.height - _SHOWN_PROBLEMS
        console.print(say_many("… {n} more with --json.", "… {n} more with --json.", more))
    if answer.columns:
        _show_columns(answer)
    if answer.model is not None:
        if "components.EventImport" in answer.model:
            console.print(say("An event import to paste into a file of assets/behaviours/:\n"))
        else:
            console.print(say("An import model to paste into a file of assets/imports/:\n"))
        console.print(answer.model, markup=False, soft_wrap=True)


def _headline(answer: Inspection) -> str:
    if answer.error is not None:
        return say("not opened.")
    header = say("no header") if answer.header_line is None else say("header on line {line}", line=answer.header_line)
    columns = say_many("{n:,} column", "{n:,} columns", len(answer.columns))
    rows = say("rows not counted")
    if answer.rows is not None:
        rows = say_many("{n:,} row", "{n:,} rows", answer.rows)
    kind = words(answer.kind.label)
    if answer.sheet is not None:
        sheet = _sheet(answer.sheet, answer.sheets[1:])
        return say(
            "{kind}, {sheet}, {header}, {columns}, {rows}.",
            kind=kind,
            sheet=sheet,
            header=header,
            columns=columns,
            rows=rows,
        )
    if answer.kind.name != "text":
        if answer.model is None or answer.rows is None:
            return f"{kind}."
        return say_many("{kind}, {n:,} object.", "{kind}, {n:,} objects.", answer.rows, kind=kind)
    encoding = say("not read whole") if answer.encoding is None else answer.encoding.label
    if answer.separator is None:
        return say("encoding {encoding}.", encoding=encoding)
    sign = "" if answer.separator == "\t" else f" `{answer.separator}`"
    return say(
        "encoding {encoding}, separator {separator}{sign}, {header}, {columns}, {rows}.",
        encoding=encoding,
        separator=words(SEPARATORS[answer.separator]),
        sign=sign,
        header=header,
        columns=columns,
        rows=rows,
    )


def _sheet(name: str, others: Sequence[str]) -> str:
    if not others:
        return say("sheet {name!r}", name=name)
    return say(
        "sheet {name!r} (the first; also {others}: not looked at)", name=name, others=", ".join(map(repr, others))
    )


def _show_columns(answer: Inspection) -> None:
    """One line a column: what it holds, what it would become, and its cells in the first rows."""
    sample = answer.sample[:_SHOWN_ROWS]
    names = list(sample[0]) if sample else [column.header for column in answer.columns]
    rows: list[list[str]] = []
    for name, column in list(zip(names, answer.columns, strict=True))[:_SHOWN_COLUMNS]:
        field = MISSING if column.field is None else column.field
        field = field if column.value is None else f"{field} : {column.value}"
        held = words(_WORDS[column.held.holds])
        cells = [_short(row[name]) for row in sample]
        rows.append([_short(name), held, number(column.held.filled), _printable(field), _short(column.note, 2), *cells])
    first = (say("row {row}", row=row) for row, _ in enumerate(sample, 1))
    titles = (say("column"), say("holds"), say("filled"), say("field"), say("note"), *first)
    out().print(table(say("Columns"), titles, rows))
    if len(answer.columns) > _SHOWN_COLUMNS:
        more = len(answer.columns) - _SHOWN_COLUMNS
        out().print(say_many("… {n} more with --json.", "… {n} more with --json.", more))


def _short(text: str | None, times: int = 1) -> str:
    """A cell in one line of the terminal."""
    if text is None:
        return ""
    return _printable(text if len(text) <= _WIDEST * times else text[: _WIDEST * times] + "…")


def _printable(text: str) -> str:
    """Text without signs that would move the cursor or colour the terminal: a file may hold any."""
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "�" for sign in text)
