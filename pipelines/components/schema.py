"""What the four components share: schemas for editors and `dg`, and one judge for `dg check yaml` and `carnet check`.

`dg check yaml` compares the last document of each type with its JSON schema, after YAML has coerced it: bare `yes`,
the other documents and names across documents escape it. So while it runs, the schemas hand over to
`pipelines.declarations`.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import click
import dagster as dg
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from pipelines.declarations.problems import Problem, shown
from pipelines.declared import check
from pipelines.layout import Layout

Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,62}$")]
Criteria = Sequence[Mapping[str, Any]]


class Attributes(BaseModel):
    """The attributes of one kind of document: their names, types and choices, as editors show them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def model_json_schema(
        cls,
        by_alias: bool | None = True,
        ref_template: str = "#/$defs/{model}",
        schema_generator: type[GenerateJsonSchema] = GenerateJsonSchema,
        mode: JsonSchemaMode = "validation",
        **options: Any,
    ) -> dict[str, Any]:
        """The JSON schema; `dg check yaml` ends here, with every problem listed, where the declarations have errors."""
        _judge_for_dg()
        return super().model_json_schema(by_alias, ref_template, schema_generator, mode, **options)


class DeclaredComponent(dg.Component, ABC):
    """A component that is declared in YAML: `attributes` in the shape of its class's `schema`."""

    schema: ClassVar[type[Attributes]]

    def __init__(self, attributes: Attributes) -> None:
        self.attributes = attributes

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        """The schema that `dg` and editors read."""
        return cls.schema

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> Self:
        """The component for attributes that fit its schema."""
        return cls(attributes if isinstance(attributes, cls.schema) else cls.schema())


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
