"""`carnet import`, `carnet undo`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from pipelines.cli.asking import SpokenCommand
from pipelines.cli.fields import tell_removed
from pipelines.cli.import_history import COUNTS, RARE_COUNTS
from pipelines.cli.output import out, print_json, records, sheets, table, told_counts
from pipelines.cli.running import run_job, tell_uncounted, watched_workspace
from pipelines.declarations.model import Declarations
from pipelines.errors import EnvironmentFaultError, RefusedError, UsageError
from pipelines.imports.filing import fits
from pipelines.imports.intake import ImportRequest
from pipelines.imports.results import EventCounts, ImportResult
from pipelines.imports.undoing import Undone
from pipelines.language import mark, say, say_many, words
from pipelines.workspace import Workspace

_SHOWN, _SHEETS = 20, 4
_UNREACHABLE = {
    "hard": mark("hard"),
    "suppression_list": mark("suppression list"),
    "orange_list": mark("orange list"),
    "unsubscribed": mark("unsubscribed"),
    "no_consent": mark("no consent"),
}


@click.command("import", cls=SpokenCommand)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--model", help=mark("The import model; without it, the one whose `file` fits the file's name."))
@click.option("--name", default="", help=mark("The import's name in the history; without it, the file's name."))
@click.option("--preview", is_flag=True, help=mark("Say what the import would do, and do nothing."))
@click.option("--force", is_flag=True, help=mark("Import the file though it was the model's last one."))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def import_command(file: Path, model: str | None, name: str, preview: bool, force: bool, as_json: bool) -> int:
    """Import the contacts, or the events, of FILE.

    A refused file leaves the base as it was (exit code 1); its report says what, where and how to mend it.
    """
    with watched_workspace(judge=True) as (workspace, watcher):
        chosen = model or model_of(file, workspace.declarations)
        path = file.absolute()
        request = ImportRequest(
            str(path), workspace.declarations.importer(chosen).name, name=name, force=force, preview=preview
        )
        result = workspace.take(request) if preview else run_import(workspace, request, watcher.results)
        tell_uncounted(watcher.results)
        tell_removed(workspace)
    if as_json:
        print_json(result.as_json())
    else:
        show(result)
    return RefusedError.exit_code if result.status == "refused" else 0


def model_of(file: Path, declarations: Declarations) -> str:
    """The one import model whose pattern fits the file's name (IMP-4)."""
    fitting = [model.name for model in declarations.importers if fits(file.name, model.file)]
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(f"{model.name} ({model.file})" for model in declarations.importers) or say("none")
    fault = mark("The file name {name!r} fits several import models.")
    if not fitting:
        fault = mark("The file name {name!r} fits no import model.")
    raise UsageError(say(fault, name=file.name), say("Name one with --model. Declared: {known}.", known=known))


def run_import(workspace: Workspace, request: ImportRequest, results: list[object]) -> ImportResult:
    """Import a file as a run of Dagster's; `results`: where the workspace's listener keeps what it is told."""
    from pipelines.orchestration.names import import_job, partitions_of  # dagster, 1.3 s: after the judge was started

    config = {"path": request.path, "name": request.name, "force": request.force}
    run_job(
        workspace,
        import_job(request.model),
        config={"ops": {f"take_{request.model}": {"config": config}}},
        partition=(str(partitions_of(request.model).name), workspace.partition_of(request)),
    )
    for result in results:
        if isinstance(result, ImportResult):
            return result
    raise EnvironmentFaultError(
        say("The import's run ended without a result."), say("The Dagster UI shows why (`make ui`).")
    )


def run_undo(workspace: Workspace, import_id: int, results: list[object]) -> Undone:
    """Undo an import as a run of Dagster's; `results` as for `run_import`."""
    run_job(workspace, "undo_import", config={"ops": {"undo": {"config": {"import_id": import_id}}}})
    [undone] = [result for result in results if isinstance(result, Undone)]
    return undone


def show(result: ImportResult) -> None:
    """An import, for people."""
    console = out()
    told = say("{name}: {headline}", name=result.name, headline=_headline(result))
    console.print(told, style="red" if result.status == "refused" else "", markup=False)
    if result.status in ("imported", "preview"):
        counts = vars(result.counts)
        of_events = isinstance(result.counts, EventCounts)
        console.print(records("", [counts], list(counts) if of_events else told_counts([counts], COUNTS, RARE_COUNTS)))
    _show_problems(result)
    if result.status == "preview":
        _show_preview(result)
    for line in _places(result):
        console.print(line, markup=False)
    hidden = {name: count for name, count in result.unreachable.items() if count}
    if hidden:
        listed = ", ".join(f"{words(_UNREACHABLE[name])} {count}" for name, count in hidden.items())
        console.print(say("Not reachable: {listed}.", listed=listed), markup=False)


