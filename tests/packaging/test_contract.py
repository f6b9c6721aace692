"""The TypeScript of the contract is made from the Python of the contract."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.build
def test_contract_of_the_front_end_is_current(repository: Path) -> None:
    schema = subprocess.run(
        [sys.executable, "-m", "paddle_workbench.server.openapi", "--json-schema"],
        capture_output=True,
        check=True,
    )
    made = subprocess.run(
        [Path(sys.executable).with_name("jlpm"), "contract"],
        cwd=repository / "workbench",
        input=schema.stdout,
        capture_output=True,
        check=True,
    )
    committed = repository / "workbench" / "src" / "contract.ts"
    assert made.stdout.decode() == committed.read_text("utf-8"), "run `make build`"
