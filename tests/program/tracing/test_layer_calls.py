"""The innermost layer that made each op."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_workbench.program.formats.assembly import Numbering
from paddle_workbench.program.tracing.layer_calls import LayerCall, layer_paths
from paddle_workbench.program.tracing.trace import trace


def test_ops_belong_to_the_innermost_call() -> None:
    calls = [
        LayerCall("a", 0, first=2, last=9),
        LayerCall("a.b", 1, first=4, last=6),
        LayerCall("c", 0, first=9),
        LayerCall("c.d", 1, first=12, last=14),
    ]
    expected = {1: "", 3: "a", 5: "a.b", 7: "a", 8: "a", 10: "c", 13: "c.d", 15: "c"}
    assert layer_paths(reversed(expected), calls) == expected


def test_no_op_belongs_to_a_call_without_ops() -> None:
    assert layer_paths([5], [LayerCall("empty", 0, first=6, last=6)]) == {5: ""}
    assert layer_paths([], []) == {}


def test_work_of_a_trace_is_in_proportion_to_the_network(
    spec: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paddle searches all functions of several modules at each call, even of the same function."""
    from paddle import nn
    from paddle.jit.dy2static import convert_call_func

    searches = []
    original = convert_call_func.is_unsupported

    def note(function: Any) -> Any:
        searches.append(function)
        return original(function)

    monkeypatch.setattr(convert_call_func, "is_unsupported", note)
    net = nn.Sequential(*(layer for _ in range(20) for layer in (nn.Linear(4, 4), nn.ReLU())))
    traced = trace(net, [spec([None, 4], "float32", "x")], training=False, numbering=Numbering())
    assert len(searches) < 10
    assert convert_call_func.is_unsupported is note
    layers = [op.layer for op in traced.program.walk() if op.kind in ("matmul", "relu")]
    assert layers == [str(number) for number in range(40)]
