"""A refused file (IMP-3, IMP-19): laid aside with its report and, where it can be mended without guessing, mended."""

from __future__ import annotations

from pathlib import Path

from expectations.judge import Judge
from pipelines.base.store import Writer
from pipelines.files.mending import Mended, mend
from pipelines.files.profiling import FileProfile, measures
from pipelines.imports.contacts.judging import file_options
from pipelines.imports.filing import copy_aside, move_aside, stem_of, write_aside
from pipelines.imports.history import import_row, mark_filed, record
from pipelines.imports.intake import Intake, Judgement
from pipelines.imports.reporting import refusal_report
from pipelines.imports.results import Counts, ImportResult
from pipelines.layout import Layout


def lay_aside(
    intake: Intake, judgement: Judgement, writer: Writer, layout: Layout, judge: Judge, who: str
) -> ImportResult:
    """Refuse the file: the base stays as it was but for the history. A preview writes nothing at all.

    A file of the inbox is moved to `refused/<model>/<partition>/`, one given by path is copied there.
    """
    result = _result(intake, judgement)
    if intake.preview:
        return result
    folder = layout.refused / intake.model.name / intake.partition
    mended = mend(judgement.profile, judgement.source, lambda profile: _file_verdicts(profile, intake, judge))
    mended_file = _write_mended(mended, folder, intake, writer)
    report = refusal_report(
        intake.name,
        judgement.profile,
        result.problems,
        mended,
        mended_name=mended_file.name if mended_file else "",
    )
    written = write_aside(writer.scratch, folder / f"{stem_of(intake.path)}.report.txt", report.encode())
    if intake.identity is None:
        copy_aside(intake.path, layout.refused, intake.model.name, intake.partition)
    with writer.transaction() as connection:
        import_id = writer.next_id("import_id")
        result = _result(intake, judgement, import_id=import_id, report=written, mended_file=mended_file)
        record(connection, import_row(intake, result, judgement.header, who))
    if intake.identity is not None:
        move_aside(intake.path, layout.refused, intake.model.name, intake.partition)
        with writer.transaction() as connection:
            mark_filed(connection, import_id)
    return result


def _file_verdicts(profile: FileProfile, intake: Intake, judge: Judge):
    return judge.judge("file", measures(profile), file_options(intake.base, intake.model))


def _write_mended(mended: Mended | None, folder: Path, intake: Intake, writer: Writer) -> Path | None:
    if mended is None:
        return None
    return write_aside(writer.scratch, folder / f"{stem_of(intake.path)}.mended{intake.path.suffix}", mended.data)


def _result(
    intake: Intake,
    judgement: Judgement,
    *,
    import_id: int | None = None,
    report: Path | None = None,
    mended_file: Path | None = None,
) -> ImportResult:
    contents = judgement.profile.contents
    return ImportResult(
        import_id=import_id,
        status="refused",
        name=intake.name,
        model=intake.model.name,
        partition=intake.partition,
        file=intake.path,
        counts=Counts(rows=contents.rows if contents else 0),
        problems=judgement.problems,
        verdicts=judgement.verdicts,
        hidden=judgement.hidden,
        report=report,
        mended_file=mended_file,
        seconds=intake.seconds,
    )
