from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from paddle_workbench.environment.doctor.modules import examine_modules, modules_repair
from paddle_workbench.environment.repairs import shell_path

from ..conftest import MakeDistribution

LOCKED, OTHER = "4.10.0.84", "5.0.0"
Install = Callable[..., Path]


@pytest.fixture
def install(make_distribution: MakeDistribution) -> Install:
    """Install an OpenCV as a wheel does: its files replace those that are there."""

    def install_opencv(name: str, version: str) -> Path:
        information = make_distribution(name, version)
        package = information.parent / "cv2"
        package.mkdir(exist_ok=True)
        record = []
        for file in ("__init__.py", "version.py", "cv2.abi3.so"):
            # __init__.py is the same in all versions.
            text = "" if file == "__init__.py" else f"{name} {version}"
            (package / file).write_text(text, encoding="utf-8")
            record.append(f"cv2/{file},sha256=,{len(text)}\n")
        (information / "RECORD").write_text("".join(record), encoding="utf-8")
        return package

    return install_opencv


def test_modules_of_this_environment_are_ok() -> None:
    (observation,) = examine_modules()
    assert observation.state == "ok", observation.detail.en
    assert modules_repair() == ""


def test_warns_of_an_opencv_that_overwrote_the_locked_one(install: Install) -> None:
    install("opencv-contrib-python", LOCKED)
    install("opencv-python", OTHER)
    (observation,) = examine_modules()
    assert observation.state == "warning"
    assert observation.detail.en == (
        "cv2 is that of opencv-python 5.0.0, which overwrote the files of "
        "opencv-contrib-python 4.10.0.84."
    )
    uninstall, reinstall = observation.repair.split(" && ")
    assert uninstall.endswith("uninstall -y opencv-python")
    assert reinstall.endswith(f"--force-reinstall --no-deps opencv-contrib-python=={LOCKED}")
    assert modules_repair() == observation.repair


def test_warns_of_a_second_opencv_that_is_not_loaded(install: Install) -> None:
    install("opencv-python-headless", LOCKED)
    install("opencv-contrib-python", LOCKED)
    (observation,) = examine_modules()
    assert observation.state == "warning"
    assert "both contain cv2. The latter is loaded" in observation.detail.en
    assert "uninstall -y opencv-python-headless && " in observation.repair


def test_mixed_files_of_two_opencvs_are_broken(install: Install) -> None:
    package = install("opencv-contrib-python", LOCKED)
    module = package / "cv2.abi3.so"
    compiled = module.read_bytes()
    install("opencv-python", OTHER)
    module.write_bytes(compiled)
    (observation,) = examine_modules()
    assert observation.state == "broken"
    assert "a mixture of opencv-python 5.0.0 and opencv-contrib" in observation.detail.en


def test_module_removed_with_another_distribution_is_broken(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = install("opencv-contrib-python", LOCKED)
    shutil.rmtree(package)
    monkeypatch.setattr(sys, "path", [str(package.parent)])
    (observation,) = examine_modules()
    assert observation.state == "broken"
    assert observation.detail.en == "The module cv2 of opencv-contrib-python 4.10.0.84 is missing."
    assert observation.repair.endswith(f"--no-deps opencv-contrib-python=={LOCKED}")


def test_names_what_hides_a_locked_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hiding = tmp_path / "cv2.py"
    hiding.touch()
    monkeypatch.syspath_prepend(tmp_path)
    (observation,) = examine_modules()
    assert observation.state == "warning"
    assert observation.detail.en == (
        f"cv2 is loaded from {hiding}, not from opencv-contrib-python {LOCKED}."
    )
    assert observation.repair == f"mv {shell_path(hiding)} {shell_path(f'{hiding}.hidden')}"
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert modules_repair("cv2") == modules_repair() == "unset PYTHONPATH"
    assert modules_repair("paddle") == ""
