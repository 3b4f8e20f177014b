"""A file of events: judged as a file, then its rows resolved, judged and added, and what follows for the contacts (BHV-1, BHV-2).

Whatever the order in which files come, and however often, the same events give the same base. Belongs here: the order of these
steps. Does not: how any step is done, nor what becomes of the file (`taking`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from expectations.events import COLUMNS, CONFLICTING, UNREAD
from pipelines.base.statements import first_row, statement
from pipelines.base.store import Connection, Writer
from pipelines.contacts.erased import naming_erased
from pipelines.contacts.revisions import begin
from pipelines.contacts.states import affect, bind_pending, follow_events
from pipelines.declarations.hashing import hash_declared
from pipelines.declarations.model import ContactBase, EventImport
from pipelines.errors import EnvironmentFaultError
from pipelines.files.judging import FileRules, judge_file, mended
from pipelines.files.opening import FileIdentity, Opened
from pipelines.files.problems import Problem, problems_frame
from pipelines.files.profiles import Reading, among
from pipelines.files.profiling import profile_file
from pipelines.files.reading import read
from pipelines.imports.events.adding import Plain, add_fresh, add_plain
from pipelines.imports.events.columns import columns_of
from pipelines.imports.events.contesting import Contest, conflicts, find_contest, rename_former
from pipelines.imports.events.holding import find_held, let_go
from pipelines.imports.events.reading import (
    ROWS,
    format_of,
    make_rows,
    make_rows_of_text,
    measure_json,
    measure_parquet,
    originals,
)
from pipelines.imports.events.resolving import prepare, resolve
from pipelines.imports.events.row_problems import rejected_problems, told_problems, with_reasons
from pipelines.imports.history import record_rejects
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
from pipelines.imports.results import EventCounts, ImportResult
from pipelines.language import say

Broken = dict[str, int]
"""Rule of rows → how many break it."""
_MOST_BYTES = {"csv": 1 << 32, "json": 1 << 28, "parquet": 0}
"""Event files are no contact files: `max_file_bytes` does not bound them, the machine's memory does.

