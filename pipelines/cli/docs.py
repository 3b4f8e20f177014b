"""`carnet docs`."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.asking import SpokenCommand
from pipelines.cli.output import out, print_json
from pipelines.cli.running import run_job, watched_workspace
from pipelines.errors import EnvironmentFaultError
from pipelines.language import mark, say


@click.command("docs", cls=SpokenCommand)
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def docs_command(as_json: bool) -> None:
    """Draw the page of the base, and make the Data Docs of the last imports."""
    with watched_workspace() as (workspace, watcher):
        with workspace.published():
            pass  # Where there is no base yet, that is said before a run is made of it.
        from pipelines.orchestration.names import DRAW_PICTURES  # dagster: 1.3 s

        run_job(workspace, DRAW_PICTURES, hold=False)
        page = next((found for found in watcher.results if isinstance(found, Path)), None)
        if page is None:
            raise EnvironmentFaultError(
                say("The pages' run ended without a page."), say("The Dagster UI shows why (`make ui`).")
            )
        documents = workspace.layout.data_docs / page.name
    if as_json:
        print_json({"page": str(page), "data_docs": str(documents)})
        return
    out().print(say("The base in pictures: {page}", page=page), markup=False)
    out().print(say("The last imports, rule by rule: {page}", page=documents), markup=False)
