"""The first cell of each page yields its code, and the second, repaired, does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_workbench.codes import all_codes, page

from .cells import run_cell

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

# These start child processes that import Paddle, convert, compare or measure.
HEAVY = ("PW-X1", "PW-X2", "PW-X507", "PW-X508", "PW-X509", "PW-C4", "PW-C5", "PW-L", "PW-T")
# tests/program/coach runs the cells of the rules.
OF_RULES = ("PW-C1", "PW-C2", "PW-C3")

CODES = [
    pytest.param(code, marks=[pytest.mark.page] if code.startswith(HEAVY) else [])
    for code in all_codes()
    if page(code, "en").shows and not code.startswith(OF_RULES)
]


@pytest.fixture(scope="module", autouse=True)
def warm(imported_paddle: None) -> None:
    """Import once what the forks need."""
    import paddle_workbench.environment.doctor
    import paddle_workbench.export.bundle
    import paddle_workbench.program.capture  # noqa: F401


@pytest.mark.parametrize("code", CODES)
def test_cells_show_and_repair(code: str, tmp_path: Path) -> None:
    for name in ("shows", "repaired"):
        folder = tmp_path / name
        folder.mkdir()
        outcome = run_cell(getattr(page(code, "en"), name), folder)
        output = (outcome.stdout + outcome.stderr).decode()
        assert (code in output) == (name == "shows"), output[-2000:]
        assert name == "shows" or outcome.status == 0, output[-2000:]
