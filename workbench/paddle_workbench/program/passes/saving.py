"""Saves a traced program as `paddle.jit.save` does, without its faults."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ..model.structure import Op, Program
from ..tracing.targets import layer_of, mode

__all__ = ["needed_values", "outputs_saved_as_inputs", "save_program", "unused_inputs"]

PREFIX = "saved"
_NAMED = frozenset({"pd_op.data", "builtin.parameter"})


def save_program(
    traced: Any, program: Program, folder: Path, *, training: bool, name: str = PREFIX
) -> Path:
    """Save a traced network or function, and return the prefix of the files.

    Parameters
    ----------
    traced : StaticFunction
    program : Program
        The traced program.
    folder : Path
    training : bool
        The mode in which it was traced; in another one Paddle would trace it again.
    name : str
        The files are `name.json` and `name.pdiparams`.
    """
    import paddle

    prefix = folder / name
    layer = layer_of(traced)
    with ExitStack() as stack:
        if layer is not None:
            stack.enter_context(mode(layer, training=training))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(_true_outputs())
        # Without pruning Paddle also saves inputs that no output depends on.
        paddle.jit.save(traced, str(prefix), skip_prune_program=bool(unused_inputs(program)))
    return prefix


def unused_inputs(program: Program) -> tuple[int, ...]:
    """Return the values of the inputs that no output depends on: `paddle.jit.save` refuses them."""
    needed = needed_values(program)
    return tuple(value for value in program.inputs if value not in needed)


def needed_values(program: Program) -> set[int]:
    """Return the values that an output depends on; saving prunes the ops of all others."""
    producers = {value: op for op in program.ops for value in op.outputs}
    needed = set(program.outputs)
    pending = list(program.outputs)
    while pending:
        op = producers.get(pending.pop())
        for value in _reads(op) - needed if op is not None else ():
            needed.add(value)
            pending.append(value)
    return needed


def _reads(op: Op) -> set[int]:
    """Return what an op and the ops inside its regions read."""
    return {value for inner in op.walk() for value in inner.inputs if value is not None}


def outputs_saved_as_inputs(program: Program) -> dict[int, int]:
    """Return the outputs in whose place `paddle.jit.save` saves an input or parameter, by index.

    Paddle 3.2.2 takes `x + 3`, a `scale` by 1 with an offset, for `x`. The Predictor refuses to
    load a program that returns an input.

    Returns
    -------
    dict of int to int
        From the index of the output to the value that is saved in its place.
    """
    producers = {value: op for op in program.ops for value in op.outputs}
    outputs = {}
    for index, output in enumerate(program.outputs):
        value: int | None = output
        op = producers.get(output)
        if op is not None and op.name == "pd_op.scale" and len(op.inputs) > 1:
            factor = producers.get(-1 if op.inputs[1] is None else op.inputs[1])
            if factor is not None and factor.attributes.get("value") == 1:
                value = op.inputs[0]
                op = producers.get(-1 if value is None else value)
        if op is not None and value is not None and op.name in _NAMED:
            outputs[index] = value
    return outputs


@contextmanager
def _true_outputs() -> Iterator[None]:
    """Have Paddle save the outputs themselves; see `outputs_saved_as_inputs`."""
    from paddle.base.libpaddle.pir import Value

    kind: Any = Value
    original = kind.has_name
    kind.has_name = property(lambda _value: False)
    try:
        yield
    finally:
        kind.has_name = original
