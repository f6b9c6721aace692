"""Loops whose results Paddle frees too early, corrected while a program is traced.

For each variable that is first set inside a loop, Paddle 3.2.2 adds an input to the `while` op that
it has already built. One of the results that it then returns may belong to the previous op, which
no longer exists: code that uses it reads freed memory, computes nonsense, or crashes the process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["sound_loops"]

# With a single such variable, no result was ever lost.
_MANY = 2


@contextmanager
def sound_loops() -> Iterator[list[int]]:
    """Make every loop that is traced meanwhile return the results of the op in the graph.

    Yields
    ------
    list of int
        Paddle's ids of the `while` ops for which Paddle itself may return freed results; filled
        during tracing.
    """
    import paddle.static.nn as owner
    from paddle.static.nn import control_flow

    risky: list[int] = []
    counts: list[int] = [0]
    modules: Any = owner, control_flow
    loop: Callable[..., Any] = owner.while_loop
    fake: Callable[..., Any] = modules[1].create_fake_value_for_undefined_var

    def count(*arguments: Any) -> Any:
        counts[-1] += 1
        return fake(*arguments)

    def sound(cond: Any, body: Any, loop_vars: Any, *arguments: Any, **options: Any) -> Any:
        counts.append(0)
        try:
            outputs = loop(cond, body, loop_vars, *arguments, **options)
        finally:
            many = counts.pop() >= _MANY
        op = _last_loop()
        if op is None:
            return outputs
        if many:
            risky.append(int(op.id()))
        return _with_results(outputs, op, loop_vars)

    modules[0].while_loop = sound
    modules[1].create_fake_value_for_undefined_var = count
    try:
        yield risky
    finally:
        modules[0].while_loop = loop
        modules[1].create_fake_value_for_undefined_var = fake


def _last_loop() -> Any | None:
    """Return the last `while` op in the block that is being built."""
    from paddle.base.libpaddle import pir

    block = pir.get_current_insertion_point().block()
    return next((op for op in reversed(block.ops) if op.name() == "pd_op.while"), None)


def _with_results(outputs: Any, op: Any, loop_vars: Any) -> Any:
    """Replace values that belong to no op with the results of the `while` op."""
    from paddle.base.libpaddle.pir import Value
    from paddle.utils.layers_utils import flatten, map_structure

    # A variable that the loop does not set is returned unchanged. Only ids are safe to read.
    before, after, results = flatten(loop_vars), flatten(outputs), op.results()
    input_ids = {value.id for value in before if isinstance(value, Value)}
    if len(before) == len(after):
        # A freed value may have the address of a current result, so only the order is reliable:
        # the results of variables that are first set in the loop come last.
        places = [
            number
            for first in (False, True)
            for number, (old, new) in enumerate(zip(before, after, strict=True))
            if isinstance(new, Value)
            and isinstance(old, Value) != first
            and new.id not in input_ids
        ]
        if len(places) == len(results):
            own = dict(zip(places, results, strict=True))
            numbers = iter(range(len(after)))
            return map_structure(lambda value: own.get(next(numbers), value), outputs)
    alive = {value.id for value in results} | input_ids
    output_ids = {value.id for value in after if isinstance(value, Value)}
    free = iter([value for value in results if value.id not in output_ids])
    lost_ids = [value.id for value in after if isinstance(value, Value) and value.id not in alive]
    replacements = {number: next(free) for number in dict.fromkeys(lost_ids)}
    return map_structure(
        lambda value: replacements.get(value.id, value) if isinstance(value, Value) else value,
        outputs,
    )
