"""Sixty small functions: captured with the eager result, or explained by the right rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_workbench import capture
from paddle_workbench.program.coach.explanations import function_of
from paddle_workbench.program.formats.assembly import Numbering
from paddle_workbench.program.tracing.loops import sound_loops
from paddle_workbench.program.tracing.trace import trace

from .functions import CAPTURED, REFUSED

X = [0.5, 1.0, 1.5]


def test_there_are_sixty_functions() -> None:
    assert len(CAPTURED) + len(REFUSED) >= 60


@pytest.mark.filterwarnings("ignore::UserWarning", r"ignore:\s*Non compatible API:Warning")
@pytest.mark.parametrize("name", CAPTURED)
def test_traced_function_has_the_eager_result(name: str, spec: Any) -> None:
    import paddle

    function = function_of(CAPTURED[name] + "\n", f"captured-{name}")
    # Iterating in Python needs the number of elements.
    sized = ("tuple_unpack", "for_zip", "generator_expression")
    size = 3 if name in sized else None
    traced = trace(function, [spec([size], "float32", "x")], training=False, numbering=Numbering())
    assert traced.program.outputs
    assert len(traced.program.inputs) == 1
    expected = function(paddle.to_tensor(X))
    with sound_loops():  # an array whose shape differs from the InputSpec is traced again
        result = traced.static(paddle.to_tensor(X))
    np.testing.assert_allclose(result.numpy(), expected.numpy(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", REFUSED)
def test_explains_what_cannot_be_captured(name: str, spec: Any) -> None:
    kind, source = REFUSED[name]
    function = function_of(source + "\n", f"refused-{name}")
    refusal = capture(function, input_spec=[spec([3], "float32", "x")], pipeline=None)
    explanations = {item.kind: item for item in refusal.explanations}
    assert kind in explanations
    assert explanations[kind].proven
    assert explanations[kind].line is not None
    assert "unknown" not in explanations
