"""Carnet as it is installed from a wheel, in an environment and a folder that know nothing of the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import ROOT


@pytest.fixture(scope="module")
def carnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of an environment that has the wheel; the libraries are those of the environment that runs the tests."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist"]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = (folder / "dist").glob("carnet-*.whl")
    venv.create(folder / "env", with_pip=False)
    uv = Path(sys.executable).with_name("uv")
    install = [uv, "pip", "install", "--quiet", "--no-index", "--no-deps", "--python", folder / "env", wheel]
    subprocess.run(install, check=True, env={**os.environ, "VIRTUAL_ENV": str(folder / "env")})
    [site] = (folder / "env" / "lib").glob("python3*/site-packages")
    # A line that names a folder adds that alone: the checkout, which a file in there names, stays unknown.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "env" / "bin" / "carnet"


def told(carnet: Path, folder: Path, *arguments: str) -> Any:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CARNET_", "DAGSTER"))}
    ended = subprocess.run(
        [carnet, *arguments, "--json"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads(ended.stdout)


def test_a_new_account_imports_and_exports(carnet: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    told(carnet, tmp_path, "init", str(shop))
    assert told(carnet, shop, "check")["ok"]
    (tmp_path / "contacts-1.csv").write_text(
        "Email;Prénom;Code postal;Livres\na@ex.fr;Ana;75001;X\nb@ex.fr;Bob;69001;\n"
    )
    done = told(carnet, shop, "import", str(tmp_path / "contacts-1.csv"))
    assert (done["status"], done["inserted"]) == ("imported", 2)
    counts = {segment["name"]: segment["count"] for segment in told(carnet, shop, "segments")}
    assert (counts["all_contacts"], counts["parisiens"]) == (2, 1)
    assert told(carnet, shop, "export", "tous")["path"] == str(shop / "data" / "exports" / "tous.csv")
    where = subprocess.run(
        [carnet.with_name("python"), "-c", "import pipelines; print(pipelines.__file__)"],
        cwd=shop,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(ROOT) not in where.stdout
