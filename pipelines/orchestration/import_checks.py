"""The assets and checks of an importer's files, whether of contacts or of events: one check a rule, on the asset that it judges.

Belongs here: which there are. Does not: what a result says of them (`metadata`).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import dagster as dg

from expectations import columns as column_suite
from expectations import events as event_suite
from expectations import file as file_suite
from expectations import rows as row_suite
from expectations.rules import Rule
from pipelines.declarations.model import ContactBase, EventImport, ImportModel
from pipelines.imports.contacts.judging import file_rules, row_options
from pipelines.language import say
from pipelines.orchestration.dagster_private import PreviewWarning
from pipelines.orchestration.names import (
    INBOX,
    OWNERS,
    events_key,
    file_key,
    model_keys,
    partitions_of,
    rows_key,
)

Importer = ImportModel | EventImport
MAPPING = "mapping"
"""The check of a file of contacts that no rule of a suite stands for: whether its columns can be read by the model."""
READABLE = "readable"
"""The check of a file of events that stands for all rules about it as a file: every other one judges rows."""


@dataclass(frozen=True)
class ImportCheck:
    """One check of an importer's files. A blocking one that fails refuses the file."""

    asset: dg.AssetKey
    name: str
    description: str
    blocking: bool

    @property
    def key(self) -> dg.AssetCheckKey:
        """As Dagster knows it."""
        return dg.AssetCheckKey(self.asset, self.name)

    def spec(self, partitions: dg.PartitionsDefinition[str]) -> dg.AssetCheckSpec:
        """As Dagster is given it, partitioned by import: each verdict stays with its partition (IMP-3)."""
        with warnings.catch_warnings():
            # Partitioned checks are a preview of Dagster 1.13.
            warnings.simplefilter("ignore", PreviewWarning)
            return dg.AssetCheckSpec(
                self.name,
                asset=self.asset,
                description=self.description,
                blocking=self.blocking,
                partitions_def=partitions,
            )


def import_checks(importer: Importer, base: ContactBase) -> list[ImportCheck]:
    """The checks of an importer's files, in the order in which verdicts are reported: the last one comes last of all."""
    if isinstance(importer, EventImport):
        key = events_key(importer.name)
        readable = ImportCheck(key, READABLE, say("The file can be read, and has the mapped columns."), blocking=True)
        return [readable, *(_of_rule(rule, key) for rule in event_suite.rules({}))]
    file, rows, options = file_key(importer.name), rows_key(importer.name), row_options(importer)
    fits = say("Every column and constant fits one field, and one column is the key.")
    return [
        *(_of_rule(rule, file) for rule in file_suite.rules(file_rules(base, importer).options)),
        *(_of_rule(rule, rows) for rule in (*row_suite.rules(options), *column_suite.rules({}))),
        *(_of_rule(rule, rows) for rule in row_suite.rejection_rules(options)),
        ImportCheck(file, MAPPING, fits, blocking=True),
    ]


def _of_rule(rule: Rule, asset: dg.AssetKey) -> ImportCheck:
    return ImportCheck(asset, rule.name, say(rule.description), blocking=rule.severity == "critical")


def import_keys(importer: Importer) -> list[dg.AssetKey]:
    """The assets of an importer, in the order the data takes: the first one stands for the file."""
    return [events_key(importer.name)] if isinstance(importer, EventImport) else model_keys(importer.name)


def import_specs(importer: Importer) -> list[dg.AssetSpec]:
    """The assets of an importer, partitioned by import."""
    name = importer.name
    if isinstance(importer, EventImport):
        described = say(
            "Events of the channel {channel}, from files `{file}`; the states that they move.",
            channel=importer.channel,
            file=importer.file,
        )
        return [_spec(name, events_key(name), INBOX, "behaviours", described, {"duckdb", "greatexpectations"})]
    group, by = "imports", {"model": name, "files": importer.file}
    file, rows, outcomes = model_keys(name)
    taken = say("A contact file taken by the import model `{model}` (files `{files}`), judged as a file.", **by)
    read = say("Its rows: mapped, cleaned, judged, one a key, by the import model `{model}` (files `{files}`).", **by)
    done = say(
        "What each import by the import model `{model}` (files `{files}`) did to the base, contact by contact.", **by
    )
    return [
        _spec(name, file, INBOX, group, taken, {"csv", "greatexpectations"}),
        _spec(name, rows, file, group, read, {"polars", "greatexpectations"}),
        _spec(name, outcomes, rows, group, done, {"duckdb"}),
    ]


def _spec(
    importer: str, key: dg.AssetKey, above: dg.AssetKey, group: str, description: str, kinds: set[str]
) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        deps=[above],
        description=description,
        group_name=group,
        kinds=kinds,
        owners=OWNERS,
        partitions_def=partitions_of(importer),
    )
