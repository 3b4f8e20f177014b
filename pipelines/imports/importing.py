"""One file through every step of an import, in the order the data takes (docs/architecture.md).

Belongs here: the order of the steps, and what a step's verdict means for the next one. Does not: how any step is done.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from expectations.verdicts import Verdict
from pipelines.base.columns import extend_values, with_values
from pipelines.base.store import Writer
from pipelines.contacts.revision import Revision
from pipelines.contacts.revisions import begin
from pipelines.contacts.suppression import enter
from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.files.file_problems import file_problems
from pipelines.files.problems import problems_frame
from pipelines.files.profiling import Source, measures, profile_file
from pipelines.files.reading import read
from pipelines.files.separators import default_separator
from pipelines.imports.contacts.actions import narrowed, with_consent
from pipelines.imports.contacts.cleaning import clean
from pipelines.imports.contacts.deduplication import deduplicate
from pipelines.imports.contacts.frames import LINE
from pipelines.imports.contacts.judging import file_options, judge_rows, rejects_csv
from pipelines.imports.contacts.mapping import Mapping as ColumnMapping
from pipelines.imports.contacts.mapping import resolve
from pipelines.imports.contacts.merging import Combined, MergeRules, apply, combine
from pipelines.imports.filing import (
    FileIdentity,
    declaration_hash,
    move_aside,
    partition_key,
    sha256,
    stem_of,
    write_aside,
)
from pipelines.imports.history import (
    FiledImport,
    finish_killed_imports,
    import_row,
    last_import,
    mark_filed,
    record,
    record_added_values,
    record_rejects,
    unreachable,
)
from pipelines.imports.intake import Desk, ImportRequest, Intake, Judgement
from pipelines.imports.refusing import lay_aside
from pipelines.imports.reporting import import_report
from pipelines.imports.results import LISTED_CHANGES, SHOWN_CHANGES, Counts, ImportResult
from pipelines.imports.trimming import drop_rejects, trim
from pipelines.layout import Layout

_STORED_ROWS = 10


def import_file(request: ImportRequest, desk: Desk) -> ImportResult:
    """Import one file, or say what it would do; refusals are results, not errors.

    UsageError where there is no such file or model; EnvironmentFaultError where the machine is in the way.
    """
    model = desk.declarations.model(request.model)
    opened = desk.store.rehearse() if request.preview else desk.store.write()
    with opened as writer:
        filed = {} if request.preview else finish_killed_imports(writer, desk.layout)
        path = Path(request.path).absolute()
        if path in filed:
            return _already_filed(filed[path], model)
        intake = _take(request, path, model, desk, writer)
        if not request.force and (known := _recognised(intake, writer, desk.layout)):
            return known
        judgement = _judge(intake, desk)
        if judgement.refused:
            return lay_aside(intake, judgement, writer, desk.layout, desk.judge, desk.store.who)
        return _merge(intake, judgement, writer, desk)


def _take(request: ImportRequest, path: Path, model: ImportModel, desk: Desk, writer: Writer) -> Intake:
    started_at = datetime.now(UTC)
    digest = sha256(path)
    name = request.name or path.name
    in_inbox = path.is_relative_to(desk.layout.inbox)
    return Intake(
        path=path,
        name=name,
        model=model,
        base=writer.contact_base,
        separator=model.separator or default_separator(path.name),
        size=path.stat().st_size,
        digest=digest,
        partition=partition_key(name, digest),
        declaration=declaration_hash(model, desk.declarations.base),
        started_at=started_at,
        identity=FileIdentity.of(path) if in_inbox else None,
        preview=request.preview,
    )


def _already_filed(filed: FiledImport, model: ImportModel) -> ImportResult:
    """The file was imported by a run that was killed before it could file it (IMP-17: each file is taken once)."""
    return ImportResult(
        import_id=filed.import_id,
        status="refused" if filed.refused else "skipped",
        name=filed.name,
        model=model.name,
        partition=filed.partition,
        file=filed.path,
        counts=Counts(rows=filed.rows),
        problems=problems_frame(),
        verdicts={},
    )


def _recognised(intake: Intake, writer: Writer, layout: Layout) -> ImportResult | None:
    """IMP-14: the bytes of the model's last import, under the same declaration, are skipped."""
    last = last_import(writer.connection, intake.model.name)
    if last is None or (last.sha256, last.declaration) != (intake.digest, intake.declaration):
        return None
    path = intake.path
    if intake.identity is not None and not intake.preview:
        path = move_aside(path, layout.archive, intake.model.name, intake.partition)
    return ImportResult(
        import_id=last.import_id,
        status="skipped",
        name=intake.name,
        model=intake.model.name,
        partition=intake.partition,
        file=path,
        counts=Counts(rows=last.rows),
        problems=problems_frame(),
        verdicts={},
    )


@contextmanager
def _step(name: str, intake: Intake, desk: Desk) -> Generator[None]:
    desk.observe(f"{intake.name}: {name}")
    since = time.perf_counter()
    yield
    intake.seconds[name] = intake.seconds.get(name, 0.0) + time.perf_counter() - since


