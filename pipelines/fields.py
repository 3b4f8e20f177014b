"""Fields: formats, the system fields of every base (FLD-6), states and consents (STA-1 to STA-3), labels, operators.

Belongs here: what a field *is*, for every room. Does not: how a cell is read (imports) or compared (segments).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pipelines.language import Locale

if TYPE_CHECKING:
    import polars as pl

UnknownValues = Literal["skip", "reject", "add"]
DateOrder = Literal["dmy", "mdy", "ymd", "excel"]
"""The order of day, month and year in a file; `excel`: days as a workbook counts them, 45123 (IMP-6b)."""
API_NAMES = (
    "salutation",
    "jobtitle",
    "phone",
    "fax",
    "address1",
    "address2",
    "zipcode",
    "city",
    "country",
    "type",
    "activity",
    "comments",
    "source",
    "influencerank",
    "emailoptinpartners",
    "mobileoptinpartners",
)
"""What programs may call a declared field beside its number (FLD-8, rest.md)."""
DecimalSign = Literal[",", "."]
"""The sign before decimals; the other one then stands between thousands."""


class Format(StrEnum):
    """The six formats of FLD-1."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    SINGLE_SELECT = "single_select"
    MULTI_SELECT = "multi_select"
    BOOLEAN = "boolean"


@dataclass(frozen=True)
class Labels:
    """A label in both languages, and what else a file may call the same thing."""

    fr: str
    en: str
    aliases: tuple[str, ...] = ()

    def of(self, locale: Locale) -> str:
        """The label in one language."""
        return self.fr if locale == "fr" else self.en

    @property
    def all(self) -> tuple[str, ...]:
        """Every form that a file may use."""
        return (self.fr, self.en, *self.aliases)


@dataclass(frozen=True)
class Value:
    """One value of a select field: `code` is stored, `labels` are shown and understood. Declared values have one form.

    `retired` is always false: the hashes of declarations that bases keep (IMP-14) spell it.
    """

    code: str
    labels: Labels
    retired: bool = False


@dataclass(frozen=True)
class Field:
    """One column of `contacts`.

    `values` are those that are declared, in their order (select formats only). `others`: codes of those that the base's list has
    beside them: added by imports, or `retired`, declared no longer, which contacts keep and exports show, but an import takes for
    undeclared (FLD-3, FLD-5). There may be 100 000: they are plain texts. `instant` marks a `date` that is a TIMESTAMPTZ.
    `system` fields stand in every base; `read_only` ones are never set by a file. `unique`: no two contacts have the same (IMP-6c).
    `api`: of API_NAMES, the one by which programs know it (FLD-8). `renamed`: former text of a value → its present one: contacts,
    files and criteria that have the former one mean the present one (FLD-5).
    """

    name: str
    labels: Labels
    format: Format
    values: tuple[Value, ...] = ()
    unknown_values: UnknownValues = "skip"
    system: bool = False
    read_only: bool = False
    instant: bool = False
    # Came after hashes of fields were first stored (`declarations.hashing.LATER`).
    unique: bool = field(default=False, metadata={"later": True})
    api: str | None = field(default=None, metadata={"later": True})
    renamed: tuple[tuple[str, str], ...] = field(default=(), metadata={"later": True})
    others: tuple[str, ...] = field(default=(), repr=False)
    retired: frozenset[str] = field(default=frozenset(), repr=False)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """What the base stores, in the order of its list."""
        return (*(value.code for value in self.values), *self.others)

    @cached_property
    def taken(self) -> tuple[str, ...]:
        """The codes that a file may hold: of values declared, or added by an import."""
        others = tuple(code for code in self.others if code not in self.retired) if self.retired else self.others
        return (*(value.code for value in self.values), *others)

    @property
    def listed(self) -> tuple[Value, ...]:
        """Every value of the base's list, in its order."""
        return (*self.values, *map(declared_value, self.others))

    @property
    def is_select(self) -> bool:
        """Single or multiple select."""
        return self.format in (Format.SINGLE_SELECT, Format.MULTI_SELECT)

    @property
    def sql_type(self) -> str:
        """The DuckDB type of the column (contract: the base)."""
        if self.name == "contact_id":
            return "BIGINT"
        if self.instant:
            return "TIMESTAMP WITH TIME ZONE"
        return SQL_TYPES[self.format]

    @property
    def polars_type(self) -> pl.DataType:
        """The polars type of the column in frames of contacts."""
        import polars as pl  # 0.3 s: not for those who only declare

        if self.name == "contact_id":
            return pl.Int64()
        if self.instant:
            return pl.Datetime("us", "UTC")
        if self.format is Format.MULTI_SELECT:
            return pl.List(pl.String())
        kinds = {Format.NUMBER: pl.Float64(), Format.DATE: pl.Date(), Format.BOOLEAN: pl.Boolean()}
        return kinds.get(self.format, pl.String())


