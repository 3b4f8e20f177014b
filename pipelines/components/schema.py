"""What the components share: schemas for editors and `dg`, and one judge for `dg check yaml` and `carnet check`.

`dg check yaml` compares the last document of each type with its JSON schema, after YAML has coerced it: bare `yes`,
the other documents and names across documents escape it. So while it runs, the schemas hand over to
`pipelines.declarations`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, cast

import click
import dagster as dg
from pydantic import BaseModel, ConfigDict, Field, create_model

from pipelines.declarations.problems import Problem, shown
from pipelines.declarations.schemas import Schema
from pipelines.declared import check
from pipelines.language import say
from pipelines.layout import Layout


class Attributes(BaseModel):
    """The attributes of one kind of mapping, as editors show them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        """The JSON schema; `dg check yaml` ends here, with every problem listed, where the declarations have errors."""
        _judge_for_dg()
        return _told(super().model_json_schema(*args, **options))


class OpenAttributes(Attributes):
    """Attributes beside which others may stand."""

    model_config = ConfigDict(extra="allow", frozen=True)


def made_of(schema: Schema) -> type[Attributes]:
    """The pydantic model that says what `schema` does."""
    fields: dict[str, Any] = {}
    for name, each in schema.attributes.items():
        type_ = each.type if each.of is None else each.type[made_of(each.of)]
        fields[name] = (type_, Field(each.default, description=each.description or None, **each.limits))
    kind = OpenAttributes if schema.open else Attributes
    return create_model(f"{schema.name}Attributes", __base__=kind, __doc__=schema.description, **fields)


def _told(shape: Any) -> Any:
    """A JSON schema with its descriptions in the language that is spoken: at import, nobody knows which."""
    if isinstance(shape, list):
        return [_told(inner) for inner in cast("list[Any]", shape)]
    if not isinstance(shape, dict):
        return shape
    parts = cast("dict[str, Any]", shape)
    return {
        name: say(inner) if name == "description" and isinstance(inner, str) else _told(inner)
        for name, inner in parts.items()
    }


class Declared:
    """What is declared in YAML: attributes in the shape of its class's `schema`."""

    schema: ClassVar[type[Attributes]]

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        """The schema that `dg` and editors read."""
        return cls.schema

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """No definitions: they are made once, from all declarations together (`pipelines.definitions`)."""
        return dg.Definitions()


def _judge_for_dg() -> None:
    """Within `dg check yaml` only: print the problems that `carnet check` finds, and end with exit code 1."""
    context = click.get_current_context(silent=True)
    if context is None or context.command.name != "yaml" or "validate_requirements" not in context.params:
        return
    chosen = tuple(Path(path).resolve() for path in context.params["paths"])
    errors = [problem for problem in check(Layout.from_environment().assets) if problem.severity == "error"]
    wanted = [problem for problem in errors if not chosen or _lies_in(problem.file, chosen)]
    for problem in wanted:
        click.echo(_as_dg_shows(problem))
    if wanted:
        context.exit(1)


def _lies_in(file: Path, chosen: tuple[Path, ...]) -> bool:
    return any(file == path or path in file.parents for path in chosen)


def _as_dg_shows(problem: Problem) -> str:
    """`file:line - message`, then the line with a mark below its column."""
    head = f"{shown(problem.file)}:{problem.line} - {problem.message}"
    if not problem.file.is_file():
        return f"{head}\n"
    lines = problem.file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    line = lines[problem.line - 1] if problem.line <= len(lines) else ""
    return f"{head}\n  {problem.line} | {line}\n  {' ' * len(str(problem.line))} | {' ' * (problem.column - 1)}^\n"
