"""A ready EventImport for a file of events, as YAML to paste (IMP-18, BHV-1)."""

from __future__ import annotations

from pipelines.inspection.event_guesses import EventGuess
from pipelines.inspection.naming import pattern_of
from pipelines.inspection.proposing import free_model_name, heading, quoted, scalar
from pipelines.language import say


def event_import_yaml(file: str, separator: str | None, guess: EventGuess, taken: set[str]) -> str:
    """An EventImport document for files like this one, which `carnet check` accepts; its name is then taken.

    Words of which nothing is known stand there as a comment: their rows are rejected and listed until somebody says what they are.
    """
    name = free_model_name(file, "events", taken)
    known = {theirs: ours for theirs, ours in guess.types.items() if ours}
    unknown = [theirs for theirs, ours in guess.types.items() if not ours]
    lines = [
        *heading(file),
        "type: pipelines.components.EventImport",
        "attributes:",
        f"  name: {scalar(name)}",
        f"  file: {quoted(pattern_of(file))}",
        f"  channel: {guess.channel}",
        *([] if separator is None else [f"  separator: {'tab' if separator == chr(9) else quoted(separator)}"]),
        "  mapping:",
        *(f"    {scalar(theirs)}: {ours}" for theirs, ours in guess.mapping.items()),
        *(["  types:"] if known else []),
        *(f"    {scalar(theirs)}: {ours}" for theirs, ours in known.items()),
        *(
            say("    # {word}: … # which type is it? null leaves such events out", word=quoted(theirs))
            for theirs in unknown
        ),
    ]
    return "\n".join(lines) + "\n"
