"""An attempt at an export: in a fork where that is sound, within limits, and never half done."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from paddle_workbench.contract import TensorSignature
from paddle_workbench.export import attempt as attempt_module
from paddle_workbench.export import worker
from paddle_workbench.export.attempt import Attempt, attempt
from paddle_workbench.export.samples import EagerSample
from paddle_workbench.export.targets import registry
from paddle_workbench.export.targets.target import Array, Runner, Target

from .records import record_with

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

Run = Callable[[Sequence[Array]], list[Array]]
X = np.ones((2, 3), np.float32)


def double(arrays: Sequence[Array]) -> list[Array]:
    return [array * 2 for array in arrays]


def never_return(_arrays: Sequence[Array]) -> list[Array]:
    time.sleep(600)
    return []


@pytest.fixture
def attempt_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Attempt]:
    """Attempt a target that only forks of this process know."""

    def attempt_with(run: Run, *, write: Callable[[Path, Path], None] | None = None) -> Attempt:
        target = Target(
            name="double", title="Double", folder="double", packages=(), write=write,
            load=lambda _folder, _threads: Runner(("x",), run),
        )  # fmt: skip
        monkeypatch.setitem(registry.TARGETS, "double", target)
        signature = TensorSignature(name="x", dtype="float32", shape=(2, 3))
        record = record_with({}, inputs=(signature,), outputs=(signature,), task="tensors")
        sample = EagerSample("examples", (X,), (X * 2,))
        written = tmp_path / "double"
        written.mkdir()
        return attempt(tmp_path, record, [sample], target, written)

    return attempt_with


@pytest.fixture
def no_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt_module, "run", None)


@pytest.mark.usefixtures("no_new_process")
def test_runs_in_a_fork(attempt_with: Callable[..., Attempt]) -> None:
    assert attempt_with(double).is_equal


@pytest.mark.usefixtures("no_new_process")
def test_run_that_never_returns_is_a_finding(
    attempt_with: Callable[..., Attempt], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RUN_LIMIT_S", 0.1)
    (finding,) = attempt_with(never_return).findings
    assert "did not return within 120 s on the sample “examples”" in finding.message


def test_new_process_decides_after_an_abort(
    attempt_with: Callable[..., Attempt], tmp_path: Path
) -> None:
    """Nothing that the fork wrote is left for it."""

    def write(_source: Path, folder: Path) -> None:
        (folder / "part").mkdir()
        (folder / "model").touch()
        os.abort()

    (finding,) = attempt_with(double, write=write).findings
    assert "failed with exit 1" in finding.message  # it does not know the target
    assert list((tmp_path / "double").iterdir()) == []
