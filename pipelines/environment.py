"""Settings that come from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlparse

from pipelines.errors import UsageError
from pipelines.language import LOCALES, Locale, say

LANGUAGE = "CARNET_LANG"
SPARK = "CARNET_SPARK"
DAGSTER_POSTGRES = "CARNET_DAGSTER_POSTGRES"
"""Where Dagster keeps its runs, if not in files: `postgresql://user:password@host/database`."""


def seconds(name: str, default: float, hint: str) -> float:
    """The variable `name` as seconds, at least 0; UsageError with `hint` where it is none."""
    try:
        return max(0.0, float(os.environ.get(name, default)))
    except ValueError as error:
        raise UsageError(say("{variable} is not a number of seconds.", variable=name), hint) from error


def own_language(environ: Mapping[str, str] = os.environ) -> Locale | None:
    """The language of one's own terminal, None where `CARNET_LANG` is not set; UsageError where it names none of ours.

    A system's own way to write one will do: `fr_FR.UTF-8`.
    """
    own = environ.get(LANGUAGE, "")
    if not own:
        return None
    for locale in LOCALES:
        if own.lower() == locale or own.lower().startswith((f"{locale}_", f"{locale}-", f"{locale}.")):
            return locale
    raise UsageError(
        say("Carnet does not speak {language!r}.", language=own),
        say("Set {variable} to one of: {known}.", variable=LANGUAGE, known=", ".join(LOCALES)),
    )


def spark_address(environ: Mapping[str, str] = os.environ) -> str | None:
    """The Spark Connect endpoint that `CARNET_SPARK` names (LAK-2), None where it names none; UsageError where it is no address.

    It may hold a token: `spark_place` is what people are shown.
    """
    address = environ.get(SPARK, "")
    if address and not _is_spark_address(address):
        raise UsageError(
            say("{variable} is no address of Spark Connect.", variable=SPARK), say("Write it as sc://host:port.")
        )
    return address or None


def spark_place(address: str) -> str:
    """Where an endpoint of Spark Connect is, without who asks there: no user, and no token (SEC-4)."""
    return f"sc://{urlparse(address).netloc.rpartition('@')[2]}"


def _is_spark_address(address: str) -> bool:
    """Whether a host, and perhaps a port, can be told from what follows them: parameters come after a slash alone."""
    try:
        parsed = urlparse(address)
        return parsed.scheme == "sc" and bool(parsed.hostname) and ";" not in parsed.netloc and parsed.port != 0
    except ValueError:
        return False
