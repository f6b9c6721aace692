"""Work that Paddle repeats for every call while it traces, done once.

Paddle 3.2.2 looks at every function of several modules for each function that is called, and at all
ops so far after each layer. So the time that a trace takes grows with the square of the network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

__all__ = ["without_repetition"]


@contextmanager
def without_repetition() -> Iterator[None]:
    """Have Paddle trace in a time proportional to the size of the network."""
    from paddle.jit.dy2static import convert_call_func
    from paddle.nn import Layer
    from paddle.nn.layer import layers

    converter: Any = convert_call_func
    owner: Any = layers
    is_unsupported, name_struct = converter.is_unsupported, owner.name_struct
    # The functions are held, so that no id() is used twice.
    answers: dict[tuple[bool, int], tuple[Any, bool]] = {}

    def known(function: Any) -> bool:
        is_layer = isinstance(function, Layer)
        plain = function.forward if is_layer else function
        plain = getattr(plain, "__func__", plain)
        key = is_layer, id(plain)
        if key not in answers:
            answers[key] = plain, bool(is_unsupported(function))
        return answers[key][1]

    def unnamed(_prefix: str) -> Any:
        return nullcontext()  # ops get the name of their class, which `layer_calls` replaces

    converter.is_unsupported = known
    owner.name_struct = unnamed
    try:
        yield
    finally:
        converter.is_unsupported = is_unsupported
        owner.name_struct = name_struct
