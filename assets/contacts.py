"""`contacts` and `published_base`: the two assets that every base has, whatever is declared."""

# No `from __future__ import annotations` here: Dagster reads the annotations of configs and resources as they stand.
import dagster as dg

from expectations import base as base_suite
from pipelines.declarations.model import ContactBase, Declarations
from pipelines.language import say, words
from pipelines.orchestration.following import judged_contacts, published
from pipelines.orchestration.instance import POOL
from pipelines.orchestration.names import (
    ACTIVITY,
    CONTACTS,
    INBOX,
    OWNERS,
    PUBLISHED,
    events_key,
    outcomes_key,
    segment_keys,
)
from pipelines.workspace import Workspace

GROUP = "base"


def contacts_asset(declarations: Declarations) -> dg.AssetsDefinition:
    """`contacts`: one row per contact, checked after every run that wrote it."""

    @dg.asset(
        key=CONTACTS,
        deps=[
            INBOX,
            *(outcomes_key(model.name) for model in declarations.models),
            *(events_key(wanted.name) for wanted in declarations.event_imports),
        ],
        group_name=GROUP,
        kinds={"duckdb", "table", "greatexpectations"},
        owners=OWNERS,
        pool=POOL,
        description=say("One clean row per contact. Its columns are the system fields, then the declared ones."),
        metadata={"dagster/column_schema": _schema(declarations.base)},
        check_specs=[
            dg.AssetCheckSpec(rule.name, asset=CONTACTS, description=words(rule.description))
            for rule in base_suite.rules({})
        ],
    )
    def contacts(workspace: dg.ResourceParam[Workspace]) -> dg.MaterializeResult:
        shown, verdicts = judged_contacts(workspace, anew=True)
        return dg.MaterializeResult(
            metadata=shown,
            check_results=[
                dg.AssetCheckResult(
                    check_name=verdict.rule, passed=verdict.passed, metadata={"found": verdict.observed}
                )
                for verdict in verdicts
            ],
        )

    return contacts


def _schema(base: ContactBase) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(field.name, type=field.sql_type, description=field.labels.of(base.locale))
            for field in base.fields
        ]
    )


def published_base_asset(declarations: Declarations) -> dg.AssetsDefinition:
    """`published_base`: the analysts' read-only copy, replaced once a run."""

    @dg.asset(
        key=PUBLISHED,
        deps=[CONTACTS, ACTIVITY, *segment_keys(declarations.segments)],
        group_name=GROUP,
        kinds={"duckdb"},
        owners=OWNERS,
        pool=POOL,
        description=say("`data/contacts.duckdb`: the copy for ad-hoc SQL. Readers keep the one that they opened."),
    )
    def published_base(workspace: dg.ResourceParam[Workspace]) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata=published(workspace))

    return published_base
