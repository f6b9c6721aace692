"""The names that `paddle_workbench.program` offers, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from paddle_workbench import program


@pytest.mark.parametrize("name", program.__all__)
def test_offers_every_name(name: str) -> None:
    assert getattr(program, name) is not None


def test_rejects_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'unheard_of'"):
        _ = program.unheard_of


def test_imports_none_of_its_modules_before_they_are_used() -> None:
    code = (
        "import sys, paddle_workbench.program\n"
        "print([name for name in sys.modules if name.startswith('paddle_workbench.program.')])"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "[]"
