"""`carnet contact erase`, `carnet contact dossier`: a person's rights (EXP-9, EXP-12)."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.asking import SpokenCommand
from pipelines.cli.output import coded, err, out, print_json, table
from pipelines.cli.running import tell_uncounted, watched_workspace
from pipelines.language import mark, say


@click.command("erase", cls=SpokenCommand)
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def erase_command(key: str, as_json: bool) -> None:
    """Erase the person KEY everywhere, for good: a contact, or an address that no contact has.

    Nothing brings them back but `carnet contact set KEY … --again`. What cannot be erased from here is listed.
    """
    with watched_workspace() as (workspace, watcher):
        erased = workspace.erase_contact(key)
        workspace.refresh_segments()
        workspace.publish()
        tell_uncounted(watcher.results)
    if as_json:
        print_json(erased.as_json())
        return
    out().print(table(say("Erased"), (say("store"), say("things removed")), erased.stores.items()))
    if erased.left:
        err().print(say("For you to see to:"), markup=False)
        rows = ([coded(each.what), each.where, each.why] for each in erased.left)
        out().print(table("", (say("what"), say("where"), say("why")), rows))


@click.command("dossier", cls=SpokenCommand)
@click.argument("key")
@click.option(
    "--to",
    "place",
    type=click.Path(path_type=Path),
    required=True,
    help=mark("A new folder, or a file that ends in .zip."),
)
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def dossier_command(key: str, place: Path, as_json: bool) -> None:
    """Write everything that is held about the person KEY to a folder or a ZIP archive, for the person to be given."""
    with watched_workspace() as (workspace, _):
        written = workspace.dossier(key, place.absolute())
    if as_json:
        print_json(written.as_json())
        return
    told = say("{path}: {count} files, dossier.html to print", path=written.path, count=len(written.files))
    out().print(told, markup=False)
