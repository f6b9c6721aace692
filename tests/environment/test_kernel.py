from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from paddle_workbench.contract import KernelReport

from .conftest import MakeDistribution


def report(before: str = "") -> tuple[KernelReport, bool]:
    """Return the report of a new process, and whether it imported Paddle or pydantic."""
    code = f"""
import sys
{before}
heavy = {{"paddle", "pydantic"}}
loaded = heavy & set(sys.modules)
from paddle_workbench.environment.kernel import report_json
print(report_json())
print(heavy & set(sys.modules) != loaded)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    text, grown = done.stdout.splitlines()[-2:]
    return KernelReport.model_validate_json(text), grown == "True"


def test_device_is_unknown_before_paddle_is_imported() -> None:
    kernel_report, grown = report()
    version = platform.python_version()
    assert kernel_report == KernelReport(paddle="3.2.2", device=None, python=version, warm=False)
    assert not grown


@pytest.mark.paddle
def test_device_is_known_after_paddle_is_imported() -> None:
    kernel_report, grown = report("import paddle")
    assert kernel_report.device in {"cpu", "gpu:0"}
    assert not grown


def test_device_is_unknown_while_paddle_is_being_imported() -> None:
    kernel_report, _ = report("import types; sys.modules['paddle'] = types.ModuleType('paddle')")
    assert kernel_report.device is None


def test_version_is_unknown_without_paddle() -> None:
    kernel_report, _ = report("sys.path = [p for p in sys.path if 'site-packages' not in p]")
    assert kernel_report.paddle is None


def test_reads_version_of_paddle_for_gpus(make_distribution: MakeDistribution) -> None:
    folder = make_distribution("paddlepaddle-gpu", "3.2.1").parent
    kernel_report, _ = report(f"sys.path.insert(0, {str(folder)!r})")
    assert kernel_report.paddle == "3.2.1"