def _judge(intake: Intake, desk: Desk) -> Judgement:
    """Read the file and judge it, as a file and row by row; nothing is written."""
    with _step("read", intake, desk):
        profile, source = profile_file(intake.path, separator=intake.separator, max_bytes=intake.base.max_file_bytes)
        mapping = resolve(source.headers, intake.model, intake.base) if source and source.headers else None
    with _step("rules", intake, desk):
        missing = mapping.missing if mapping else ()
        row = measures(profile, missing_columns=len(missing) if mapping else None)
        verdicts = desk.judge.judge("file", row, file_options(intake.base, intake.model))
        found = file_problems(profile, verdicts, missing=missing, short_lines_padded=intake.model.short_lines == "pad")
    judgement = Judgement(profile, source, mapping, found, {"file": verdicts})
    if source is None or mapping is None or _refuses(verdicts):
        return judgement
    mapping, read_as = narrowed(mapping, intake.model, intake.base)
    judgement = replace(judgement, mapping=mapping, problems=pl.concat([found, mapping.problems]))
    if _critical(mapping.problems):
        return judgement
    return _judge_rows(replace(intake, model=read_as), desk, judgement, source, mapping)


def _judge_rows(intake: Intake, desk: Desk, judgement: Judgement, source: Source, mapping: ColumnMapping) -> Judgement:
    with _step("read", intake, desk):
        text = read(source)
    with _step("clean", intake, desk):
        cleaned = clean(text, mapping, intake.model, intake.base)
    with _step("rules", intake, desk):
        judged = judge_rows(cleaned, text, desk.judge, intake.model)
    problems = pl.concat([judgement.problems, cleaned.problems, judged.problems])
    verdicts = {**judgement.verdicts, "rows": judged.verdicts, "rejections": judged.rejections}
    judgement = replace(judgement, text=text, cleaned=cleaned, judged=judged, problems=problems, verdicts=verdicts)
    if _refuses(judged.rejections):
        return judgement
    with _step("deduplicate", intake, desk):
        base = with_values(intake.base, cleaned.added_values)
        unique = deduplicate(judged.good, base.key, base)
    return replace(judgement, deduplicated=unique.frame, problems=pl.concat([problems, unique.problems]))


def _refuses(verdicts: tuple[Verdict, ...]) -> bool:
    return any(not verdict.passed and verdict.severity == "critical" for verdict in verdicts)


def _critical(problems: pl.DataFrame) -> bool:
    return bool(problems.select((pl.col("severity") == "critical").any()).item())


def _merge(intake: Intake, judgement: Judgement, writer: Writer, desk: Desk) -> ImportResult:
    """Merge what was judged good, in one transaction; or, for a preview, say what that would give."""
    with _step("merge", intake, desk):
        if intake.preview:
            return _rehearse(intake, judgement, writer, desk)
        result = _commit(intake, judgement, writer, desk)
    if intake.identity is not None:
        moved = move_aside(intake.path, desk.layout.archive, intake.model.name, intake.partition)
        with writer.transaction() as connection:
            mark_filed(connection, result.import_id or 0)
        result = replace(result, file=moved)
    return result


def _rehearse(intake: Intake, judgement: Judgement, writer: Writer, desk: Desk) -> ImportResult:
    """IMP-11: the outcome by the same steps as a commit's; the base undoes whatever was written."""
    combined, import_id = _combine(intake, judgement, writer), writer.next_id("import_id")
    result = _written(intake, judgement, combined, import_id, writer, desk)
    return replace(result, import_id=None, status="preview")


def _written(
    intake: Intake, judgement: Judgement, combined: Combined, import_id: int, writer: Writer, desk: Desk
) -> ImportResult:
    """Write contacts and suppression list in the caller's transaction; what came of it."""
    if judgement.cleaned and judgement.cleaned.added_values:
        extend_values(writer.connection, judgement.cleaned.added_values)
        record_added_values(writer.connection, import_id, judgement.cleaned.added_values)
    base = _extended(intake, judgement)
    revision = begin(writer, "import", desk.store.who, intake.started_at, import_id)
    apply(writer, combined, base, revision)
    if desk.settle is not None:
        desk.settle(writer, desk.store.who, intake.started_at)
    result = _result(intake, judgement, combined)
    return replace(
        result,
        import_id=import_id,
        status="imported",
        counts=replace(result.counts, suppressed=_suppress(intake, combined, writer, revision)),
        unreachable=unreachable(writer.connection, import_id, base.key),
    )


def _combine(intake: Intake, judgement: Judgement, writer: Writer) -> Combined:
    crossed = judgement.mapping.crossed if judgement.mapping else {}
    model = intake.model
    rules = MergeRules(
        _extended(intake, judgement),
        model.action,
        empty_cells=model.empty_cells,
        may_resubscribe=model.may_resubscribe,
        crossed=crossed,
    )
    return combine(writer, with_consent(judgement.rows, intake.model, intake.base), rules, intake.started_at)


