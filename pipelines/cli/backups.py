"""`carnet backup`, `carnet restore`."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.asking import SpokenCommand
from pipelines.cli.output import err, out, print_json
from pipelines.language import mark, say, say_many


@click.command("backup", cls=SpokenCommand)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def backup_command(folder: Path, as_json: bool) -> None:
    """Copy the whole account to FOLDER, a new one, and check the copy; runs go on meanwhile."""
    from pipelines.backups.taking import take_backup
    from pipelines.cli.running import watched_workspace

    with watched_workspace() as (workspace, _):
        taken = take_backup(workspace.store, folder)
    if as_json:
        print_json({"path": str(taken.path), "bytes": taken.bytes, "generation": taken.generation})
        return
    out().print(
        say_many(
            "{path}: {n:,} contacts, {megabytes:,.1f} MB; it opens.",
            "{path}: {n:,} contacts, {megabytes:,.1f} MB; it opens.",
            taken.contacts,
            path=taken.path,
            megabytes=taken.bytes / 1e6,
        ),
        markup=False,
    )


@click.command("restore", cls=SpokenCommand)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def restore_command(folder: Path, as_json: bool) -> None:
    """Put the account of the backup FOLDER where there is none yet, its base and its declarations."""
    from pipelines.backups.restoring import restore
    from pipelines.cli.running import watched_workspace
    from pipelines.layout import Layout

    layout = Layout.from_environment()
    restored = restore(layout, folder)
    with watched_workspace() as (workspace, _):
        erased = workspace.erase_again()
        workspace.publish()
    if not restored.declarations:
        err().print(
            say(
                "{assets} has declarations, which were left as they are; those of the backup lie in {others}.",
                assets=layout.assets,
                others=folder / "assets",
            ),
            markup=False,
        )
    if as_json:
        print_json(
            {"path": str(restored.path), "generation": restored.generation, "contacts": restored.contacts}
            | {"declarations": restored.declarations, "erasures": erased}
        )
        return
    out().print(
        say_many(
            "{data}: {n:,} contacts, as backed up; the base is published.",
            "{data}: {n:,} contacts, as backed up; the base is published.",
            restored.contacts,
            data=layout.data,
        ),
        markup=False,
    )
    if erased:
        told = say_many(
            "{n} erasures were done again: nobody who was erased is back.",
            "{n} erasures were done again: nobody who was erased is back.",
            erased,
        )
        out().print(told, markup=False)
