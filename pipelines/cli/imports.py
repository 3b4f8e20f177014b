"""`carnet import`, `carnet imports`, `carnet undo`, `carnet rejects`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from pipelines.cli.fields import tell_removed
from pipelines.cli.output import out, print_json, records, sheets, table, told_counts
from pipelines.cli.running import run_job, tell_uncounted, watched_workspace
from pipelines.declarations.model import Declarations
from pipelines.errors import EnvironmentFaultError, RefusedError, UsageError
from pipelines.imports.filing import fits
from pipelines.imports.history import list_imports, list_rejects
from pipelines.imports.intake import ImportRequest
from pipelines.imports.results import EventCounts, ImportResult
from pipelines.imports.undoing import Undone
from pipelines.workspace import Workspace

_SHOWN, _SHEETS = 20, 4
_COUNTS = ("rows", "inserted", "updated", "unchanged", "duplicates", "rejected")
_RARE_COUNTS = ("deleted", "pending", "skipped_by_action", "suppressed")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--model", help="The import model; without it, the one whose `file` fits the file's name.")
@click.option("--name", default="", help="The import's name in the history; without it, the file's name.")
@click.option("--preview", is_flag=True, help="Say what the import would do, and do nothing.")
@click.option("--force", is_flag=True, help="Import the file though it was the model's last one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
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
        result = workspace.take(request) if preview else _run(workspace, request, watcher.results)
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
    known = ", ".join(f"{model.name} ({model.file})" for model in declarations.importers) or "none"
    how_many = "several import models" if fitting else "no import model"
    raise UsageError(f"The file name {file.name!r} fits {how_many}.", f"Name one with --model. Declared: {known}.")


def _run(workspace: Workspace, request: ImportRequest, results: list[object]) -> ImportResult:
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
    raise EnvironmentFaultError("The import's run ended without a result.", "The Dagster UI shows why (`make ui`).")


def show(result: ImportResult) -> None:
    """An import, for people."""
    console = out()
    console.print(
        f"{result.name}: {_headline(result)}", style="red" if result.status == "refused" else "", markup=False
    )
    if result.status in ("imported", "preview"):
        counts = vars(result.counts)
        of_events = isinstance(result.counts, EventCounts)
        console.print(
            records("", [counts], list(counts) if of_events else told_counts([counts], _COUNTS, _RARE_COUNTS))
        )
    _show_problems(result)
    if result.status == "preview":
        _show_preview(result)
    for label, path in (
        ("Rejected rows", result.rejects_file),
        ("Report", result.report),
        ("Mended file", result.mended_file),
    ):
        if path is not None:
            console.print(f"{label}: {path}", markup=False)
    if result.rejects_file is not None:
        again = _command(result.rejects_file, result.model)
        console.print(f"Correct the rejected rows in that file, then: {again}", markup=False)
    if result.mended_file is not None:
        console.print(f"Look at the mended file, then: {_command(result.mended_file, result.model)}", markup=False)
    hidden = {name: count for name, count in result.unreachable.items() if count}
    if hidden:
        listed = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in hidden.items())
        console.print(f"Not reachable: {listed}.", markup=False)


def _headline(result: ImportResult) -> str:
    of_events = isinstance(result.counts, EventCounts)
    match result.status:
        case "imported":
            states = f"; {result.changed} contacts have another state" if of_events else ""
            return f"Imported as number {result.import_id}{states}."
        case "skipped":
            return f"Skipped: these bytes were the model's last import already (number {result.import_id}). --force imports them."
        case "preview":
            states = f"; {result.changed} contacts would have another state" if of_events else ""
            return f"Preview: nothing was written{states}."
        case "refused" if result.import_id is None:
            return "Preview: the file would be refused; nothing was written."
        case _:
            return f"Refused: the base is unchanged. (Import {result.import_id})"


def _command(file: Path, model: str) -> str:
    return f"carnet import {shlex.quote(str(file))} --model {model}"


def _show_problems(result: ImportResult) -> None:
    problems = result.listed_problems()
    if not problems:
        return
    title = f"{result.problems.height} problems" if result.problems.height > 1 else "1 problem"
    out().print(records(title, problems[:_SHOWN], ("severity", "line", "column", "message")))
    if result.problems.height > _SHOWN:
        out().print(f"… {result.problems.height - _SHOWN} more in the report.")


def _show_preview(result: ImportResult) -> None:
    if result.mapping:
        out().print(table("Columns", ("in the file", "becomes"), result.mapping))
    if result.stored is not None and not result.stored.is_empty():
        out().print(sheets("First contacts, as they would be stored", result.stored.head(_SHEETS).to_dicts()))
    if result.changes:
        fields = ", ".join(f"{name} {count}" for name, count in result.changed_fields.items())
        out().print(f"Known contacts that would change, by field: {fields}.", markup=False)
        out().print(records("What would change", result.changes[:_SHOWN], ("line", "key", "field", "old", "new")))
    if len(result.changes) > _SHOWN:
        out().print(f"… {len(result.changes) - _SHOWN} more with --json.")


@click.command("imports")
@click.argument("import_id", required=False, type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def imports_command(import_id: int | None, as_json: bool) -> None:
    """List the imports, newest first, or show the one numbered IMPORT_ID."""
    with watched_workspace() as (workspace, _), workspace.store.read() as connection:
        found = list_imports(connection, import_id)
    if as_json:
        print_json(found)
    elif import_id is not None:
        out().print(table("", ("what", "value"), found[0].items()))
    else:
        columns = told_counts(found, ("import_id", "name", "model", "action", "status", *_COUNTS), _RARE_COUNTS)
        columns += [*told_counts(found, (), ("undone_by",)), "started_at", "who"]
        out().print(records("Imports", found, columns))


@click.command("undo")
@click.argument("import_id", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def undo_command(import_id: int, as_json: bool) -> None:
    """Take back what the import numbered IMPORT_ID did.

    Contacts that it added go, fields that it changed get their former value back, contacts that it deleted return. What something
    later touched stays and is listed, and no consent is loosened.
    """
    with watched_workspace(judge=True) as (workspace, watcher):
        run_job(workspace, "undo_import", config={"ops": {"undo": {"config": {"import_id": import_id}}}})
        tell_uncounted(watcher.results)
        [undone] = [result for result in watcher.results if isinstance(result, Undone)]
    if as_json:
        print_json(undone.as_json())
        return
    console = out()
    console.print(
        f"Import {import_id} is undone by import {undone.import_id}: {undone.removed} contacts removed, "
        f"{undone.restored} restored, {len(undone.kept)} things kept.",
        markup=False,
    )
    if undone.kept:
        console.print(records("Kept", undone.kept[:_SHOWN], ("key", "field", "why")))
    if len(undone.kept) > _SHOWN:
        console.print(f"… {len(undone.kept) - _SHOWN} more with --json.")


@click.command("rejects")
@click.argument("import_id", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rejects_command(import_id: int, as_json: bool) -> None:
    """List the rows that the import numbered IMPORT_ID rejected, with every reason."""
    with watched_workspace() as (workspace, _), workspace.store.read() as connection:
        found = list_rejects(connection, import_id)
    if as_json:
        print_json(found)
        return
    rows = (
        [reject["line"], "; ".join(reject["reasons"]), " · ".join(map(str, reject["row"].values()))] for reject in found
    )
    out().print(table(f"{len(found)} rejected rows", ("line", "reasons", "row"), rows))
