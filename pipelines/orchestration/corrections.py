"""What people put right: an import undone, a contact added, edited, erased; jobs with a Launchpad (IMP-15, IMP-16, EXP-9).

A contact edited here leaves its values in the run's configuration (SEC-4), until it is erased; the command line leaves none. One is
erased, or handed out, by its number alone, so that the run never holds an address.

Jobs are made with the definitions, not at import: what the Launchpad says of them is in the language, which nobody knows before.
"""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
from collections import Counter
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from pipelines.base.statements import first_row
from pipelines.contacts.finding import find_contact
from pipelines.errors import UsageError
from pipelines.language import say
from pipelines.orchestration.following import follow
from pipelines.orchestration.instance import POOL
from pipelines.orchestration.names import ERASE_CONTACT
from pipelines.orchestration.run_tags import kind
from pipelines.workspace import Workspace


def correction_jobs() -> list[dg.JobDefinition]:
    """The jobs, in the order in which the UI's list is read."""
    return [_undo_import(), _edit_contact(), _erase_contact(), _contact_dossier()]


def _undo_import() -> dg.JobDefinition:
    """The job behind `carnet undo`: what it kept is counted in the run, and listed by the command."""

    class UndoConfig(dg.Config):
        __doc__ = say("Which import to undo.")

        import_id: int = Field(
            description=say("The number of the import, as `carnet imports` and the assets' metadata show it.")
        )
        meant: bool = Field(default=True, description=_whether_meant())

    @dg.op(
        pool=POOL,
        description=say("Takes back what one import did; later changes stay, and no consent is loosened."),
    )
    def undo(context: dg.OpExecutionContext, config: UndoConfig, workspace: dg.ResourceParam[Workspace]) -> None:
        if not config.meant:
            context.add_output_metadata(_import_at_hand(workspace, config.import_id))
            return
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
        follow_correction(context, workspace)

    @dg.job(
        tags=kind("correction"),
        description=say("Undoes one import: `carnet undo ID`."),
        config=_example("undo", import_id=1, meant=False),
    )
    def undo_import() -> None:
        undo()

    return undo_import


def _edit_contact() -> dg.JobDefinition:
    class EditConfig(dg.Config):
        __doc__ = say("Which contact to edit, or to add, and what to set.")

        key: str = Field(
            description=say("Its e-mail address, mobile number or contact_id. One that nobody has yet is added.")
        )
        fields: dict[str, str] = Field(
            description=say(
                "Field name or label: value, as in a file; an empty value clears the field. "
                "The values of a multi-select stand with commas between them."
            )
        )
        meant: bool = Field(default=True, description=_whether_meant())

    @dg.op(
        pool=POOL,
        description=say(
            "Adds a contact, or sets fields of one; only here and by `carnet contact set` a consent loosens."
        ),
    )
    def edit(context: dg.OpExecutionContext, config: EditConfig, workspace: dg.ResourceParam[Workspace]) -> None:
        if not config.meant:
            context.add_output_metadata(_contact_at_hand(workspace, config.key))
            return
        edited = workspace.edit_contact(config.key, config.fields)
        context.add_output_metadata({"contact_id": edited.contact_id, "outcome": edited.outcome})
        follow_correction(context, workspace)

    @dg.job(
        tags=kind("correction"),
        description=say(
            "Adds or edits one contact by hand, under the rules of an import: as `carnet contact set` does."
        ),
        config=_example("edit", key="marie@example.org", fields={"first_name": "Marie"}, meant=False),
    )
    def edit_contact() -> None:
        edit()

    return edit_contact


def _erase_contact() -> dg.JobDefinition:
    """What is left to be seen to is counted in the run, and listed by `carnet contact erase` given again."""

    class EraseConfig(dg.Config):
        __doc__ = say("Whom to erase.")

        contact_id: int = Field(description=_which_contact())
        meant: bool = Field(default=True, description=_whether_meant())

    @dg.op(
        pool=POOL,
        description=say(
            "Erases a contact from every store, for good: tables, history, files, exports, Dagster's own runs."
        ),
    )
    def erase(context: dg.OpExecutionContext, config: EraseConfig, workspace: dg.ResourceParam[Workspace]) -> None:
        if not config.meant:
            context.add_output_metadata(_contact_at_hand(workspace, str(config.contact_id)))
            return
        erased = workspace.erase_contact(str(config.contact_id))
        left = Counter(each.what for each in erased.left)
        context.add_output_metadata({**erased.stores, **{f"left: {what}": count for what, count in left.items()}})
        follow_correction(context, workspace)

    @dg.job(
        tags=kind("correction"),
        name=ERASE_CONTACT,
        description=say("Erases one contact everywhere: as `carnet contact erase` does."),
        config=_example("erase", contact_id=1, meant=False),
    )
    def erase_contact() -> None:
        erase()

    return erase_contact


def _contact_dossier() -> dg.JobDefinition:
    class DossierConfig(dg.Config):
        __doc__ = say("Whose dossier, and where it is to lie.")

        contact_id: int = Field(description=_which_contact())
        to: str = Field(
            description=say("A new folder on this machine, or a file that ends in .zip; its owner alone may read it.")
        )

    @dg.op(
        pool=POOL,
        description=say("Writes everything that is held about one contact: JSON, CSV and a page to print."),
    )
    def gather(context: dg.OpExecutionContext, config: DossierConfig, workspace: dg.ResourceParam[Workspace]) -> None:
        written = workspace.dossier(str(config.contact_id), Path(config.to).absolute())
        context.add_output_metadata({"path": dg.MetadataValue.path(str(written.path)), "files": len(written.files)})

    @dg.job(
        tags=kind("correction"),
        description=say("Hands out what is held about one contact: as `carnet contact dossier` does."),
        config=_example("gather", contact_id=1, to="/tmp/dossier.zip"),  # noqa: S108 - an example, for its owner to change
    )
    def contact_dossier() -> None:
        gather()

    return contact_dossier


def _which_contact() -> str:
    return say("The number of the contact, as `carnet contact show` and the base show it: no address stays in the run.")


def _whether_meant() -> str:
    return say("false: look whether what is named is there, and do nothing.")


def _import_at_hand(workspace: Workspace, import_id: int) -> dict[str, Any]:
    """What would be undone, and nothing else: the Launchpad's own example is no order."""
    with workspace.published() as connection:
        found = first_row(connection, "SELECT name, status FROM main.imports WHERE import_id = ?", [import_id])
    return {"found": found is not None} | (dict(zip(("import", "status"), found, strict=True)) if found else {})


def _contact_at_hand(workspace: Workspace, key: str) -> dict[str, Any]:
    with workspace.published() as connection:
        try:
            found = find_contact(connection, workspace.declarations.base, key)
        except UsageError:
            found = None
    return {"found": found is not None} | ({} if found is None else {"contact_id": found})


def _example(op: str, **config: Any) -> dict[str, Any]:
    """What a Launchpad begins with: complete, and so that who launches it as it stands changes nothing."""
    return {"ops": {op: {"config": config}}}


def follow_correction(context: dg.OpExecutionContext, workspace: Workspace) -> None:
    """Segments, checks and the published copy after a correction, told in its run."""
    for event in follow(context, workspace):
        context.log_event(event)  # pyright: ignore[reportArgumentType] (takes check evaluations too; its type does not say so)
