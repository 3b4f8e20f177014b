"""What an export on demand may show of contacts beside their fields: their e-mails and their imports (rest.md).

Belongs here: what there is, as fields of a file. Does not: its SQL (`sql/exports/with_figures.sql`), nor what programs call it.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.fields import Field, Format, Labels, Locale, fold


def _text(name: str, fr: str, en: str) -> Field:
    return Field(name, Labels(fr, en), Format.TEXT, read_only=True)


def _count(name: str, fr: str, en: str) -> Field:
    return Field(name, Labels(fr, en), Format.NUMBER, read_only=True)


def _instant(name: str, fr: str, en: str) -> Field:
    return Field(name, Labels(fr, en), Format.DATE, read_only=True, instant=True)


FIGURES: dict[str, Field] = {
    field.name: field
    for field in (
        _count("carnet_email_openings", "Ouvertures d'Emails", "Email openings"),
        _instant("carnet_email_opened_at", "Dernière ouverture d'Email", "Last email opening"),
        _text("carnet_email_opened", "Dernier Email ouvert", "Last email opened"),
        _count("carnet_email_clicks", "Clics d'Emails", "Email clicks"),
        _instant("carnet_email_clicked_at", "Dernier clic d'Email", "Last email click"),
        _text("carnet_email_clicked", "Dernier Email cliqué", "Last email clicked"),
        _text("carnet_email_link", "Dernier lien cliqué", "Last link clicked"),
        _text("carnet_import_added", "Import de création", "Import that added the contact"),
        _text("carnet_import_changed", "Dernier import de modification", "Import that last changed the contact"),
    )
}
"""By name; no declared field can begin so."""


def figure_header(field: Field, locale: Locale, taken: Iterable[str]) -> str:
    """The header of a figure's column: its label, or its name where another column is called so."""
    label = field.labels.of(locale)
    return label if fold(label) not in map(fold, taken) else field.name
