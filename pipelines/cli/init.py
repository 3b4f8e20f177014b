"""`carnet init`: the folder of a new account, for a Carnet that was installed."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.asking import SpokenCommand
from pipelines.cli.output import out, print_json
from pipelines.errors import UsageError
from pipelines.language import mark, say

_TEMPLATES = Path(__file__).with_name("account")
_PLACES = {
    "defs.yaml": "assets/defs.yaml",
    "env.example": ".env.example",
    "workspace.yaml": "workspace.yaml",
    "gitignore": ".gitignore",
}
"""Template → its place in the account's folder."""


@click.command("init", cls=SpokenCommand)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def init_command(folder: Path, as_json: bool) -> None:
    """Make the folder of a new account: declarations to begin with, and the places of its files. Nothing is written over."""
    folder = folder.absolute()
    places = {template: folder / place for template, place in _PLACES.items()}
    there = [place for place in places.values() if place.exists()]
    if there:
        raise UsageError(
            say("{path} is there already; nothing was written.", path=there[0]), say("Name another folder.")
        )
    for template, place in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text((_TEMPLATES / template).read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "data" / "inbox" / "contacts").mkdir(parents=True, exist_ok=True)
    if as_json:
        print_json({"path": str(folder), "files": [str(place) for place in places.values()]})
        return
    out().print(say("{folder} is an account. Edit assets/defs.yaml there, then:", folder=folder), markup=False)
    out().print(f"cd {folder} && carnet check && carnet serve", markup=False)
