from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest

from paddle_workbench.environment.checks_packages import examine_python, examine_versions

from .conftest import MakeDistribution


def test_this_python_is_allowed() -> None:
    (observation,) = examine_python()
    assert (observation.state, observation.detail.en) == ("ok", platform.python_version())


def test_python_out_of_range_is_broken(
    make_distribution: MakeDistribution, repository: Path
) -> None:
    make_distribution("paddle-workbench", "9.0", "Requires-Python: >=3.99")
    (observation,) = examine_python()
    assert observation.state == "broken"
    assert "is not within >=3.99" in observation.detail.en
    assert observation.repair.endswith(f"make -C {repository} setup PYTHON=python3.11")


def test_environment_as_locked_is_ok() -> None:
    (observation,) = examine_versions()
    assert observation.state == "ok"
    assert "packages match the lock" in observation.detail.en


def test_every_other_version_is_named_with_its_repair(make_distribution: MakeDistribution) -> None:
    make_distribution("numpy", "2.0.0")
    make_distribution("jieba", "0.39")
    (observation,) = examine_versions()
    assert observation.state == "warning"
    assert observation.detail.en == "jieba 0.39 (locked 0.42.1); numpy 2.0.0 (locked 1.26.4)"
    assert observation.repair.endswith("install --no-deps jieba==0.42.1 numpy==1.26.4")


def test_repairs_wrong_paddle_for_cards_from_its_own_index(
    make_distribution: MakeDistribution,
) -> None:
    make_distribution("paddlepaddle-gpu", "3.3.1")
    make_distribution("jieba", "0.39")
    (observation,) = examine_versions()
    assert "paddlepaddle 3.3.1 (locked 3.2.2)" in observation.detail.en
    paddle, other = observation.repair.split(" && ")
    assert "paddlepaddle-gpu==3.2.2 -i https://www.paddlepaddle.org.cn/" in paddle
    assert other.endswith("jieba==0.42.1")


def test_repairs_empty_environment_with_the_whole_lock(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, repository: Path
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    (observation,) = examine_versions()
    assert observation.state == "broken"
    assert "numpy missing (locked 1.26.4)" in observation.detail.en
    lock = repository / "workbench" / "requirements" / "cpu.txt"
    assert observation.repair.endswith(f"--no-deps -r {lock}")
