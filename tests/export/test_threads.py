"""Threads that trace at once take turns: Paddle has one program under construction."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from paddle_workbench import preflight
from paddle_workbench.child_process import Limits, run_fork, write_answer
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.differences.tracing import trace_difference
from paddle_workbench.program.capture import capture

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

X = np.random.default_rng(0).random((4, 6), dtype=np.float32)


def at_once(calls: dict[str, Callable[[], Any]]) -> dict[str, str]:
    """Return what calls return as text, or their errors; their threads begin together."""
    barrier = Barrier(len(calls))

    def result(call: Callable[[], Any]) -> str:
        barrier.wait()
        try:
            return str(call())
        except Exception as error:
            return repr(error)

    with ThreadPoolExecutor(len(calls)) as pool:
        return dict(zip(calls, pool.map(result, calls.values()), strict=True))


def test_threads_share_a_network(tmp_path: Path) -> None:
    from paddle import nn
    from paddle.static import InputSpec

    network = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1D(8), nn.Dropout(0.5), nn.Linear(8, 2))
    spec: dict[str, Any] = {"input_spec": [InputSpec([None, 6], "float32", "x")]}
    network.eval()
    bundle = Bundle.create(tmp_path / "first", network, examples=[X], **spec)
    network.train()

    def create(name: str) -> Callable[[], Any]:
        return lambda: Bundle.create(tmp_path / name, network, examples=[X], **spec).record.name

    def work() -> None:
        results = at_once(
            {
                "a": create("a"),
                "b": create("b"),
                "preflight": lambda: (
                    preflight(network, "onnx", examples=[X], **spec, run=False).outlook
                ),
                "capture": lambda: capture(network, pipeline=None, **spec).program is not None,
                "trace": lambda: trace_difference(bundle, [X], "inference", network=network),
            }
        )
        modes = [part.training for part in network.sublayers(include_self=True)]
        write_answer({"results": results, "modes": modes})

    # Without turns Paddle ends the process.
    outcome = run_fork(work, limits=Limits(time_s=600.0), folder=tmp_path)
    assert outcome.answer is not None, outcome.problem
    results = outcome.answer["results"]
    assert (results["a"], results["b"], results["capture"]) == ("a", "b", "True")
    assert results["preflight"].startswith("ONNX runs an ONNX file")
    assert "The network is in training mode." in results["trace"]
    assert outcome.answer["modes"] == [True] * 5
    for name in ("a", "b"):
        assert Bundle(tmp_path / name).program.outputs == bundle.program.outputs