SQL_TYPES: dict[Format, str] = {
    Format.TEXT: "VARCHAR",
    Format.NUMBER: "DOUBLE",
    Format.DATE: "DATE",
    Format.SINGLE_SELECT: "VARCHAR",
    Format.MULTI_SELECT: "VARCHAR[]",
    Format.BOOLEAN: "BOOLEAN",
}


def declared_value(text: str, former: tuple[str, ...] = ()) -> Value:
    """A value that the operator declared: stored and shown as typed, and understood by its `former` texts too."""
    return Value(text, Labels(text, text, former))


EMAIL_STATUS = (
    Value("unknown", Labels("Inconnu", "Unknown")),
    Value("valid", Labels("Valide", "Valid")),
    Value("absent", Labels("Absent", "Absent", ("Out of office",))),
    Value("soft", Labels("Soft", "Soft")),
    Value("rejected", Labels("Rejeté", "Rejected")),
    Value("bad_alias", Labels("Mauvais alias", "Bad alias")),
    Value("bad_domain", Labels("Mauvais domaine", "Bad domain")),
    Value("bad_syntax", Labels("Mauvaise syntaxe", "Bad syntax")),
)
HARD_EMAIL_STATUS = ("bad_alias", "bad_domain", "bad_syntax")
MOBILE_STATUS = (
    Value("unknown", Labels("Inconnu", "Unknown")),
    Value("valid", Labels("Valide", "Valid")),
    Value("temporary_error", Labels("Numéro en erreur", "Number in error")),
    Value("bad_number", Labels("Mauvais numéro", "Bad number")),
    Value("bad_format", Labels("Mauvais format", "Bad format")),
)
HARD_MOBILE_STATUS = ("bad_number", "bad_format")
OPT_IN_EMAIL = (
    Value("yes", Labels("Oui", "Yes")),
    Value("no", Labels("Non", "No")),
    Value("orange_list", Labels("En Liste Orange globale", "On the global orange list")),
    Value("suppression_list", Labels("En Liste Repoussoir du compte", "On the account's suppression list")),
)
OPT_IN_SMS = (Value("yes", Labels("Oui", "Yes")), Value("no", Labels("Non", "No")))


def _system(
    name: str,
    fr: str,
    en: str,
    field_format: Format = Format.TEXT,
    *,
    aliases: tuple[str, ...] = (),
    values: tuple[Value, ...] = (),
    read_only: bool = False,
    instant: bool = False,
) -> Field:
    return Field(
        name,
        Labels(fr, en, aliases),
        field_format,
        values,
        unknown_values="reject",
        system=True,
        read_only=read_only,
        instant=instant,
    )


