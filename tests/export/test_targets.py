"""What every target that is opened does around its runtime."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.errors import BundleError
from paddle_workbench.export.targets.target import Array, Run, Runner, Target

X = np.ones((2, 3), np.float32)


def opened(run: Run, *, threads: Any = 1) -> Run:
    target = Target(
        name="double", title="Double", folder="double", packages=(), write=None,
        load=lambda _folder, _threads: Runner(("x",), run),
    )  # fmt: skip
    return target.open(Path(), threads).run


def same(arrays: Sequence[Array]) -> list[Array]:
    return list(arrays)


def test_one_thread_at_a_time_runs_the_program() -> None:
    inside = threading.Semaphore(1)
    second = threading.Barrier(2)

    def run(arrays: Sequence[Array]) -> list[Array]:
        assert inside.acquire(blocking=False), "two threads run the program"
        # The other thread has every chance to come in.
        threading.Event().wait(0.01)
        inside.release()
        return list(arrays)

    guarded = opened(run)

    def call(_: int) -> int:
        second.wait()
        return len(guarded([X]))

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(call, range(2))) == [1, 1]


def test_next_call_works_after_one_that_failed() -> None:
    calls: list[int] = []

    def fail_once(arrays: Sequence[Array]) -> list[Array]:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError
        return list(arrays)

    run = opened(fail_once)
    with pytest.raises(RuntimeError):
        run([X])
    assert run([X])[0] is X


@pytest.mark.parametrize("arrays", [[], [X, X]])
def test_rejects_another_number_of_arrays(arrays: list[Array]) -> None:
    # MNN would end the process without any, and ignore a second one.
    with pytest.raises(BundleError, match=f"one array for each of x, got {len(arrays)}") as caught:
        opened(same)(arrays)
    assert caught.value.code == "PW-X504"


@pytest.mark.parametrize("value", [None, "text", [None, 1.0]])
def test_rejects_what_is_not_numbers(value: Any) -> None:
    with pytest.raises(BundleError, match="x is an array of .*, which are not numbers"):
        opened(same)([np.asarray(value)])


def test_bytes_in_another_order_are_the_same_numbers() -> None:
    # ONNX Runtime would return other numbers without a message.
    (result,) = opened(same)([X.astype(">f4")])
    assert result.dtype == np.dtype("float32")
    np.testing.assert_array_equal(result, X)


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", None, 1_000_000])
def test_rejects_what_is_not_a_number_of_threads(threads: Any) -> None:
    with pytest.raises(BundleError, match="The number of threads is"):
        opened(same, threads=threads)
