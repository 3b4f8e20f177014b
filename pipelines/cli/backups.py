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
        print_json(
            {"path": str(taken.path), "bytes": taken.bytes, "generation": taken.generation}
            | {"held_events": taken.held, "events_left_out": taken.left}
        )
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
    if taken.left:
        told = say_many(
            "{n:,} event of the base lies in {place}, which the backup does not hold: back that up at the same time.",
            "{n:,} events of the base lie in {place}, which the backup does not hold: back that up at the same time.",
            taken.left,
            place=taken.place,
        )
        err().print(told, markup=False)


@click.command("restore", cls=SpokenCommand)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def restore_command(folder: Path, as_json: bool) -> None:
    """Put the account of the backup FOLDER where there is none yet, its base and its declarations."""
    from pipelines.backups.restoring import restore
    from pipelines.cli.running import watched_workspace
    from pipelines.declared import declared
    from pipelines.layout import Layout
    from pipelines.workspace import elsewhere_of

    layout = Layout.from_environment()
    restored = restore(layout, folder, lambda: elsewhere_of(declared(layout.assets).base, layout))
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
    if restored.missing:
        told = say_many(
            "{n:,} event that the base holds in its lake is not there: put the lake back as it was when the backup was taken.",
            "{n:,} events that the base holds in its lake are not there: put the lake back as it was when the backup was taken.",
            restored.missing,
        )
        err().print(told, markup=False)
    if as_json:
        print_json(
            {"path": str(restored.path), "generation": restored.generation, "contacts": restored.contacts}
            | {"declarations": restored.declarations, "erasures": erased, "events_missing": restored.missing}
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
