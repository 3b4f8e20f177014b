"""The file rules (IMP-2), judged on one row of measures of the file (pipelines/files/profiling.py makes it)."""

from __future__ import annotations

from dataclasses import replace

from expectations.rules import Options, Rule, Severity, mark


def rules(options: Options) -> tuple[Rule, ...]:
    """List the file rules.

    Options: `max_bytes` and `max_columns` (int), `stray_separators` (warn, clean, reject_row), `short_lines` (pad, reject_row),
    `missing_columns` (refuse, warn).
    """
    size, columns = options["max_bytes"], options["max_columns"]
    missing: Severity = "warning" if options.get("missing_columns") == "warn" else "critical"
    strays: Severity = "error" if options.get("stray_separators") == "reject_row" else "warning"
    short: Severity = "error" if options.get("short_lines") == "reject_row" else "warning"
    kinds = ("text", "xlsx", "ods")
    return (
        Rule(
            "kind",
            mark("The file is text or a workbook, and no picture, archive or the like."),
            "critical",
            one_of=kinds,
        ),
        _none("unreadable", mark("The file is whole, not locked, and has the sheet that is asked for."), "critical"),
        Rule("size", mark("The file is not larger than the base allows (`max_file_bytes`)."), "critical", at_most=size),
        Rule("encoding", mark("The file is UTF-8 throughout."), "critical", one_of=("utf-8",)),
        _none("nul_bytes", mark("The file holds no NUL byte."), "critical"),
        _none("quotes", mark("Quotes are written in one way throughout the file."), "critical"),
        _none("unclosed_quote", mark("Every quoted cell is closed."), "critical"),
        Rule("rows", mark("The file has a header and at least one row."), "critical", at_least=1),
        Rule(
            "columns", mark("The header has no more columns than a contact file can have."), "critical", at_most=columns
        ),
        _none("headers", mark("Headers are unique and none is empty."), "critical"),
        _none("trailing_separators", mark("No line ends in a separator too many."), "critical"),
        _none("extra_cells", mark("No line has more cells than the header."), "critical"),
        _none("missing_columns", mark("Every mapped column is there."), missing),
        _none("stray_separators", mark("No value ends in a stray separator or quote."), strays),
        _none("short_lines", mark("No line has fewer cells than the header."), short),
        _none("blank_lines", mark("No line is blank or holds separators alone."), "warning"),
        _none("repeated_headers", mark("The header stands once."), "warning"),
        _none("mojibake", mark("No cell was read in the wrong encoding before it came here."), "warning"),
        _none("error_cells", mark("No cell holds an error of the workbook."), "warning"),
        _none("one_column", mark("No single column seems to hold several data."), "warning"),
        _none("file_name", mark("The file's name has no blanks, accents, capitals or special signs."), "warning"),
    )


def rules_of_many(options: Options) -> tuple[Rule, ...]:
    """The same rules for files that no model knows yet (IMP-18), one row each: a verdict names the rows that failed.

    Before them, what is only asked of such a file: where its header stands.
    """
    above = mark("The header is the first line that holds something: no title stands above it.")
    first = (
        _none("title_lines", above, "critical"),
        _none("no_header", mark("The first line is a header, not a contact."), "critical"),
    )
    kind, *others = rules(options)
    return tuple(replace(rule, each=True) for rule in (kind, *first, *others))


def _none(name: str, description: str, severity: Severity) -> Rule:
    return Rule(name, description, severity, at_most=0)
