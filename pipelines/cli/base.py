"""`carnet check`, `carnet sql`, `carnet base`."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.asking import SpokenCommand, SpokenGroup
from pipelines.cli.output import coded, err, out, print_json, table
from pipelines.errors import UsageError
from pipelines.faults import as_fault
from pipelines.language import mark, say, say_many
from pipelines.layout import Layout


@click.command("check", cls=SpokenCommand)
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def check_command(as_json: bool) -> int:
    """Check the declarations: every problem with its file and line. Exit code 2 where one is an error."""
    from pipelines.declarations.problems import shown
    from pipelines.declared import check

    layout = Layout.from_environment()
    found = check(layout.assets, layout.verdicts)
    ok = not any(problem.severity == "error" for problem in found)
    if as_json:
        keys = ("file", "line", "column", "message", "suggestion")
        print_json({"ok": ok, "problems": [{key: getattr(problem, key) for key in keys} for problem in found]})
    else:
        for problem in found:
            where = f"{shown(Path(problem.file))}:{problem.line}:{problem.column}"
            told = say(
                "{where}: {severity}: {message}",
                where=where,
                severity=coded(problem.severity),
                message=problem.message,
            )
            err().print(told, markup=False)
            if problem.suggestion:
                err().print(f"    {problem.suggestion}", markup=False)
        out().print(say("The declarations are in order.") if ok else say("The declarations have errors."))
    return 0 if ok else UsageError.exit_code


@click.command("sql", cls=SpokenCommand)
@click.argument("query")
@click.option("--as-of", "generation", type=int, help=mark("The base as the lake has it of that generation."))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def sql_command(query: str, generation: int | None, as_json: bool) -> None:
    """Run the SELECT of QUERY on the published base, read-only."""
    import duckdb

    from pipelines.cli.running import watched_workspace

    with watched_workspace() as (workspace, _), workspace.published_as_of(generation) as connection:
        try:
            if len(connection.extract_statements(query)) != 1:
                raise UsageError(
                    say("The query is not one statement."), say('For example: carnet sql "FROM contacts LIMIT 10".')
                )
            found = connection.execute(query)
            columns = _each_once([column[0] for column in found.description or ()])
            rows = found.fetchall() if columns else []
        except duckdb.Error as error:
            if fault := as_fault(error):
                raise fault from error
            raise UsageError(
                say("The query failed: {error}", error=error),
                say("`carnet sql 'SHOW ALL TABLES'` lists what there is."),
            ) from error
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    out().print(table("", columns, rows))


def _each_once(columns: list[str]) -> list[str]:
    """The names, those that stand there again with a number behind them, as DuckDB's own frames have them."""
    named: list[str] = []
    for column in columns:
        number, name = 1, column
        while name in named:
            name, number = f"{column}_{number}", number + 1
        named.append(name)
    return named


@click.group("base", cls=SpokenGroup)
def base_group() -> None:
    """The base's file: which one is this account's."""


@base_group.command("adopt")
@click.option(
    "--from-copy", "start", flag_value="copy", help=mark("Go on from the published copy: it becomes the base.")
)
@click.option("--empty", "start", flag_value="empty", help=mark("Begin with a base that has no contact."))
@click.option("--json", "as_json", is_flag=True, help=mark("Print JSON."))
def adopt_command(start: str | None, as_json: bool) -> None:
    """Take the base that lies there as this account's from now on, and publish it: a backup, or another account's.

    Nothing is asked. What it takes the place of is kept beside the base, under a name with the date.
    """
    from pipelines.base.adopting import adopt
    from pipelines.cli.running import watched_workspace

    with watched_workspace() as (workspace, _):
        adopted = adopt(workspace.store, "copy" if start == "copy" else "empty" if start == "empty" else "there")
        layout = workspace.layout
    if as_json:
        places = {
            "base": str(layout.base),
            "published": str(layout.published),
            "kept": [str(path) for path in adopted.kept],
        }
        print_json({"adopted": adopted.changed, "found": adopted.found, "contacts": adopted.contacts, **places})
        return
    out().print(adopted.found, markup=False)
    for path in adopted.kept:
        out().print(say("Kept aside: {path}", path=path), markup=False)
    if adopted.changed:
        out().print(
            say_many(
                "{base} is this account's base from now on, and published: {n:,} contacts.",
                "{base} is this account's base from now on, and published: {n:,} contacts.",
                adopted.contacts,
                base=layout.base,
            ),
            markup=False,
        )
