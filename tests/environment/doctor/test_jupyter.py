from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jupyter_core.paths
import pytest

from paddle_workbench.environment.doctor.jupyter import examine_jupyterlab, examine_kernel

from ..conftest import MakeDistribution
from .conftest import write_json


def test_installed_jupyterlab_is_in_range() -> None:
    (observation,) = examine_jupyterlab()
    assert observation.state == "ok"


@pytest.mark.parametrize("version", ["4.5.9", "4.7.0"])
def test_jupyterlab_out_of_range_is_broken(
    version: str, make_distribution: MakeDistribution
) -> None:
    make_distribution("jupyterlab", version)
    (observation,) = examine_jupyterlab()
    assert observation.state == "broken"
    assert version in observation.detail.en
    assert observation.repair.endswith("install jupyterlab==4.6.4")


def kernel(folder: Path, *argv: str) -> Path:
    return write_json(folder / "kernels" / "paddle" / "kernel.json", {"argv": argv}).parent


@pytest.mark.parametrize("program", ["python", "python3", sys.executable])
def test_kernel_of_this_environment_is_ok(program: str, jupyter: Path) -> None:
    kernel(jupyter / "environment", program, "-m", "ipykernel_launcher")
    (observation,) = examine_kernel()
    assert observation.state == "ok"


def test_missing_kernel_is_broken(jupyter: Path) -> None:
    (observation,) = examine_kernel()
    assert (observation.state, observation.detail.en) == ("broken", "There is no kernel paddle.")
    assert "--force-reinstall" in observation.repair


@pytest.mark.parametrize("argv", [["/opt/other/bin/python"], []])
def test_repair_removes_kernel_of_another_python(argv: list[str], jupyter: Path) -> None:
    kernel(jupyter / "environment", "python")
    other = kernel(jupyter / "own", *argv)
    (observation,) = examine_kernel()
    assert observation.state == "broken"
    assert f"not {sys.executable}" in observation.detail.en
    subprocess.run(["sh", "-c", observation.repair], check=True)
    assert not other.exists()
    (observation,) = examine_kernel()
    assert observation.state == "ok"


def test_repair_reinstalls_wrong_kernel_of_the_environment(jupyter: Path) -> None:
    kernel(jupyter / "environment", "/opt/other/bin/python")
    (observation,) = examine_kernel()
    assert "--force-reinstall" in observation.repair


def test_repair_passes_over_a_kernel_that_cannot_be_removed(
    jupyter: Path, as_nobody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jupyter_core.paths, "ENV_JUPYTER_PATH", [str(as_nobody / "environment")])
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(as_nobody))
    kernel(as_nobody / "environment", "python")
    folder = kernel(as_nobody, "/opt/other/bin/python")
    folder.parent.chmod(0o500)
    (observation,) = examine_kernel()
    assert observation.repair == "export JUPYTER_PREFER_ENV_PATH=1"
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    (observation,) = examine_kernel()
    assert observation.state == "ok"
    monkeypatch.setenv("JUPYTER_PATH", str(as_nobody))
    (observation,) = examine_kernel()
    assert observation.repair == "unset JUPYTER_PATH"
    folder.parent.chmod(0o700)
