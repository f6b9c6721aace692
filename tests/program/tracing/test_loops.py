"""Loops whose results Paddle may have freed, traced many times in a process that must not crash."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from paddle_workbench import capture
from paddle_workbench.program.coach.explanations import function_of

from .functions import CAPTURED

TEMPORARY = """
def f(x):
    total = x[0] * 0
    for v in x:
        w = v * 2
        total = total + w
    return total + 1
"""
SET_BEFORE = """
def f(x):
    y = x
    while x.sum() < 9:
        y = x * 2
        x = x + y
    return x
"""
# Runs the result of each trace: a freed value crashes the process at the latest then.
SCRIPT = """
import sys, warnings
warnings.simplefilter("ignore")
import numpy as np, paddle
from paddle.static import InputSpec
from paddle_workbench.program.formats.assembly import Numbering
from paddle_workbench.program.coach.explanations import function_of
from paddle_workbench.program.tracing.loops import sound_loops
from paddle_workbench.program.tracing.trace import trace

x = paddle.to_tensor([0.5, 1.0, 1.5])
# Its first trace is what Paddle warns about.
softmax = [InputSpec([2], "float32", "x")]
trace(paddle.nn.Softmax(), softmax, training=False, numbering=Numbering())
for number in range(40):
    function = function_of(sys.argv[1] + chr(10), str(number))
    spec = [InputSpec([None], "float32", "x")]
    traced = trace(function, spec, training=False, numbering=Numbering())
    assert len(traced.program.outputs) == 1, "the output is not a value of the program"
    assert len(traced.risky_loops) == 1
    with sound_loops():
        result = traced.static(x)
    np.testing.assert_allclose(result.numpy(), function(x).numpy())
"""


@pytest.mark.paddle
def test_captures_loops_with_freed_results_without_a_warning() -> None:
    """Whether Paddle loses a result of such a loop depends on what uses its memory next."""
    for source in (CAPTURED["for_enumerate"], TEMPORARY):
        process = subprocess.run(
            [sys.executable, "-c", SCRIPT, source], capture_output=True, text=True, timeout=300
        )
        assert process.returncode == 0, process.stderr[-2000:]
        assert "out tensor" not in process.stderr


def test_accepts_loop_that_sets_its_variables(spec: Any) -> None:
    function = function_of(SET_BEFORE, "set")
    result = capture(function, input_spec=[spec([3], "float32")], pipeline=None)
    assert result.program is not None
    assert not result.explanations


@pytest.mark.parametrize("depth", ["if x.mean() > 0:", "while x.sum() < 30:"])
def test_explains_inner_loops(depth: str, spec: Any) -> None:
    source = (
        f"def f(x):\n    {depth}\n        while x.sum() < 20:\n            a = x * 2\n"
        "            b = a + 1\n            x = x + b\n    return x\n"
    )
    result = capture(function_of(source, "inner"), input_spec=[spec([3], "float32")], pipeline=None)
    assert 3 in {
        item.line.line
        for item in result.explanations
        if item.kind == "freed-loop-result" and item.line is not None
    }
