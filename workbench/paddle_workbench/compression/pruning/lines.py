"""A traced program after its saved program was changed: sizes change, names and lines stay."""

from __future__ import annotations

from dataclasses import replace

from ...program.model.structure import Op, Parameter, Program, Value
from ...program.passes.saving import needed_values

__all__ = ["layer_names", "with_sizes_of"]


def layer_names(traced: Program, saved: Program) -> dict[str, str]:
    """Return the names of weights in the learner's network, by those in the saved program.

    Paddle saves the ops that an output needs in the order in which they were traced.
    """
    needed = needed_values(traced)
    own = [each for each in traced.parameters if each.value in needed]
    if [each.shape for each in own] != [each.shape for each in saved.parameters]:
        return {}
    return {one.name: other.name for one, other in zip(saved.parameters, own, strict=True)}


def with_sizes_of(traced: Program, saved: Program) -> Program | None:
    """Return a traced program with the sizes and numbers of a saved one.

    Returns
    -------
    Program or None
        Without ops that no output needs; None if the two do not have the same ops.
    """
    needed = needed_values(traced)
    own = [op for op in traced.ops if needed.intersection(op.outputs)]
    others = [op for op in saved.ops if op.kind != "fetch"]
    if [op.name for op in own] != [op.name for op in others]:
        return None
    values = dict(traced.values)
    parameters: dict[int, Parameter] = {each.value or 0: each for each in saved.parameters}
    sizes: dict[int, Parameter] = {}
    ops: list[Op] = []
    for op, other in zip(own, others, strict=True):
        ops.append(replace(op, attributes={**op.attributes, **_numbers(other)}))
        for value, new in zip(op.outputs, other.outputs, strict=True):
            values[value] = _resized(values[value], saved.values[new])
            if new in parameters:
                sizes[value] = parameters[new]
    return replace(
        traced,
        ops=tuple(ops),
        values=values,
        parameters=tuple(
            replace(each, shape=sizes[each.value].shape, bytes=sizes[each.value].bytes)
            for each in traced.parameters
            if each.value in sizes
        ),
    )


def _numbers(op: Op) -> dict[str, object]:
    """Return the attributes that count channels."""
    return {name: op.attributes[name] for name in ("groups", "value") if name in op.attributes}


def _resized(value: Value, other: Value) -> Value:
    return replace(value, shape=other.shape)
