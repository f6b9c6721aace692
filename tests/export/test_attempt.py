"""An attempt at an export: in a fork of a warm child, within limits."""

from __future__ import annotations

import errno
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from paddle_workbench.child_process import Limits, Outcome, run_fork
from paddle_workbench.contract import Parity, TensorSignature
from paddle_workbench.errors import StorageError
from paddle_workbench.export import attempt as attempt_module
from paddle_workbench.export import warm_child, worker
from paddle_workbench.export.attempt import Attempt, attempt
from paddle_workbench.export.processing import Prediction
from paddle_workbench.export.samples import EagerSample, write_samples
from paddle_workbench.export.targets import registry
from paddle_workbench.export.targets.target import Array, Runner, Target
from paddle_workbench.export.warm_child import run_attempt

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
        monkeypatch.setattr(
            attempt_module,
            "run_attempt",
            lambda work, limits, _listener: run_fork(worker.main, limits=limits, folder=work),
        )
        signature = TensorSignature(name="x", dtype="float32", shape=(2, 3))
        record = record_with({}, inputs=(signature,), outputs=(signature,), task="tensors")
        sample = EagerSample("examples", (X,), (X * 2,))
        written = tmp_path / "double"
        written.mkdir()
        return attempt(tmp_path, record, [sample], target, written)

    return attempt_with


def test_equal_target_is_accepted(attempt_with: Callable[..., Attempt]) -> None:
    assert attempt_with(double).is_equal


def test_full_disk_says_nothing_about_the_target(attempt_with: Callable[..., Attempt]) -> None:
    def write(_source: Path, _folder: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StorageError, match="The disk is full: .*-attempt-") as caught:
        attempt_with(double, write=write)
    assert "set TMPDIR" in caught.value.hint


def test_run_that_never_returns_is_a_finding(
    attempt_with: Callable[..., Attempt], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RUN_LIMIT_S", 0.1)
    (finding,) = attempt_with(never_return).findings
    assert finding.code == "PW-X102"
    assert "did not return within 60 s on the sample “examples”" in finding.message


def test_abort_is_a_finding_and_leaves_no_temporary_files(
    attempt_with: Callable[..., Attempt], tmp_path: Path
) -> None:
    def write(_source: Path, _folder: Path) -> None:
        # As Paddle2ONNX makes one, to remove it at the end of the process.
        (tmp_path / "folder.txt").write_text(tempfile.mkdtemp())
        os.abort()

    (finding,) = attempt_with(double, write=write).findings
    assert finding.code == "PW-X101"
    assert "was killed by SIGABRT" in finding.message
    assert not Path((tmp_path / "folder.txt").read_text()).exists()


def test_other_result_for_a_raw_example_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_attempt(work: Path, limits: Limits, _listener: object) -> Outcome:
        result = EagerSample("examples", (), (X * 2,))
        write_samples([result], work / worker.OUTPUTS)
        expected, other = (asdict(Prediction(label, 0.9, {})) for label in ("净", "静"))
        answer = {
            "step": "end",
            "results": [result.record().model_dump()],
            "examples": [{"expected": expected, "result": other}],
        }
        return Outcome(status=0, limit=None, limits=limits, stdout=b"", stderr=b"", answer=answer)

    monkeypatch.setattr(attempt_module, "run_attempt", run_attempt)
    signature = TensorSignature(name="x", dtype="float32", shape=(2, 3))
    record = record_with({}, inputs=(signature,), outputs=(signature,))
    sample = EagerSample("examples", (X,), (X * 2,))
    result = attempt(tmp_path, record, [sample], registry.TARGETS["paddlex"], tmp_path)
    assert not result.is_equal
    assert [(finding.code, finding.message) for finding in result.findings] == [
        (
            "PW-X103",
            "PaddleX returns normally and is wrong. "
            "For example 1 the result is “静” (0.9) instead of “净” (0.9).",
        )
    ]


def requested(folder: Path, target: str) -> Path:
    """Write the request for an attempt that fails at once."""
    folder.mkdir()
    (folder / "request.json").write_text(json.dumps({"target": target}), encoding="utf-8")
    return folder


def test_one_child_makes_many_attempts(tmp_path: Path) -> None:
    limits = Limits(time_s=300)
    outcomes = []
    for name in ("a", "b"):
        outcomes.append(run_attempt(requested(tmp_path / name, name), limits))
        (child,) = warm_child._children
    assert child.is_usable
    assert [outcome.last_lines(1) for outcome in outcomes] == [
        ["Use one of these: " + ", ".join(registry.TARGETS) + "."]
    ] * 2
    assert "There is no target 'b'." in outcomes[1].stderr.decode()
    child.close()
    again = run_attempt(requested(tmp_path / "c", "c"), limits)
    assert "There is no target 'c'." in again.stderr.decode()


def test_busy_child_is_not_waited_for(tmp_path: Path) -> None:
    with warm_child._lock:
        outcome = run_attempt(requested(tmp_path / "a", "a"), Limits(time_s=300))
    assert "There is no target 'a'." in outcome.stderr.decode()


def test_boxes_that_rounding_moves_are_not_the_fault_of_the_target() -> None:
    values = {"is_equal": False, "reference": "eager", "samples": 1, "problem": "9 of 9 boxes …"}
    numbers = {"largest_difference": 7e-7, "tolerance": 1e-3, "decisions": 9}
    near = Parity(**values, **numbers, changed_decisions=9)
    finding = attempt_module._not_equal(registry.TARGETS["onednn"], near, "fp32", failed=False)
    assert "the same numbers within 7e-07, and decides differently. 9 of 9 boxes" in finding.message
    assert "train it further" in finding.hint
    assert attempt_module.decides_by_rounding(near)
    for change in ({"largest_difference": 0.1}, {"largest_difference": None}, {"tolerance": None}):
        assert not attempt_module.decides_by_rounding(near.model_copy(update=change))
    raw = near.model_copy(update={"changed_decisions": 0})
    assert not attempt_module.decides_by_rounding(raw)