def _places(result: ImportResult) -> Iterator[str]:
    """Where the import's files lie, then what to do with those that are to be looked at."""
    if result.rejects_file is not None:
        yield say("Rejected rows: {path}", path=result.rejects_file)
    if result.report is not None:
        yield say("Report: {path}", path=result.report)
    if result.mended_file is not None:
        yield say("Mended file: {path}", path=result.mended_file)
    if result.rejects_file is not None:
        again = _command(result.rejects_file, result.model)
        yield say("Correct the rejected rows in that file, then: {command}", command=again)
    if result.mended_file is not None:
        again = _command(result.mended_file, result.model)
        yield say("Look at the mended file, then: {command}", command=again)


def _headline(result: ImportResult) -> str:
    of_events, number = isinstance(result.counts, EventCounts), result.import_id
    match result.status:
        case "imported" if of_events:
            return say_many(
                "Imported as number {number}; {n} contacts have another state.",
                "Imported as number {number}; {n} contacts have another state.",
                result.changed,
                number=number,
            )
        case "imported":
            return say("Imported as number {number}.", number=number)
        case "skipped":
            return say(
                "Skipped: these bytes were the model's last import already (number {number}). --force imports them.",
                number=number,
            )
        case "preview" if of_events:
            return say_many(
                "Preview: nothing was written; {n} contacts would have another state.",
                "Preview: nothing was written; {n} contacts would have another state.",
                result.changed,
            )
        case "preview":
            return say("Preview: nothing was written.")
        case "refused" if number is None:
            return say("Preview: the file would be refused; nothing was written.")
        case _:
            return say("Refused: the base is unchanged. (Import {number})", number=number)


def _command(file: Path, model: str) -> str:
    return f"carnet import {shlex.quote(str(file))} --model {model}"


def _show_problems(result: ImportResult) -> None:
    problems = result.listed_problems()
    if not problems:
        return
    title = say_many("{n} problem", "{n} problems", result.problems.height)
    out().print(records(title, problems[:_SHOWN], ("severity", "line", "column", "message")))
    if result.problems.height > _SHOWN:
        more = result.problems.height - _SHOWN
        out().print(say_many("… {n} more in the report.", "… {n} more in the report.", more))


def _show_preview(result: ImportResult) -> None:
    if result.mapping:
        out().print(table(say("Columns"), (say("in the file"), say("becomes")), result.mapping))
    if result.stored is not None and not result.stored.is_empty():
        out().print(sheets(say("First contacts, as they would be stored"), result.stored.head(_SHEETS).to_dicts()))
    if result.changes:
        fields = ", ".join(f"{name} {count}" for name, count in result.changed_fields.items())
        out().print(say("Known contacts that would change, by field: {fields}.", fields=fields), markup=False)
        out().print(records(say("What would change"), result.changes[:_SHOWN], ("line", "key", "field", "old", "new")))
    if len(result.changes) > _SHOWN:
        more = len(result.changes) - _SHOWN
        out().print(say_many("… {n} more with --json.", "… {n} more with --json.", more))


@click.command("undo", cls=SpokenCommand)
@click.argument("import_id", type=int)
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def undo_command(import_id: int, as_json: bool) -> None:
    """Take back what the import numbered IMPORT_ID did.

    Contacts that it added go, fields that it changed get their former value back, contacts that it deleted return. What something
    later touched stays and is listed, and no consent is loosened.
    """
    with watched_workspace(judge=True) as (workspace, watcher):
        undone = run_undo(workspace, import_id, watcher.results)
        tell_uncounted(watcher.results)
    if as_json:
        print_json(undone.as_json())
        return
    console = out()
    console.print(
        say(
            "Import {undone} is undone by import {by}: {removed} contacts removed, {restored} restored, {kept} things kept.",
            undone=import_id,
            by=undone.import_id,
            removed=undone.removed,
            restored=undone.restored,
            kept=len(undone.kept),
        ),
        markup=False,
    )
    if undone.kept:
        console.print(records(say("Kept"), undone.kept[:_SHOWN], ("key", "field", "why")))
    if len(undone.kept) > _SHOWN:
        more = len(undone.kept) - _SHOWN
        console.print(say_many("… {n} more with --json.", "… {n} more with --json.", more))
