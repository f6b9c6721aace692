"""The TypeScript of the contract is generated from Python, and up to date."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.build
def test_contract_of_the_front_end_is_current(repository: Path, tmp_path: Path) -> None:
    schemas = subprocess.run(
        [sys.executable, "-m", "paddle_workbench.server.openapi", "--json-schema"],
        capture_output=True,
        check=True,
    )
    subprocess.run(
        [Path(sys.executable).with_name("jlpm"), "contract", tmp_path],
        cwd=repository / "workbench",
        input=schemas.stdout,
        capture_output=True,
        check=True,
    )
    folder = repository / "workbench" / "src" / "contract"
    assert _texts(tmp_path) == _texts(folder), "src/contract/ is out of date. Run: make build"


def _texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.iterdir()}
