"""What can be captured: networks, methods, functions, partial functions and other callables."""

from __future__ import annotations

import functools
import inspect
import linecache
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any

from ...errors import CaptureError
from .library_code import STAND_IN_FILE

__all__ = [
    "eager", "input_spec_of", "known_spec", "layer_of", "learners_function", "mode", "name_of",
    "plain_function",
]  # fmt: skip

_CALL = "__call__"
_numbers = count()


def input_spec_of(value: Any) -> Any:
    """Return an `InputSpec`: the value itself, or the spec of an example tensor or array."""
    import numpy as np
    import paddle
    from paddle.static import InputSpec

    if isinstance(value, InputSpec):
        return value
    if isinstance(value, paddle.Tensor):
        return InputSpec.from_tensor(value)
    if isinstance(value, np.ndarray):
        return InputSpec(list(value.shape), value.dtype.name)
    if isinstance(value, (list, tuple)):
        return type(value)(input_spec_of(item) for item in value)
    if isinstance(value, dict):
        return {name: input_spec_of(item) for name, item in value.items()}
    return value


@contextmanager
def eager(target: Any, *, training: bool) -> Iterator[Callable[..., Any]]:
    """Yield a function that runs the target eagerly, even if `to_static` was applied to it.

    Buffers, such as the statistics of BatchNorm, and the state of the random numbers are restored.
    """
    layer = layer_of(target)
    function = plain_function(target)
    if layer is not None and not hasattr(function, "__self__"):
        function = functools.partial(function, layer)
    with ExitStack() as stack:
        if layer is not None:
            stack.enter_context(mode(layer, training=training))
        stack.enter_context(_unchanged_state(layer))
        yield function


def name_of(target: Any) -> str:
    """Return the name of the network's class, or of the function."""
    layer = layer_of(target)
    if layer is not None:
        return type(layer).__name__
    function = plain_function(target)
    return str(getattr(function, "__name__", type(function).__name__))


def layer_of(target: Any) -> Any | None:
    """Return the network itself, or the one that a method belongs to."""
    from paddle.nn import Layer

    if isinstance(target, Layer):
        return target
    owner = getattr(target, "__self__", None) or getattr(target, "class_instance", None)
    owner = owner or getattr(target, "_class_instance", None)
    return owner if isinstance(owner, Layer) else None


def plain_function(target: Any) -> Any:
    """Return the function as the learner wrote it, without `to_static`."""
    from paddle.nn import Layer

    function: Any = target.forward if isinstance(target, Layer) else target
    plain = getattr(function, "dygraph_function", None) or getattr(
        function, "_dygraph_function", None
    )
    if plain is not None:
        return plain
    if not inspect.isroutine(function) and not isinstance(function, functools.partial):
        function = getattr(function, _CALL, function)
    owner = getattr(function, "__self__", None)
    if inspect.ismethod(function) and not isinstance(owner, Layer):
        function = functools.partial(function)  # Paddle converts only methods of its own layers
    inner = learners_function(
        function.func if isinstance(function, functools.partial) else function
    )
    if not hasattr(inner, "__code__"):
        raise CaptureError(
            f"{target!r} is neither a network nor a function in Python.",
            "Pass a paddle.nn.Layer, one of its methods, or a function.",
        )
    if isinstance(function, functools.partial):
        return _function_of_partial(function, inner)
    return function


def learners_function(function: Any) -> Any:
    """Return the function whose source is the learner's, behind decorators and `partial`."""
    plain = inspect.unwrap(getattr(function, "__func__", function))
    return getattr(plain, "learners_function", plain)


def _function_of_partial(target: functools.partial[Any], inner: Any) -> Any:
    """Return a function with the parameters that are left: Paddle converts only functions."""
    parameters = [
        parameter.name
        for parameter in inspect.signature(target).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    name = getattr(inner, "__name__", "partial")
    name = name if name.isidentifier() else "partial"
    arguments = ", ".join(parameters)
    source = f"def {name}({arguments}):\n    return _target({arguments})\n"
    file = f"{STAND_IN_FILE}{next(_numbers)}.py"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    names: dict[str, Any] = {"__name__": "__paddle_workbench_partial__", "_target": target}
    exec(compile(source, file, "exec"), names)  # noqa: S102 - names of parameters are identifiers
    function = names[name]
    function.learners_function = inner
    return function


def known_spec(target: Any) -> Any:
    """Return the input_spec that was passed to `to_static`, if any."""
    from paddle.nn import Layer

    function = target.forward if isinstance(target, Layer) else target
    spec = getattr(function, "_function_spec", None) or getattr(function, "function_spec", None)
    return getattr(spec, "input_spec", None)


@contextmanager
def mode(layer: Any, *, training: bool) -> Iterator[None]:
    """Put a network into one mode, and restore every sublayer's own mode afterwards."""
    modes = [(part, part.training) for part in layer.sublayers(include_self=True)]
    for part, _ in modes:
        part.training = training
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode


@contextmanager
def _unchanged_state(layer: Any | None) -> Iterator[None]:
    """Restore the buffers of a network, and the state of the random numbers."""
    import paddle

    random_state = paddle.get_rng_state()
    all_buffers = [] if layer is None else [*layer.buffers(), *_statistics(layer)]
    # Paddle's recurrent layers have a buffer without memory, which cannot be copied.
    filled = [buffer for buffer in all_buffers if buffer._is_initialized()]
    buffers = [(buffer, buffer.clone()) for buffer in filled]
    try:
        yield
    finally:
        paddle.set_rng_state(random_state)
        for buffer, before in buffers:
            buffer.set_value(before)


def _statistics(layer: Any) -> list[Any]:
    """Return the statistics of BatchNorm, which Paddle keeps as parameters."""
    return [
        parameter
        for part in layer.sublayers(include_self=True)
        for name in ("_mean", "_variance")
        if (parameter := part._parameters.get(name)) is not None
    ]
