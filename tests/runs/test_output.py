"""The notebook of a run."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("IPython", "jupyter_server", "nbconvert", "numpy", "paddle", "pandas", "pyarrow")


def test_command_loads_little_before_it_asks_for_a_kernel() -> None:
    script = (
        "import sys, paddle_workbench.cli.run, paddle_workbench.runs.running.runner\n"
        "import paddle_workbench.runs.running.output\n"
        f"print(*(name for name in {HEAVY} if name in sys.modules))\n"
        "import pyarrow\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert result.stderr == ""
    assert result.stdout.split() == []
