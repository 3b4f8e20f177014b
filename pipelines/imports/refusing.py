"""A refused file (IMP-3, IMP-19): laid aside with its report and, where it can be mended without guessing, mended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipelines.base.store import Writer
from pipelines.imports.filing import copy_aside, stem_of
from pipelines.imports.history import import_row, record
from pipelines.imports.intake import AnImporter, Intake, Refused
from pipelines.imports.reporting import refusal_report
from pipelines.imports.results import ImportResult
from pipelines.layout import Layout
from pipelines.syncing import write_aside


def lay_aside(
    result: ImportResult, refused: Refused, intake: Intake[AnImporter], writer: Writer, layout: Layout, who: str
) -> ImportResult:
    """Refuse the file: the base stays as it was but for the history, where the import gets its number.

    The report lies in `refused/<importer>/<partition>/`, the mended file beside it, and a copy of a file given by path.
    """
    folder = layout.refused / intake.importer.name / intake.partition
    mended = _write_mended(refused, folder, intake.path, writer)
    text = refusal_report(intake.name, intake.path.name, refused, mended.name if mended else "")
    report = write_aside(writer.scratch, folder / f"{stem_of(intake.path)}.report.txt", text.encode())
    if not intake.in_inbox:
        copy_aside(intake.path, layout.refused, intake.importer.name, intake.partition)
    with writer.transaction() as connection:
        number = writer.next_id("import_id")
        result = replace(result, import_id=number, report=report, mended_file=mended)
        record(connection, import_row(intake, result, refused.facts, who))
    return result


def _write_mended(refused: Refused, folder: Path, path: Path, writer: Writer) -> Path | None:
    if refused.mended is None:
        return None
    ending = refused.facts.ending or path.suffix
    return write_aside(writer.scratch, folder / f"{stem_of(path)}.mended{ending}", refused.mended.data)