CSV is measured byte by byte, so that it is read whole; of the others a large file is read by its path.
"""


def most_bytes(path: Path, base: ContactBase) -> int:
    """How much of the file is held in memory as it is."""
    del base
    return _MOST_BYTES[format_of(path)]


def declaration_hash(event_import: EventImport, base: ContactBase) -> str:
    """What decides how files are read, and to whom their events go, as one hash (IMP-14)."""
    read_by = replace(event_import, place=None, notify=(), signature=None, into=None, source=None)
    about = (base.key, base.phone_region, base.timezone, base.locale, base.soft_limit)
    return hash_declared(read_by, about)


def judge(intake: Intake[EventImport], context: ImportContext, writer: Writer) -> Judgement | Refused:
    """Judge the file as a file; one that is accepted stands in the relation `reading.ROWS`, a row an event."""
    if format_of(intake.path) == "csv":
        return _judge_text(intake, context, writer.connection)
    return _judge_records(intake, context, writer.connection)


def _judge_text(intake: Intake[EventImport], context: ImportContext, connection: Connection) -> Judgement | Refused:
    """A CSV file is judged as a contact file is (IMP-2), but for its size."""
    event_import, rules = intake.importer, FileRules(_MOST_BYTES["csv"])
    with intake.step("read", context):
        profile, source = profile_file(intake.opened, Reading(event_import.separator), rules.max_bytes)
        header = source.headers if source else ()
        columns = columns_of(event_import, header)
        profile = among(profile, [header for named in columns.found.values() for header in named])
    with intake.step("rules", context):
        missing = columns.missing if header else None
        verdicts, problems = judge_file(profile, rules, context.judge, missing=missing, lacking=columns.lacking)
    facts = FileFacts(header, columns.hidden, profile.separator, profile.rows, profile.described, profile.ending)
    judgement = Judgement(facts, problems, {"file": verdicts})
    if source is None or not header or refuses(verdicts):
        found = None if intake.preview else mended(profile, source, rules, context.judge)
        return Refused(facts, problems, judgement.verdicts, found)
    with intake.step("read", context):
        make_rows_of_text(connection, read(source), columns, event_import.constants)
    return judgement


def _judge_records(intake: Intake[EventImport], context: ImportContext, connection: Connection) -> Judgement | Refused:
    measure = measure_parquet if format_of(intake.path) == "parquet" else measure_json
    with intake.step("read", context):
        file = measure(connection, intake.opened, intake.importer)
    with intake.step("rules", context):
        options = {"missing_columns": "refuse" if file.needed else "warn"}
        measures = {name: [value] for name, value in file.measures.items()}
        verdicts = context.judge.judge("records", measures, options)
        failed = [verdict for verdict in verdicts if not verdict.passed]
        problems = problems_frame([Problem(each.rule, each.severity, file.words[each.rule]) for each in failed])
    if refuses(verdicts):
        return Refused(file.facts, problems, {"records": verdicts})
    make_rows(connection, file.source, file.cells, intake.importer.constants)
    return Judgement(file.facts, problems, {"records": verdicts})


def commit(judgement: Judgement, intake: Intake[EventImport], context: ImportContext, writer: Writer) -> ImportResult:
    """`add`, and what the rules say of the rows."""
    result, broken = add(judgement, intake, context, writer)
    verdicts = context.judge.judge("events", {name: [count] for name, count in broken.items()}, {})
    return replace(result, verdicts={**judgement.verdicts, "events": verdicts})


def add(
    judgement: Judgement, intake: Intake[EventImport], context: Surroundings, writer: Writer
) -> tuple[ImportResult, Broken]:
    """Add what is new, give it to its contacts with the states that follow, and keep the rejected rows.

    What came of it, and how many rows break each rule.
    """
    connection, event_import = writer.connection, intake.importer
    import_id = writer.next_id("import_id")
    with intake.step("plain rows", context):
        prepare(connection, event_import, intake.base)
        if "event_id" in event_import.theirs:
            find_held(writer, f"SELECT event_id FROM {ROWS}")  # noqa: S608
        plain = add_plain(writer, event_import, import_id)
    with intake.step("resolve", context):
        resolve(connection, event_import, intake.base, writer.hash_key)
        rename_former(connection, event_import.channel)
        if not plain.new:
            find_held(writer, "SELECT event_id FROM carnet_events WHERE accepted")
    with intake.step("rules", context):
        result, contest, broken = _judge_rows(judgement, plain, import_id, intake, writer)
    with intake.step("add", context):
        fresh = plain.events + add_fresh(writer, event_import, contest, plain, import_id)
    with intake.step("states", context):
        affect(writer, import_id)
        bind_pending(writer)
        changed = follow_events(writer, begin(writer, "events", context.store.who, intake.started_at, import_id))
    if event_import.into == "lake" and not intake.preview:
        with intake.step("hold", context):
            let_go(writer, event_import, import_id)
    _require_unchanged(intake.opened)
    row = first_row(connection, "SELECT count(*) FROM main.pending_events WHERE import_id = ?", [import_id])
    pending = row[0] if row else 0
    known = plain.events + contest.accepted - fresh
    counts = replace(result.counts, new=fresh - pending, known=known, pending=pending)
    return replace(result, counts=counts, changed=changed), broken


def _judge_rows(
    judgement: Judgement,
    plain: Plain,
    import_id: int,
    intake: Intake[EventImport],
    writer: Writer,
) -> tuple[ImportResult, Contest, Broken]:
    """What is told of the rows that are not plain, as a result, what is contested among them, and the rules that they break."""
    event_import, connection = intake.importer, writer.connection
    [(rows, left_out, refused, accepted, told)] = connection.execute(statement("events/tally")).fetchall()
    contest = find_contest(writer, event_import.name, accepted, new=plain.new)
    problems = [judgement.problems]
    broken = dict.fromkeys((*COLUMNS, UNREAD, CONFLICTING), 0)
    if refused:
        rejected = connection.sql(statement("events/rejected")).pl()
        problems.append(rejected_problems(rejected, event_import))
        broken |= {name: int(rejected[name].sum()) for name in COLUMNS}
        if not intake.preview:
            cells = originals(connection, intake.opened, judgement.facts.header, rejected["line"])
            kept = with_reasons(rejected).join(cells, on="line", how="left", maintain_order="left")
            record_rejects(connection, import_id, _without_erased_cells(kept, rejected, writer))
    if told:
        rows_told = connection.sql(statement("events/told")).pl()
        problems.append(told_problems(rows_told, event_import))
        broken[UNREAD] = rows_told["unread"].count()
    if contest.contested:
        problems.append(conflicts(connection, event_import))
        broken[CONFLICTING] = problems[-1].height
    counts = EventCounts(rows=plain.events + rows, rejected=refused, left_out=left_out)
    result = result_of(intake, judgement, counts, import_id=import_id)
    return replace(result, problems=pl.concat(problems)), contest, broken


def _without_erased_cells(kept: pl.DataFrame, rejected: pl.DataFrame, writer: Writer) -> pl.DataFrame:
    """`kept` (`line`, `reasons`, `cells`) with no cells of lines that name people who were erased (EXP-9)."""
    gone = set(rejected.filter(pl.col("erased") == 1)["line"].to_list())
    cells = kept.select("line", "cells").explode("cells")
    named = naming_erased(writer.connection, writer.hash_key, cells["cells"], writer.contact_base)
    gone |= set(cells.filter(named)["line"].to_list())
    empty = pl.lit([], pl.List(pl.String))
    return kept.with_columns(cells=pl.when(pl.col("line").is_in(list(gone))).then(empty).otherwise("cells"))


def _require_unchanged(opened: Opened) -> None:
    """EnvironmentFaultError where a file that is read by its path is another one by now: its hash would not be that of its rows."""
    if not opened.whole and FileIdentity.of(opened.path) != opened.identity:
        raise EnvironmentFaultError(
            say("The file {file} changed while it was read. Nothing was imported.", file=opened.name),
            say("Import it again once nothing writes to it any more."),
        )
