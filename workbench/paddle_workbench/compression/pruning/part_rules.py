"""What ops do with channels that put tensors together, or take them apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...program.model.structure import Op
from .channels import Axis, Channels, NoRule, Positions, source_of

__all__ = ["PART_RULES"]


def _combine(channels: Channels, op: Op) -> None:
    parts = [number for number in op.inputs if number is not None]
    if len(parts) < len(op.inputs):
        raise NoRule("A part of the list is missing.")
    channels.lists[op.outputs[0]] = parts


def _split_list(channels: Channels, op: Op) -> None:
    """Take a list of tensors apart."""
    source = source_of(op)
    parts = channels.lists.get(source)
    if parts is None or len(parts) != len(op.outputs):
        raise NoRule("The list that it takes is not known.")
    for output, part in zip(op.outputs, parts, strict=True):
        channels.values[output] = list(channels.values.get(part, channels.axes(output)))


def _concat(channels: Channels, op: Op) -> None:
    parts = channels.lists.get(source_of(op), [])
    at = channels.constant(op.inputs[1]) if len(op.inputs) > 1 else op.attributes.get("axis")
    if not parts or not isinstance(at, int | float):
        raise NoRule("Its parts are not known.")
    axes = [channels.axes(part) for part in parts]
    result: list[Axis] = []
    for place in range(len(axes[0])):
        together = [axis[place] for axis in axes]
        if place != int(at) % len(axes[0]):
            for other in together[1:]:
                channels.tie(together[0], other, "They are next to numbers that stay.")
            result.append(None if any(axis is None for axis in together) else together[0])
        elif all(axis is None for axis in together):
            result.append(None)
        else:
            result.append(
                np.concatenate(
                    [
                        _or_kept(channels, axis, channels.shape(part)[place])
                        for axis, part in zip(together, parts, strict=True)
                    ]
                )
            )
    channels.values[op.outputs[0]] = result


def _or_kept(channels: Channels, axis: Axis, size: int) -> Positions:
    if axis is not None:
        return axis
    if size < 0:
        raise NoRule("The size of a part is not fixed.")
    kept = channels.new(size)
    channels.keep(kept, "They are not made by a weight.")
    return kept


def _stack(channels: Channels, op: Op) -> None:
    parts = channels.lists.get(source_of(op), [])
    if not parts:
        raise NoRule("Its parts are not known.")
    first, *others = [list(channels.axes(part)) for part in parts]
    for other in others:
        for one, two in zip(first, other, strict=True):
            channels.tie(one, two, "They are next to numbers that stay.")
    result = [
        None if any(other[at] is None for other in others) else axis
        for at, axis in enumerate(first)
    ]
    result.insert(int(op.attributes.get("axis", 0)) % (len(first) + 1), None)
    channels.values[op.outputs[0]] = result


def _split(channels: Channels, op: Op) -> None:
    """Divide a tensor along an axis; equal parts lose the same channels."""
    if op.name.startswith("builtin."):
        _split_list(channels, op)
        return
    source = source_of(op)
    axes = channels.axes(source)
    at = channels.constant(op.inputs[-1])
    if not isinstance(at, int | float):
        raise NoRule("The axis is not a constant.")
    place = int(at) % len(axes)
    takers = [each for each in channels.program.walk() if op.outputs[0] in each.inputs]
    if len(takers) != 1 or takers[0].name != "builtin.split":
        raise NoRule("It is not known what takes its parts.")
    outputs = takers[0].outputs
    sizes = [channels.shape(output)[place] for output in outputs]
    axis = axes[place]
    pieces: list[Axis] = [None] * len(outputs)
    if axis is not None:
        if sum(sizes) != axis.size:
            raise NoRule("The sizes of its parts are not fixed.")
        pieces = list(np.split(axis, np.cumsum(sizes)[:-1]))
        if op.kind == "split_with_num":
            channels.tie_rows(axis, len(outputs))
        else:
            numbers, constant = channels.constant(op.inputs[1]), op.inputs[1]
            if not isinstance(numbers, list) or constant is None:
                raise NoRule("The sizes of its parts are not constants.")
            for entry, number in enumerate(numbers):
                if int(number) > 0:
                    channels.counts(constant, entry, pieces[entry])
    for output, piece in zip(outputs, pieces, strict=True):
        channels.values[output] = [*axes[:place], piece, *axes[place + 1 :]]
    channels.lists[op.outputs[0]] = list(outputs)


def _slice(channels: Channels, op: Op) -> None:
    if op.name.startswith("builtin."):
        raise NoRule("Pruning has no rule for a part of a list.")
    source = source_of(op)
    numbers = op.attributes.get("axes")
    starts, ends = (channels.constant(number) for number in op.inputs[1:3])
    if source in channels.shapes:
        _slice_of_shape(channels, op, starts, ends)
        return
    axes = list(channels.axes(source))
    shape = channels.shape(source)
    if not isinstance(numbers, list):
        raise NoRule("Its axes are not constants.")
    for entry, number in enumerate(numbers):
        at = int(number)
        axis = axes[at]
        if axis is None:
            continue
        if not isinstance(starts, list) or not isinstance(ends, list):
            raise NoRule("Where it starts and ends is computed.")
        start, end, _ = slice(int(starts[entry]), int(ends[entry])).indices(shape[at])
        if at in (op.attributes.get("decrease_axis") or []):
            raise NoRule("It takes one of them by its number.")
        first, last = op.inputs[1:3]
        if first is not None and last is not None:
            # From the front, also where the program counts from the end.
            channels.counts(first, entry, axis[:start])
            channels.counts(last, entry, axis[:end])
        axes[at] = axis[start:end]
    gone = {int(number) for number in op.attributes.get("decrease_axis") or []}
    channels.values[op.outputs[0]] = [axis for at, axis in enumerate(axes) if at not in gone]


def _slice_of_shape(channels: Channels, op: Op, starts: object, ends: object) -> None:
    """Read some sizes of a tensor; those that count channels must stay."""
    axes = channels.axes(channels.shapes[source_of(op)])
    if not (isinstance(starts, list) and isinstance(ends, list) and len(starts) == 1):
        raise NoRule("Where it starts and ends is computed.")
    for axis in axes[slice(int(starts[0]), int(ends[0]))]:
        channels.keep(axis, "Their number is read while the network runs.")


PART_RULES: dict[str, Callable[[Channels, Op], None]] = {
    "combine": _combine,
    "concat": _concat,
    "slice": _slice,
    "split": _split,
    "split_with_num": _split,
    "stack": _stack,
}
