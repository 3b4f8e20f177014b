"""What all tests share: one judge for the session (Great Expectations takes seconds to start), and small accounts."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import HealthCheck, settings

from expectations.judge import Judge
from pipelines.base.settings import settle_results
from pipelines.declared import declared
from pipelines.imports.intake import ImportRequest
from pipelines.imports.results import ImportResult
from pipelines.layout import Layout
from pipelines.workspace import Workspace
from tests.planting import plant

if TYPE_CHECKING:
    from tests.behaving import Behaving

# A machine under load is slow, not wrong; CI looks at the same examples each time, people at new ones.
settings.register_profile("carnet", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("carnet"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "carnet")

# What tests say of messages is English, whatever their base's locale: for the commands that they run too.
os.environ["CARNET_LANG"] = "en"

DECLARATIONS = """\
type: pipelines.components.ContactBase
attributes:
  fields:
    - {name: postcode, label: Code postal, format: text}
    - {name: birth_date, label: Date de naissance, format: date}
    - {name: basket, label: Panier moyen, format: number}
    - {name: member, label: Adhérent, format: single_select, values: ["Oui", "Non"], unknown_values: reject}
    - {name: interests, label: Centre d'intérêt, format: multi_select, values: [Perle, Diamant, Agathe]}
---
type: pipelines.components.ImportModel
attributes: {name: clients, file: "clients*.csv"}
"""


_JUDGES = "CARNET_JUDGE"


def pytest_configure() -> None:
    """One judge for all: for the workers that share the tests, and for the commands that they run."""
    if _JUDGES not in os.environ:
        os.environ[_JUDGES] = tempfile.mkdtemp(prefix="carnet-judge-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The judge ends with its folder."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(_JUDGES), ignore_errors=True)


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    """The process that runs the rules."""
    with Judge(Path(os.environ[_JUDGES])) as running:
        yield running


@dataclass
class Account:
    """A base in a folder of its own: write files, import them, ask the base."""

    folder: Path
    judge: Judge
    steps: list[str] = field(default_factory=list)

    @property
    def layout(self) -> Layout:
        return Layout(data=self.folder / "data", assets=self.folder / "assets")

    @property
    def workspace(self) -> Workspace:
        """As the product opens it, but for the judge: the session's serves all."""
        workspace = Workspace(self.layout, declared(self.layout.assets), "a test")
        workspace.__dict__["judge"] = self.judge
        return workspace

    def declare(self, text: str) -> None:
        self.layout.assets.mkdir(parents=True, exist_ok=True)
        (self.layout.assets / "defs.yaml").write_text(text, encoding="utf-8")

    def write(self, content: str | bytes, name: str = "clients.csv") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def take(self, path: Path, model: str = "clients", **options: bool | str) -> ImportResult:
        plant(self.layout)
        return self.workspace.take(ImportRequest(str(path), model, **options), self.steps.append)

    def load(self, content: str | bytes, name: str = "clients.csv", **options: bool | str) -> ImportResult:
        return self.take(self.write(content, name), **options)

    def rows(self, query: str, parameters: object = None) -> list[tuple]:
        """What the base holds; as the next run would find it where it is asked for what only that run makes."""
        if self.layout.base.exists():
            with suppress(duckdb.CatalogException, duckdb.BinderException), self._reading() as connection:
                return connection.execute(query, parameters).fetchall()
        with self.workspace.store.rehearse() as writer:
            return writer.connection.execute(query, parameters).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with closing(duckdb.connect(str(self.layout.base), read_only=True)) as connection:
            settle_results(connection)
            yield connection

    def contacts(self, *columns: str, key: str = "email") -> list[tuple]:
        listed = ", ".join(columns or ("*",))
        return self.rows(f"SELECT {listed} FROM main.contacts ORDER BY {key}")


@pytest.fixture
def new_account(tmp_path_factory: pytest.TempPathFactory, judge: Judge) -> Callable[[], Account]:
    """Makes an account with DECLARATIONS, in an empty folder, at each call."""

    def make() -> Account:
        account = Account(tmp_path_factory.mktemp("account"), judge)
        account.declare(DECLARATIONS)
        return account

    return make


@pytest.fixture
def account(new_account: Callable[[], Account]) -> Account:
    """An account with DECLARATIONS."""
    return new_account()


@pytest.fixture
def behaving(account: Account) -> Behaving:
    """An account with event imports of every kind."""
    from tests.behaving import Behaving  # it builds on this file

    made = Behaving(account)
    made.declare()
    return made
