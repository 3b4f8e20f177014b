"""One account at work: its folders, its declarations, its base, the judge of its rules. What both front doors share.

The rooms are imported by the methods that work in them, so that a command pays for what it does alone: all take 0.5 s of CPU.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.declared import declared
from pipelines.language import say
from pipelines.layout import Layout
from pipelines.workspace.account import Listener, Silence, elsewhere_of
from pipelines.workspace.importing import Importing
from pipelines.workspace.in_the_lake import InTheLake, LakeBehind
from pipelines.workspace.people import People

__all__ = ["LakeBehind", "Listener", "Silence", "Workspace", "elsewhere_of"]


class Workspace(Importing, People, InTheLake):
    """All that can be done with an account."""

    @classmethod
    def open(cls, who: str, layout: Layout | None = None) -> Workspace:
        """The workspace that the environment names; DeclarationError where its YAML is wrong."""
        layout = layout or Layout.from_environment()
        workspace = cls(layout, declared(layout.assets, layout.verdicts), who)
        workspace.finish_erasures()
        return workspace

    def draw(self) -> Path:
        """Write the pages of `data/docs/` from the published copy (SRV-3); where the base's own lies."""
        from pipelines.pictures.pages import document, draw

        self.listener.step(say("Drawing the base"))
        with self.published() as connection:
            page = draw(connection, self.layout, self.declarations.base)
        self.listener.step(say("Documenting the last imports"))
        document(self.layout)
        self.listener.finished(page)
        return page