# In the order of FLD-6, which is the order of the columns of `contacts`.
SYSTEM_FIELDS: tuple[Field, ...] = (
    _system("contact_id", "Identifiant", "Contact ID", Format.NUMBER, read_only=True),
    _system("email", "Adresse Email", "Email address", aliases=("Email", "E-mail", "Mail")),
    _system(
        "mobile",
        "Mobile (pour SMS)",
        "Mobile (for SMS)",
        aliases=("Tel. Mobile (pour SMS)", "Mobile", "Portable"),
    ),
    _system("first_name", "Prénom", "First name"),
    _system("last_name", "Nom", "Last name"),
    _system("company", "Raison Sociale", "Company", aliases=("Société",)),
    _system("opt_in_email", "Opt-In Email", "Email opt-in", Format.SINGLE_SELECT, values=OPT_IN_EMAIL),
    _system("email_status", "Statut Email", "Email status", Format.SINGLE_SELECT, values=EMAIL_STATUS),
    _system(
        "email_return_detail",
        "Détail du message de retour Email",
        "Email return detail",
        aliases=("Détail du message de retour Email (Mauvaises Adresses NPAI)",),
    ),
    _system("email_return_at", "Date du retour Email", "Email return date", Format.DATE, instant=True),
    _system("opt_in_sms", "Opt-In SMS", "SMS opt-in", Format.SINGLE_SELECT, values=OPT_IN_SMS),
    _system("mobile_status", "Statut Mobile", "Mobile status", Format.SINGLE_SELECT, values=MOBILE_STATUS),
    _system("do_not_track", "Ne pas me pister", "Do not track", Format.BOOLEAN),
    _system(
        "activity_degree",
        "Degré d'activité du contact",
        "Activity degree",
        Format.NUMBER,
        read_only=True,
        aliases=("Degré de l'activité du contact",),
    ),
    _system("created_at", "Contact ajouté le", "Contact added on", Format.DATE, read_only=True, instant=True),
    _system("modified_at", "Contact modifié le", "Contact modified on", Format.DATE, read_only=True, instant=True),
)

MAIN_FIELDS = (
    "first_name",
    "last_name",
    "company",
    "email",
    "opt_in_email",
    "email_status",
    "mobile",
    "opt_in_sms",
    "mobile_status",
    "created_at",
    "modified_at",
    "activity_degree",
)
"""The 12 main fields of EXP-2, in order."""

_TEXT_OPS = (
    "equals not_equals starts_with not_starts_with ends_with not_ends_with contains not_contains "
    "in not_in is_empty is_not_empty"
)
_SELECT_OPS = "equals not_equals in all_of none_of is_empty is_not_empty"
OPERATORS: dict[Format, tuple[str, ...]] = {
    Format.TEXT: tuple(_TEXT_OPS.split()),
    Format.NUMBER: tuple(
        "equals not_equals less_than at_most greater_than at_least between in is_empty is_not_empty".split()
    ),
    Format.DATE: tuple(
        (
            "equals not_equals before after between in_last_days in_next_days anniversary_in_days in_current in_previous "
            "before_days_ago age_between is_empty is_not_empty"
        ).split()
    ),
    Format.SINGLE_SELECT: tuple(_SELECT_OPS.split()),
    Format.MULTI_SELECT: tuple(_SELECT_OPS.split()),
    Format.BOOLEAN: ("equals", "is_empty", "is_not_empty"),
}
"""Operators by format (contract: field operators)."""


def fold(text: str) -> str:
    r"""`text` without case, accents, blanks, signs of format: how headers, labels, values are compared (IMP-5, IMP-6b, FLD-7).

    >>> fold("  Raison\u00a0Sociale ") == fold("raison sociale") == fold("RAISONSOCIALE")
    True
    """
    if text.isascii():
        return "".join(text.casefold().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    # Sign by distinct sign: a header may be of 16 MB.
    idle = (sign for sign in set(decomposed) if sign.isspace() or unicodedata.combining(sign) or _is_format(sign))
    return decomposed.translate(dict.fromkeys(map(ord, idle)))


def _is_format(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf"
