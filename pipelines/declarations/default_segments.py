"""The segments that every base has (SEG-5), as criteria: a declared segment refers to them like to any other."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.declarations.events import ACTIVE_TYPES
from pipelines.declarations.model import (
    Criterion,
    FieldCriterion,
    Group,
    Retention,
    Segment,
    SegmentCriterion,
    SqlCriterion,
)
from pipelines.fields import HARD_EMAIL_STATUS, HARD_MOBILE_STATUS, Labels, Locale

_HAS_EMAIL = FieldCriterion("email", "is_not_empty")
_HAS_MOBILE = FieldCriterion("mobile", "is_not_empty")
_EMAIL_YES = FieldCriterion("opt_in_email", "equals", ("yes",))
_SMS_YES = FieldCriterion("opt_in_sms", "equals", ("yes",))

# As last computed (BHV-3). Who came since was not looked at: inactive, like whoever did nothing.
_ACTIVE = SqlCriterion("active_contacts", "SELECT contact_id FROM main.activity WHERE active")
_INACTIVE = SegmentCriterion("active_contacts", inside=False)

_DEFAULTS: tuple[tuple[str, Labels, tuple[Criterion, ...]], ...] = (
    ("all_contacts", Labels("Tous les contacts", "All contacts"), ()),
    ("active_contacts", Labels("Contacts actifs", "Active contacts"), (_ACTIVE,)),
    ("inactive_contacts", Labels("Contacts inactifs", "Inactive contacts"), (_INACTIVE,)),
    ("email_contacts", Labels("Contacts Email", "Email contacts"), (_HAS_EMAIL,)),
    ("email_subscribers", Labels("Abonnés Email", "Email subscribers"), (_HAS_EMAIL, _EMAIL_YES)),
    (
        "email_unsubscribed",
        Labels("Désabonnés Email", "Email unsubscribed"),
        (_HAS_EMAIL, FieldCriterion("opt_in_email", "equals", ("no",))),
    ),
    (
        "bad_email_addresses",
        Labels("Mauvaises adresses Email (NPAI)", "Bad email addresses"),
        (FieldCriterion("email_status", "in", HARD_EMAIL_STATUS),),
    ),
    ("sms_contacts", Labels("Contacts SMS", "SMS contacts"), (_HAS_MOBILE,)),
    ("sms_subscribers", Labels("Abonnés SMS", "SMS subscribers"), (_HAS_MOBILE, _SMS_YES)),
    (
        "sms_unsubscribed",
        Labels("Désabonnés SMS", "SMS unsubscribed"),
        (_HAS_MOBILE, FieldCriterion("opt_in_sms", "equals", ("no",))),
    ),
    (
        "bad_sms_numbers",
        Labels("Mauvais numéros SMS", "Bad SMS numbers"),
        (FieldCriterion("mobile_status", "in", HARD_MOBILE_STATUS),),
    ),
    (
        "email_reachable",
        Labels("Joignables par Email", "Reachable by email"),
        (_HAS_EMAIL, _EMAIL_YES, FieldCriterion("email_status", "none_of", HARD_EMAIL_STATUS, empty="include")),
    ),
    (
        "sms_reachable",
        Labels("Joignables par SMS", "Reachable by SMS"),
        (_HAS_MOBILE, _SMS_YES, FieldCriterion("mobile_status", "none_of", HARD_MOBILE_STATUS, empty="include")),
    ),
)

TO_PURGE = "to_purge"
_TO_PURGE = Labels("Contacts à purger", "Contacts to purge")
# EXP-13: neither active nor touched, by hand or by whatever file named them.
_FORGOTTEN = """SELECT c.contact_id FROM main.contacts AS c
WHERE greatest(c.created_at, c.modified_at) < now() - to_years({years})
AND c.contact_id NOT IN (
    SELECT e.contact_id FROM main.events AS e WHERE e.occurred_at >= now() - to_years({years}) AND e.type IN ({types})
) AND c.contact_id NOT IN (
    SELECT o.contact_id FROM main.import_contacts AS o JOIN main.imports AS i ON i.import_id = o.import_id
    WHERE i.started_at >= now() - to_years({years}) AND o.outcome <> 'skipped'
)"""

DEFAULT_SEGMENT_NAMES = tuple(name for name, _, _ in _DEFAULTS)


def default_segments(locale: Locale, retention: Retention | None = None) -> Iterator[Segment]:
    """The default segments with their labels in the base's language, in the order of SEG-5; `to_purge` where a retention asks."""
    for name, labels, criteria in _DEFAULTS:
        yield Segment(name, labels.of(locale), Group("all", criteria), default=True)
    if retention is not None:
        sql = _FORGOTTEN.format(years=retention.inactive_years, types=", ".join(f"'{name}'" for name in ACTIVE_TYPES))
        yield Segment(TO_PURGE, _TO_PURGE.of(locale), Group("all", (SqlCriterion(TO_PURGE, sql),)), default=True)
