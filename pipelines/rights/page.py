"""The dossier as one page to print (EXP-12): nothing of it comes from elsewhere. Does not belong here: what is held."""

from __future__ import annotations

from datetime import date, datetime
from html import escape
from zoneinfo import ZoneInfo

from pipelines.declarations.model import ContactBase
from pipelines.language import language, number, say, speaking
from pipelines.rights.gathering import Held, Rows
from pipelines.rights.words import word

_STYLE = """
body { font: 10pt/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; color: #111; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; break-after: avoid; }
table { border-collapse: collapse; width: 100%; } tr { break-inside: avoid; }
th, td { border: 1px solid #bbb; padding: .2rem .4rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eee; }
"""


def page(held: Held, base: ContactBase) -> str:
    """The page, in the base's language, whatever the operator's is: the person reads it; instants in the base's time zone."""
    with speaking(base.locale):
        return _page(held, ZoneInfo(base.timezone))


def _page(held: Held, zone: ZoneInfo) -> str:
    title = word("title")
    parts = [
        f'<!doctype html>\n<html lang="{language()}">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>',
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>",
        f"<p>{escape(word('intro').format(at=shown(held.at, zone)))}</p>",
    ]
    for name, rows in held.tables.items():
        parts.append(f"<h2>{escape(word(name))}</h2>\n{_table(rows, zone)}")
    return "\n".join([*parts, "</body>\n</html>\n"])


def _table(rows: Rows, zone: ZoneInfo) -> str:
    if not rows:
        return f"<p>{escape(word('nothing'))}</p>"
    head = "".join(f"<th>{escape(word(name))}</th>" for name in rows[0])
    lines = ("".join(f"<td>{escape(shown(value, zone))}</td>" for value in row.values()) for row in rows)
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table>\n<tr>{head}</tr>\n{body}\n</table>"


def shown(value: object, zone: ZoneInfo) -> str:
    """A value as people read it in the language."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return say("{at:%Y-%m-%d %H:%M:%S}", at=value.astimezone(zone))
    if isinstance(value, date):
        return say("{day:%Y-%m-%d}", day=value)
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, float):
        return number(value, "g" if abs(value) < 1e6 else "")
    return str(value)
