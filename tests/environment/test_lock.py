from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import paddle_workbench
from paddle_workbench.environment.lock import (
    Difference,
    differences,
    installed_versions,
    lock_path,
    lock_sha256,
    locked_versions,
)
from paddle_workbench.errors import EnvironmentBrokenError

from .conftest import MakeDistribution

LOCK = """\
# This file is generated.
numpy==1.26.4 \\
    --hash=sha256:00 \\
    --hash=sha256:11
    # via paddlenlp
old-friend==1.0 ; python_full_version < '3' \\
    --hash=sha256:22
old-friend==2.0 ; python_full_version >= '3'
paddlex[ocr-core]==3.7.2
Typing_Extensions==4.0 # inline
"""


def test_reads_the_pins_of_this_python(tmp_path: Path) -> None:
    file = tmp_path / "lock.txt"
    file.write_text(LOCK, encoding="utf-8")
    assert locked_versions(file) == {
        "numpy": "1.26.4",
        "old-friend": "2.0",
        "paddlex": "3.7.2",
        "typing-extensions": "4.0",
    }


def test_lock_of_this_repository_pins_paddle(repository: Path) -> None:
    assert locked_versions()["paddlepaddle"] == "3.2.2"
    assert "paddlepaddle" not in locked_versions(lock_path("gpu"))
    text = (repository / "workbench" / "requirements" / "cpu.txt").read_bytes()
    assert lock_path("cpu").read_bytes() == text
    assert lock_sha256() == hashlib.sha256(text).hexdigest()


def test_environment_matches_the_lock() -> None:
    assert differences() == []


def test_paddle_for_gpus_uses_the_gpu_lock(make_distribution: MakeDistribution) -> None:
    make_distribution("paddlepaddle-gpu", "3.2.2")
    assert lock_path().name == "gpu.txt"


def test_wheel_contains_the_lock(tmp_path: Path, repository: Path) -> None:
    package = tmp_path / "paddle_workbench"
    source = Path(paddle_workbench.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("labextension", "static"))
    shutil.copytree(repository / "workbench" / "requirements", package / "requirements")
    code = "from paddle_workbench.environment.lock import lock_path; print(lock_path('cpu'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()) == package / "requirements" / "cpu.txt"


def test_reports_missing_lock_with_its_repair(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentBrokenError, match=r"tpu\.txt") as error:
        lock_path("tpu")  # type: ignore[arg-type]
    assert "install" in error.value.hint


def test_first_distribution_on_the_path_takes_precedence(
    make_distribution: MakeDistribution,
) -> None:
    make_distribution("NumPy", "9.9")
    assert installed_versions()["numpy"] == "9.9"


def test_ignores_half_removed_distribution(make_distribution: MakeDistribution) -> None:
    (make_distribution("half-removed", "1.0") / "METADATA").unlink()
    assert "half-removed" not in installed_versions()


def test_lists_different_and_missing_versions() -> None:
    locked = {"numpy": "1.26.4", "jieba": "0.42.1", "tqdm": "4.66"}
    installed = {"numpy": "2.0.0", "tqdm": "4.66.0"}
    assert differences(locked, installed) == [
        Difference(name="jieba", locked="0.42.1", installed=None),
        Difference(name="numpy", locked="1.26.4", installed="2.0.0"),
    ]


@pytest.mark.parametrize(
    ("installed", "different"),
    [
        ({"paddlepaddle-gpu": "3.2.2"}, False),
        ({"paddlepaddle": "3.2.2+cpu"}, False),
        ({"paddlepaddle": "3.3.1"}, True),
        ({"paddlepaddle": "3.2.2", "paddlepaddle-gpu": "3.1.0"}, True),
        ({"paddlepaddle": "of my own"}, True),
    ],
)
def test_paddle_for_gpus_counts_as_paddle(installed: dict[str, str], different: bool) -> None:
    assert bool(differences({"paddlepaddle": "3.2.2"}, installed)) is different