def _extended(intake: Intake, judgement: Judgement) -> ContactBase:
    return with_values(intake.base, judgement.cleaned.added_values if judgement.cleaned else {})


def _commit(intake: Intake, judgement: Judgement, writer: Writer, desk: Desk) -> ImportResult:
    with writer.transaction() as connection:
        import_id = writer.next_id("import_id")
        combined = _combine(intake, judgement, writer)
        result = _written(intake, judgement, combined, import_id, writer, desk)
        # Written before the commit, under the import's number: a kill leaves either both or a folder that the next run drops.
        result = _write_files(intake, judgement, result, writer, desk.layout)
        if judgement.text is not None and judgement.judged is not None:
            record_rejects(connection, import_id, judgement.text, judgement.judged.rejected)
        record(connection, import_row(intake, result, judgement.header, desk.store.who))
        trimmed = trim(connection, desk.declarations.base.import_history)
    drop_rejects(desk.layout, trimmed)
    return result


def _suppress(intake: Intake, combined: Combined, writer: Writer, revision: Revision) -> int:
    """IMP-10: people to suppress whom the base does not know; how many are new on the list."""
    if intake.model.action != "suppress":
        return 0
    strangers = combined.rows.filter(pl.col("outcome") == "skipped")[intake.base.key]
    return enter(writer.connection, strangers, writer.hash_key, revision)


def _result(intake: Intake, judgement: Judgement, combined: Combined) -> ImportResult:
    good = judgement.rows.height
    rows = judgement.text.frame.height if judgement.text else 0
    rejected = judgement.judged.rejected.height if judgement.judged else 0
    counts = Counts(
        rows=rows,
        inserted=combined.count("inserted"),
        updated=combined.count("updated"),
        unchanged=combined.count("unchanged"),
        deleted=combined.count("deleted"),
        skipped_by_action=combined.count("skipped"),
        duplicates=rows - rejected - good,
        rejected=rejected,
    )
    return ImportResult(
        import_id=None,
        status="preview",
        name=intake.name,
        model=intake.model.name,
        partition=intake.partition,
        file=intake.path,
        counts=counts,
        problems=pl.concat([judgement.problems, _kept_consents(combined, judgement.mapping, intake.base)]),
        verdicts=judgement.verdicts,
        hidden=judgement.hidden,
        stored=combined.stored(_STORED_ROWS),
        changed_fields=combined.changed_fields(intake.base),
        changes=combined.changes(intake.base, LISTED_CHANGES if intake.preview else SHOWN_CHANGES),
        mapping=judgement.mapping.described if judgement.mapping else (),
        seconds=intake.seconds,
    )


def _kept_consents(combined: Combined, mapping: ColumnMapping | None, base: ContactBase) -> pl.DataFrame:
    """STA-5: the rows whose consent stayed as strict as it was, and which column said otherwise; a constant has none."""
    headers = {column.field: column.header for column in mapping.columns if column.role == "field"} if mapping else {}
    labels = {value.code: value.labels.of(base.locale) for value in base.field("opt_in_email").values}
    names, codes = list(labels.values()), list(labels)
    old, new = (pl.col(name).replace_strict(codes, names, return_dtype=pl.String) for name in ("old", "new"))
    listed = pl.format(
        "{} stays '{}' where the file says '{}': the account's suppression list is left by hand only (`carnet contact set`).",
        "field",
        old,
        new,
    )
    refused = pl.format(
        "{} stays '{}' where the file says '{}': an import loosens no consent, unless its model says `may_resubscribe: true`.",
        "field",
        old,
        new,
    )
    return combined.consent_kept.select(
        pl.lit("consent_kept").alias("rule"),
        pl.lit("warning").alias("severity"),
        pl.col(LINE).alias("line"),
        pl.col("field").replace_strict(headers, default=None, return_dtype=pl.String).alias("column"),
        pl.when("on_the_list").then(listed).otherwise(refused).alias("message"),
        pl.lit(None, pl.String).alias("cell"),
    )


def _write_files(
    intake: Intake, judgement: Judgement, result: ImportResult, writer: Writer, layout: Layout
) -> ImportResult:
    """The rejects file and the report, where there is something to say."""
    if result.problems.is_empty():
        return result
    folder, stem, suffix = layout.rejects / str(result.import_id), stem_of(intake.path), intake.path.suffix
    rejects_file = None
    if judgement.text is not None and judgement.judged is not None and result.counts.rejected:
        content = rejects_csv(judgement.text, judgement.judged.rejected, intake.separator)
        rejects_file = write_aside(writer.scratch, folder / f"{stem}.rejects{suffix}", content)
    report = import_report(
        intake.name,
        judgement.profile,
        result.problems,
        asdict(result.counts),
        rejects_name=rejects_file.name if rejects_file else None,
    )
    written = write_aside(writer.scratch, folder / f"{stem}.report.txt", report.encode())
    return replace(result, rejects_file=rejects_file, report=written)
