"""Other clients of the published copy, as docs/base.md shows each: they open it beside each other, and read the same."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.layout import ROOT
from tests.conftest import Account

PAGE = (ROOT / "docs" / "base.md").read_text(encoding="utf-8")
EXAMPLES = {
    re.sub(r"\W.*", "", block.split("\n")[0].removeprefix("# ")): block
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
}
READ = {
    "Arrow": "assert table.num_rows == frame.height == 1 and len(counted.columns) == 2",
    "SQLAlchemy": "assert rows == []",
    "ADBC": "assert 'operation' in table.schema.names",
    "import": "",
}


@pytest.mark.parametrize("client", READ)
def test_a_client_reads_the_published_copy(client: str, new_account: Callable[[], Account], tmp_path: Path) -> None:
    account = new_account()
    account.load("email;opt_in_email\nann@ex.fr;yes\n")
    account.workspace.refresh_segments()
    account.workspace.publish()
    example = EXAMPLES[client].replace("data/contacts.duckdb", str(account.layout.published))
    if client == "import":
        example = example.replace("segments.paris_perle", "contacts")
    ran = subprocess.run(
        [sys.executable, "-c", f"{example}\n{READ[client]}\n"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
