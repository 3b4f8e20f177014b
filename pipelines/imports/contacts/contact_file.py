"""A file of contacts: judged as a file and row by row, then merged into the base, by the steps of docs/architecture.md.

Belongs here: the order of these steps, and what a step's verdict means for the next one. Does not: how any step is done, nor what
becomes of the file (`taking`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from pipelines.base.columns import extend_values, with_values
from pipelines.base.store import Writer
from pipelines.contacts.revision import Revision
from pipelines.contacts.revisions import begin
from pipelines.contacts.states import settle
from pipelines.contacts.suppression import enter
from pipelines.declarations.hashing import hash_declared
from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.files.judging import judge_file, mended
from pipelines.files.profiles import FileProfile, Reading, among
from pipelines.files.profiling import profile_file
from pipelines.files.reading import Source, TextFrame, read
from pipelines.files.separators import default_separator
from pipelines.imports.contacts.actions import narrowed, with_consent
from pipelines.imports.contacts.added_values import of_rows, told
from pipelines.imports.contacts.cleaning import clean
from pipelines.imports.contacts.deduplication import deduplicate
from pipelines.imports.contacts.erased_rows import erased_lines, kept_rows, without_erased_people
from pipelines.imports.contacts.frames import LINE
from pipelines.imports.contacts.ignored_refusals import ignored_refusals, skipped_refusals, unread_refusals
from pipelines.imports.contacts.judging import file_rules, judge_columns, judge_rows, rejects_csv
from pipelines.imports.contacts.mapping import Mapping as Columns
from pipelines.imports.contacts.mapping import resolve
from pipelines.imports.contacts.matching import with_owners
from pipelines.imports.contacts.merging import Combined, MergeRules, apply, combine
from pipelines.imports.contacts.missing_columns import lacking_columns
from pipelines.imports.contacts.remembering import remember_refusals
from pipelines.imports.filing import stem_of
from pipelines.imports.history import record_added_values, record_rejects, unreachable
from pipelines.imports.intake import (
    FileFacts,
    ImportContext,
    Intake,
    Judgement,
    Refused,
    Surroundings,
    refuses,
    result_of,
)
from pipelines.imports.masking import hidden_names
from pipelines.imports.results import LISTED_CHANGES, SHOWN_CHANGES, Counts, ImportResult
from pipelines.language import say_rows
from pipelines.syncing import write_aside

_STORED_ROWS = 10


@dataclass(frozen=True)
class Accepted(Judgement):
    """A file that may be merged: `unique` are its good rows, one a key, in the columns of a CleanFrame.

    `rows`: how many it has. `rejected`: as in `Judged`; `text`: these rows at least, as they were read: all of a large file
    would be held while it is merged. `base`: the base with the values that the file adds to its lists (`added`). `in_full`: as
    in `Deduplicated`.
    """

    rows: int
    text: TextFrame
    mapping: Columns
    rejected: pl.DataFrame
    unique: pl.DataFrame
    base: ContactBase
    added: Mapping[str, tuple[str, ...]]
    in_full: tuple[str, ...] = ()


def most_bytes(path: Path, base: ContactBase) -> int:
    """A larger file is refused (IMP-2)."""
    del path
    return base.max_file_bytes


def declaration_hash(model: ImportModel, base: ContactBase) -> str:
    """What of the declarations decides how a file is imported, as one hash (IMP-14).

    Places in the YAML do not count, nor where files come from, who is notified, and what programs call a field.
    """
    read_by = replace(model, place=None, source=None, interval_minutes=ImportModel.interval_minutes, notify=())
    fields = tuple(replace(field, api=None) for field in base.declared_fields)
    return hash_declared(read_by, replace(base, place=None, retention=None, declared_fields=fields))


def judge(intake: Intake[ImportModel], context: ImportContext, writer: Writer) -> Accepted | Refused:
    """Read the file and judge it, as a file and row by row."""
    model, base = intake.importer, intake.base
    reading = Reading(model.separator, model.sheet, model.trailing_separators == "cut", model.decimal or ".")
    with intake.step("read", context):
        profile, source = profile_file(intake.opened, reading, base.max_file_bytes)
        mapping = resolve(source.headers, model, base) if source and source.headers else None
        if mapping is not None:
            profile = among(profile, narrowed(mapping, model, base)[0].read_headers)
    with intake.step("rules", context):
        judgement = _judge_file(profile, source, mapping, intake, context)
    if source is None or mapping is None or refuses(judgement.verdicts["file"]):
        return _refused(judgement, profile, source, intake, context)
    mapping, read_as = narrowed(mapping, model, base)
    judgement = replace(judgement, problems=pl.concat([judgement.problems, mapping.problems]))
    if "critical" in mapping.problems["severity"]:
        return _refused(judgement, profile, source, intake, context)
    accepted = _judge_rows(judgement, source, mapping, read_as, intake, context, writer)
    if refuses(accepted.verdicts["rejections"]) or "critical" in accepted.problems["severity"]:
        return _refused(accepted, profile, source, intake, context)
    with intake.step("deduplicate", context):
        return _one_a_key(accepted, base)


def _one_a_key(accepted: Accepted, base: ContactBase) -> Accepted:
    """The good rows, one a key, and of the values that the file would add to lists those that these rows have (FLD-3)."""
    unique = deduplicate(accepted.unique, base.key, accepted.base)
    added = of_rows(accepted.added, unique.frame)
    return replace(
        accepted,
        unique=unique.frame,
        base=with_values(base, added),
        added=added,
        in_full=unique.in_full,
        problems=pl.concat([told(accepted.problems, added), unique.problems]),
    )


def _judge_file(
    profile: FileProfile,
    source: Source | None,
    mapping: Columns | None,
    intake: Intake[ImportModel],
    context: ImportContext,
) -> Judgement:
    header = source.headers if source else ()
    missing = mapping.missing if mapping else ()
    verdicts, problems = judge_file(
        profile,
        file_rules(intake.base, intake.importer),
        context.judge,
        missing=len(missing) if mapping else None,
        lacking=lacking_columns(missing, header, source),
    )
    hidden = hidden_names(header, recognised=mapping is None or mapping.recognised)
    unread = profile.sheet.others if profile.sheet else ()
    facts = FileFacts(header, hidden, profile.separator, profile.rows, profile.described, profile.ending, unread)
    return Judgement(facts, problems, {"file": verdicts})


def _judge_rows(
    judgement: Judgement,
    source: Source,
    mapping: Columns,
    model: ImportModel,
    intake: Intake[ImportModel],
    context: ImportContext,
    writer: Writer,
) -> Accepted:
    """The rows cleaned and judged; those that are good are not one a key yet."""
    with intake.step("read", context):
        text = read(source)
    with intake.step("clean", context):
        cleaned = without_erased_people(clean(text, mapping, model, intake.base), mapping, writer)
        cleaned = with_owners(cleaned, mapping, model, writer)
    with intake.step("rules", context):
        ignored = ignored_refusals(text, mapping.columns, model, intake.base)
        refusals = pl.concat([ignored, unread_refusals(judgement.facts.unread, model)])
        judged = judge_rows(cleaned, text, context.judge, model, refusals)
        columns = judge_columns(cleaned.problems, context.judge)
    rejected_text = text.frame.join(judged.rejected.select("line"), on="line", how="semi", maintain_order="left")
    return Accepted(
        facts=judgement.facts,
        problems=pl.concat([judgement.problems, cleaned.problems, judged.problems]),
        verdicts={
            **judgement.verdicts,
            "rows": judged.verdicts,
            "columns": columns,
            "rejections": judged.rejections,
        },
        rows=text.frame.height,
        text=replace(text, frame=rejected_text),
        mapping=mapping,
        rejected=judged.rejected,
        unique=judged.good,
        base=with_values(intake.base, cleaned.added_values),
        added=cleaned.added_values,
    )


def _refused(
    judgement: Judgement,
    profile: FileProfile,
    source: Source | None,
    intake: Intake[ImportModel],
    context: ImportContext,
) -> Refused:
    rules = file_rules(intake.base, intake.importer)
    found = None if intake.preview else mended(profile, source, rules, context.judge)
    return Refused(judgement.facts, judgement.problems, judgement.verdicts, found)


def commit(accepted: Accepted, intake: Intake[ImportModel], context: Surroundings, writer: Writer) -> ImportResult:
    """Merge the rows into contacts and suppression list, with whatever follows for these contacts; keep the rejected ones."""
    with intake.step("merge", context):
        import_id, connection = writer.next_id("import_id"), writer.connection
        extend_values(connection, accepted.added)
        record_added_values(connection, import_id, accepted.added)
        incoming = with_consent(accepted.unique, intake.importer, intake.base)
        combined = _combine(incoming, accepted, intake, writer)
        revision = begin(writer, "import", context.store.who, intake.started_at, import_id)
        apply(writer, combined, accepted.base, revision)
        settle(writer, context.store.who, intake.started_at)
        suppressed = _suppress(combined, intake, writer, revision)
        remembered = remember_refusals(incoming, combined, intake.importer, intake.base, writer, revision)
        result = replace(
            _result(accepted, incoming, combined, intake, import_id, suppressed=suppressed, remembered=remembered),
            unreachable=unreachable(connection, import_id, intake.base.key),
        )
        return result if intake.preview else _keep_rejects(result, accepted, intake, context, writer)


def _combine(incoming: pl.DataFrame, accepted: Accepted, intake: Intake[ImportModel], writer: Writer) -> Combined:
    model = intake.importer
    rules = MergeRules(
        accepted.base,
        model.action,
        empty_cells=model.empty_cells,
        known_cells=model.known_cells,
        may_resubscribe=model.may_resubscribe,
        crossed=accepted.mapping.crossed,
    )
    return combine(writer, incoming, rules, intake.started_at)


def _suppress(combined: Combined, intake: Intake[ImportModel], writer: Writer, revision: Revision) -> int:
    """IMP-10: people to suppress whom the base does not know; how many are new on the list."""
    if intake.importer.action != "suppress":
        return 0
    strangers = combined.rows.filter(pl.col("outcome") == "skipped")[intake.base.key]
    return enter(writer.connection, strangers, writer.hash_key, revision)


def _result(
    accepted: Accepted,
    incoming: pl.DataFrame,
    combined: Combined,
    intake: Intake[ImportModel],
    import_id: int,
    **kept: int,
) -> ImportResult:
    rows, rejected = accepted.rows, accepted.rejected.height
    outcomes = {name: combined.count(name) for name in ("inserted", "updated", "unchanged", "deleted")}
    counts = Counts(
        rows=rows,
        **outcomes,
        skipped_by_action=combined.count("skipped"),
        duplicates=rows - rejected - accepted.unique.height,
        rejected=rejected,
        **kept,
    )
    skipped = skipped_refusals(incoming, combined, intake.importer, intake.base)
    stricter = _kept_consents(combined, accepted.mapping, intake.base)
    return replace(
        result_of(intake, accepted, counts, import_id=import_id),
        problems=pl.concat([accepted.problems, stricter, skipped]),
        in_full=accepted.in_full,
        stored=combined.stored(_STORED_ROWS),
        changed_fields=combined.changed_fields(intake.base),
        changes=combined.changes(intake.base, LISTED_CHANGES if intake.preview else SHOWN_CHANGES),
        mapping=accepted.mapping.described,
    )


def _kept_consents(combined: Combined, mapping: Columns, base: ContactBase) -> pl.DataFrame:
    """STA-5: the rows whose consent stayed as strict as it was, and which column said otherwise; a constant has none."""
    headers = {column.field: column.header for column in mapping.columns if column.role == "field"}
    labels = {value.code: value.labels.of(base.locale) for value in base.field("opt_in_email").values}
    names, codes = list(labels.values()), list(labels)
    old, new = (pl.col(name).replace_strict(codes, names, return_dtype=pl.String) for name in ("old", "new"))
    listed = say_rows(
        "{field} stays '{old}' where the file says '{new}': the account's suppression list is left by hand only "
        "(`carnet contact set`).",
        field="field",
        old=old,
        new=new,
    )
    refused = say_rows(
        "{field} stays '{old}' where the file says '{new}': an import loosens no consent, unless its model says "
        "`may_resubscribe: true`.",
        field="field",
        old=old,
        new=new,
    )
    return combined.consent_kept.select(
        pl.lit("consent_kept").alias("rule"),
        pl.lit("warning").alias("severity"),
        pl.col(LINE).alias("line"),
        pl.col("field").replace_strict(headers, default=None, return_dtype=pl.String).alias("column"),
        pl.when("on_the_list").then(listed).otherwise(refused).alias("message"),
        pl.lit(None, pl.String).alias("cell"),
    )


def _keep_rejects(
    result: ImportResult, accepted: Accepted, intake: Intake[ImportModel], context: Surroundings, writer: Writer
) -> ImportResult:
    """The rejected rows, as the file has them: in the history, and in a file to be corrected and imported again (IMP-9)."""
    rejected, number = accepted.rejected, result.import_id or 0
    if rejected.is_empty():
        return result
    gone = erased_lines(accepted.problems)
    told = rejected.filter(pl.col("line").is_in(gone.to_list()))
    record_rejects(writer.connection, number, told.with_columns(cells=pl.lit([], pl.List(pl.String))))
    text = kept_rows(accepted.text, rejected, gone, writer, intake.base)
    rejected = rejected.join(told, on="line", how="anti", maintain_order="left")
    if rejected.is_empty():
        return result
    cells = pl.concat_list(f"c{position}" for position in range(len(text.headers))).alias("cells")
    record_rejects(writer.connection, number, text.frame.join(rejected, on="line").with_columns(cells))
    name = f"{stem_of(intake.path)}.rejects{accepted.facts.ending}"
    separator = accepted.facts.separator or default_separator(name)
    usual = intake.importer.separator or default_separator(name)
    # A file that names a separator of its own has rejects that do, for the model would read them with another one.
    content = rejects_csv(text, rejected, separator, hint=separator != usual)
    return replace(
        result, rejects_file=write_aside(writer.scratch, context.layout.rejects / str(number) / name, content)
    )
