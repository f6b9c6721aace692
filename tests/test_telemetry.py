"""Libraries report nothing to their makers, unless the user allows it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from paddle_workbench.telemetry import ORT_VARIABLE, refuse_telemetry


def test_keeps_the_users_value() -> None:
    environment = {ORT_VARIABLE: "0"}
    refuse_telemetry(environment)
    assert environment == {ORT_VARIABLE: "0"}


def test_onnx_runtime_makes_no_device_id(tmp_path: Path) -> None:
    # Where it runs tests or CI, it reports nothing in any case.
    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    if "PYTHONPATH" in os.environ:
        variables["PYTHONPATH"] = os.environ["PYTHONPATH"]
    code = "import onnxruntime; onnxruntime.get_available_providers()"
    subprocess.run([sys.executable, "-c", code], env=variables, check=True)
    assert not list(tmp_path.iterdir())
