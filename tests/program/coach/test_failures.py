"""Errors of tracing are explained by what raised them, and targets of every kind are captured."""

from __future__ import annotations

import functools
from typing import Any
from zlib import crc32

import numpy as np
import pytest

from paddle_workbench import capture
from paddle_workbench.errors import CaptureError
from paddle_workbench.program.coach.explanations import explain_error, function_of
from paddle_workbench.program.coach.failure import Failure, kind_of
from paddle_workbench.program.model.capture import Capture

X = np.array([[0.5, 1.0, 1.5, 2.0]], np.float32)


def kinds(result: Capture) -> list[str]:
    return [explanation.kind for explanation in result.explanations]


@pytest.fixture(scope="module")
def x_spec(spec: Any) -> Any:
    return [spec([None, 4], "float32", "x")]


@pytest.mark.parametrize(
    ("lines", "kind", "line"),
    [
        ("return nn.functional.cross_entropy(x, x, reduction='none-such')", "error-in-code", 2),
        ("raise ValueError('always')", "error-in-code", 2),
        ("assert x.shape[1] == 5\n    return x", "error-in-code", 2),
        ("return paddle.concat([x, paddle.ones([3, 5])])", "error-in-code", 2),
        ("return x.unheard_of()", "error-in-code", 2),
        ("return unheard_of(x)", "error-in-code", 2),
        ("if x.mean() > 0:\n        return x.reshape([-2, 4])\n    return x", "error-in-code", 3),
        # Words of a rule in a neighbouring line are not the reason.
        ("y = 'float(x) raise negative'\n    return x.reshape([-2, 4])", "error-in-code", 3),
        ("if x.mean() < 0:\n        raise OSError('below')\n    return x", "raise-in-branch", 3),
        ("if x.mean() < 0:\n        assert 0, 'below'\n    return x", "raise-in-branch", 3),
        (
            "while x.mean() < 0:\n        x = x + 1\n        raise OSError\n    return x",
            "raise-in-branch",
            4,
        ),
        ("x.tag = 3\n    return x + x.tag", "tensor-attribute", 2),
    ],
)
def test_names_what_raised(lines: str, kind: str, line: int, x_spec: Any) -> None:
    function = function_of(f"def f(x):\n    {lines}\n", f"failure-{crc32(lines.encode())}")
    result = capture(function, input_spec=x_spec, pipeline=None)
    assert result.program is None
    explanation = result.explanations[0]
    assert explanation.kind == kind
    assert explanation.line is not None
    assert explanation.line.line == line


def test_undefined_variable_is_explained_wherever_it_is_used(spec: Any) -> None:
    source = (
        "def f(x, y=None):\n    if y is None and x.mean() > 0:\n        z = [x]\n"
        "    return x * len(z)\n"
    )
    result = capture(
        function_of(source, "undefined"), input_spec=[spec([3], "float32")], pipeline=None
    )
    assert result.explanations[0].kind == "undefined-in-branch"


@pytest.mark.usefixtures("imported_paddle")
def test_advice_for_code_of_a_library() -> None:
    import colorsys

    functions = [colorsys.rgb_to_hls]
    try:
        colorsys.rgb_to_hls("a", 1, 1)
    except TypeError as error:
        (explanation,) = explain_error(error, functions)
    assert explanation.line is not None
    assert explanation.repair.en.startswith("This line belongs to the library colorsys. Pass other")


def scaled(x: Any, factor: float, axis: int) -> Any:
    return (x * factor).sum(axis=axis)


def test_captures_partial_function(x_spec: Any) -> None:
    target = functools.partial(scaled, factor=2.0, axis=1)
    result = capture(target, input_spec=x_spec, check_with=[X])
    assert result.name == "scaled"
    assert result.sources[0].name == "scaled"
    assert result.program is not None
    (total,) = [op for op in result.program.walk() if op.kind == "sum"]
    assert [line.function for line in total.stack] == ["scaled"]
    assert result.difference == 0.0


def test_captures_callable_object_and_decorated_forward(x_spec: Any) -> None:
    from paddle import nn

    class Twice:
        def __call__(self, x: Any) -> Any:
            return x * 2

        def method(self, x: Any) -> Any:
            return self(x) * 3

    def doubled(function: Any) -> Any:
        def wrapper(self: Any, x: Any) -> Any:
            return function(self, x) * 2

        return wrapper

    class Net(nn.Layer):
        @doubled
        def forward(self, x: Any) -> Any:
            return x + 1

    for target, count in ((Twice(), 1), (Twice().method, 2), (Net(), 2)):
        program = capture(target, input_spec=x_spec, pipeline=None).program
        assert program is not None
        assert [op.kind for op in program.walk()].count("scale") == count


@pytest.mark.usefixtures("imported_paddle")
def test_rejects_function_without_python_source() -> None:
    with pytest.raises(CaptureError, match="neither a network nor a function in Python"):
        capture(np.add, pipeline=None)


@pytest.mark.parametrize("kind", ["list", "dict", "some"])
def test_explains_layers_in_a_list(kind: str, x_spec: Any) -> None:
    from paddle import nn

    class Net(nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            fc = nn.Linear(4, 4)
            self.layers = {"a": fc} if kind == "dict" else [fc]
            self.own = nn.Linear(4, 4) if kind == "some" else None

        def forward(self, x: Any) -> Any:
            layer = self.layers["a"] if isinstance(self.layers, dict) else self.layers[0]
            return layer(x if self.own is None else self.own(x))

    result = capture(Net(), input_spec=x_spec)
    assert result.program is not None
    assert kinds(result) == ["unregistered-layer", "not-saved"]
    explanation = result.explanations[0]
    assert "2 parameters do not belong to the network" in explanation.rule.en
    assert "nn.LayerList" in explanation.repair.en
    assert explanation.line is not None
    assert explanation.line.function == "forward"


def test_captures_deeply_nested_layers(x_spec: Any) -> None:
    from paddle import nn

    class Nest(nn.Layer):
        def __init__(self, depth: int) -> None:
            super().__init__()
            self.inner = Nest(depth - 1) if depth else None

        def forward(self, x: Any) -> Any:
            return x * 2 if self.inner is None else self.inner(x)

    program = capture(Nest(150), input_spec=x_spec, pipeline=None).program
    assert program is not None
    assert [op.kind for op in program.walk()].count("scale") == 1


@pytest.mark.parametrize(("conditions", "kind"), [(40, "tensor-recursion"), (0, "recursion-limit")])
def test_recursion_that_ends_inside_paddle_is_explained(conditions: int, kind: str) -> None:
    # Which call reaches Python's limit depends on chance; this one is in C++.
    message = "RuntimeError: (Fatal) Error while getting callstack information for pd_op.sum."
    failure = Failure(message, message, None, [], conditions, is_raised_by_learner=False)
    assert kind_of(failure) == kind
