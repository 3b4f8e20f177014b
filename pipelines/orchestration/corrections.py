"""What people put right: an import undone, a contact added or edited; jobs that the Launchpad explains (IMP-15, IMP-16).

A contact edited here leaves its values in the run's configuration (SEC-4): the command line leaves none.
"""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
import dagster as dg
from pydantic import Field

from pipelines.orchestration.following import follow
from pipelines.orchestration.instance import POOL
from pipelines.workspace import Workspace


class UndoConfig(dg.Config):
    """Which import to undo."""

    import_id: int = Field(
        description="The number of the import, as `carnet imports` and the assets' metadata show it."
    )


class EditConfig(dg.Config):
    """Which contact to edit, or to add, and what to set."""

    key: str = Field(description="Its e-mail address, mobile number or contact_id. One that nobody has yet is added.")
    fields: dict[str, str] = Field(
        description=(
            "Field name or label: value, as in a file; an empty value clears the field. "
            "The values of a multi-select stand with commas between them."
        )
    )


@dg.op(pool=POOL, description="Takes back what one import did; later changes stay, and no consent is loosened.")
def undo(context: dg.OpExecutionContext, config: UndoConfig, workspace: dg.ResourceParam[Workspace]) -> None:
    """Undo one import; what it kept is counted here and listed by `carnet undo`."""
    undone = workspace.undo(config.import_id)
    context.add_output_metadata(
        {
            "import_id": undone.import_id,
            "undoes": undone.undoes,
            "removed": undone.removed,
            "restored": undone.restored,
            "kept": len(undone.kept),
        }
    )
    _follow(context, workspace)


@dg.op(
    pool=POOL,
    description="Adds a contact, or sets fields of one; only here and by `carnet contact set` a consent loosens.",
)
def edit(context: dg.OpExecutionContext, config: EditConfig, workspace: dg.ResourceParam[Workspace]) -> None:
    """Edit one contact."""
    edited = workspace.edit_contact(config.key, config.fields)
    context.add_output_metadata({"contact_id": edited.contact_id, "outcome": edited.outcome})
    _follow(context, workspace)


def _follow(context: dg.OpExecutionContext, workspace: Workspace) -> None:
    for event in follow(context, workspace):
        context.log_event(event)  # pyright: ignore[reportArgumentType] (takes check evaluations too; its type does not say so)


@dg.job(description="Undoes one import: `carnet undo ID`.")
def undo_import() -> None:
    """The job behind `carnet undo`."""
    undo()


@dg.job(description="Adds or edits one contact by hand, under the rules of an import: as `carnet contact set` does.")
def edit_contact() -> None:
    """The job for the Launchpad."""
    edit()
