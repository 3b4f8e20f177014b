"""`carnet keys`: who may call the REST interface (SEC-6)."""

from __future__ import annotations

import os

import click

from pipelines.api.keys import RIGHTS, Keys, Right
from pipelines.cli.asking import SpokenGroup
from pipelines.cli.output import err, out, print_json, records
from pipelines.language import mark, say
from pipelines.layout import Layout


def _keys() -> Keys:
    return Keys.of(Layout.from_environment(), os.environ)


@click.group("keys", cls=SpokenGroup, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
@click.pass_context
def keys_group(context: click.Context, as_json: bool) -> None:
    """List the keys of the REST interface: their names and rights; their texts are kept nowhere."""
    if context.invoked_subcommand is not None:
        return
    found = [{"name": key.name, "right": key.right, "created_at": key.created_at or None} for key in _keys().all()]
    if as_json:
        print_json(found)
    else:
        out().print(records(say("Keys"), found, ("name", "right", "created_at")))


@keys_group.command("add")
@click.argument("name")
@click.option("--right", type=click.Choice(RIGHTS), required=True, help=mark("read, write, or resubscribe (STA-5)."))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def add_command(name: str, right: Right, as_json: bool) -> None:
    """Make a key called NAME, and show it: once, since only its hash is kept."""
    text = _keys().add(name, right)
    if as_json:
        print_json({"name": name, "right": right, "key": text})
        return
    out().print(text, markup=False, soft_wrap=True)
    told = say(
        "The key {name!r} may {right}. It is shown this once: keep it where the program finds it.",
        name=name,
        right=right,
    )
    err().print(told, markup=False)


@keys_group.command("remove")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def remove_command(name: str, as_json: bool) -> None:
    """Take the key called NAME away: whoever has it is refused from now on."""
    _keys().remove(name)
    print_json({"name": name}) if as_json else out().print(say("Removed the key {name!r}.", name=name), markup=False)
