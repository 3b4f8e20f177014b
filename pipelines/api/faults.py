"""What nobody foresaw, on standard error: a line of JSON that says where, and nothing of whom it was about (SEC-4)."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime


def tell_fault(error: Exception, during: str | None) -> None:
    """Which kind of error, and where in the code; its text may hold a person's value, and is left out."""
    trace, where = error.__traceback__, ""
    while trace is not None:
        where, trace = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}", trace.tb_next
    said = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "service": "api",
        "event": "fault",
        "error": type(error).__name__,
        "where": where,
        "during": during,
    }
    print(json.dumps(said), file=sys.stderr, flush=True)
