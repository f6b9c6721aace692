"""What ops do with channels that give a tensor another shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from ...program.model.structure import Op
from .channels import Axis, Channels, NoRule, Positions, connected, source_of

__all__ = ["SHAPE_RULES"]

_Shape = tuple[int, ...]


def _transpose(channels: Channels, op: Op) -> None:
    source = source_of(op)
    axes = channels.axes(source)
    order = op.attributes.get("perm")
    if not isinstance(order, list) or len(order) != len(axes):
        raise NoRule("The order of its axes is not known.")
    channels.values[op.outputs[0]] = [axes[int(at)] for at in order]


def _squeeze(channels: Channels, op: Op) -> None:
    source = source_of(op)
    axes, shape = channels.axes(source), channels.shape(source)
    gone = {number % len(axes) for number in _axis_numbers(channels, op)}
    gone = {at for at in gone if shape[at] == 1} if gone else set()
    result = [axis for at, axis in enumerate(axes) if at not in gone]
    if len(result) != len(channels.shape(op.outputs[0])):
        raise NoRule("Its result has an unexpected number of axes.")
    for at in gone:
        channels.keep(axes[at], f"{op.kind} removes the axis.")
    channels.values[op.outputs[0]] = result


def _unsqueeze(channels: Channels, op: Op) -> None:
    source = source_of(op)
    result = list(channels.axes(source))
    rank = len(channels.shape(op.outputs[0]))
    for number in _axis_numbers(channels, op):
        # As Paddle does: one after the other, a negative one in the result so far.
        result.insert(number % (len(result) + 1), None)
    if len(result) != rank:
        raise NoRule("Its result has an unexpected number of axes.")
    channels.values[op.outputs[0]] = result


def _axis_numbers(channels: Channels, op: Op) -> list[int]:
    numbers = op.attributes.get("axis", op.attributes.get("axes"))
    if len(op.inputs) > 1:
        numbers = channels.constant(op.inputs[1])
    if not isinstance(numbers, list):
        raise NoRule("Its axes are not constants.")
    return [int(number) for number in numbers]


def _flatten(channels: Channels, op: Op) -> None:
    source = source_of(op)
    shape, axes = channels.shape(source), channels.axes(source)
    start = int(op.attributes.get("start_axis", 1)) % len(shape)
    stop = int(op.attributes.get("stop_axis", -1)) % len(shape)
    merged = _merged(channels, axes[start : stop + 1], shape[start : stop + 1])
    channels.values[op.outputs[0]] = [*axes[:start], merged, *axes[stop + 1 :]]


def _merged(channels: Channels, axes: Sequence[Axis], shape: _Shape) -> Axis:
    """Return the axis into which several are merged, where each channel becomes several positions.

    A second axis whose channels could be removed would leave positions without a rule, so the
    channels stay.
    """
    places = [at for at, axis in enumerate(axes) if axis is not None]
    if len(places) == 1 and min(shape) > 0:
        axis = axes[places[0]]
        if axis is not None:
            before, after = prod(shape[: places[0]]), prod(shape[places[0] + 1 :])
            return np.tile(np.repeat(axis, after), before)
    for at in places:
        channels.keep(axes[at], "They are merged with an axis whose size is not fixed.")
    return None


def _divided(channels: Channels, axis: Axis, shape: _Shape) -> list[Axis]:
    """Return the axes into which one is divided.

    Positions that differ only in the other axes are tied. The axis is chosen on which most channels
    remain.
    """
    result: list[Axis] = [None] * len(shape)
    if axis is None:
        return result
    grid = axis.reshape(shape)
    best, parts = max(
        ((at, np.moveaxis(grid, at, 0).reshape(shape[at], -1)) for at in range(len(shape))),
        key=lambda choice: _independent(choice[1]),
    )
    first = parts[:, 0]
    channels.ties += [(first, parts[:, other]) for other in range(1, parts.shape[1])]
    result[best] = first
    return result


def _independent(parts: Positions) -> int:
    """Return how many rows remain independent of each other if each is tied within itself."""
    _, numbers = np.unique(parts, return_inverse=True)
    rows = numbers.reshape(parts.shape)
    ties = [(rows[:, 0], rows[:, at]) for at in range(1, rows.shape[1])]
    return int(np.unique(connected(int(rows.max()) + 1, ties)[rows[:, 0]]).size)


def _reshape(channels: Channels, op: Op) -> None:
    source = source_of(op)
    (output,) = op.outputs
    old, new = channels.shape(source), channels.shape(output)
    places = _shape_entries(channels, op, len(new))
    axes = channels.axes(source)
    result: list[Axis] = [None] * len(new)
    for block in _blocks(old, new, [entry == 0 for _, _, entry in places]):
        before, after = block
        shape = tuple(new[at] for at in after)
        if len(before) == len(after) == 1:
            result[after[0]] = axes[before[0]]
            continue
        merged = _merged(channels, [axes[at] for at in before], tuple(old[at] for at in before))
        if merged is not None and (not after or min(shape) <= 0):
            channels.keep(merged, f"{op.kind} gives them a size that is not fixed.")
            continue
        for at, axis in zip(after, _divided(channels, merged, shape), strict=True):
            result[at] = axis
    for at, (constant, place, entry) in enumerate(places):
        axis = result[at]
        if axis is None or entry in (0, -1):
            continue
        if constant is None:
            raise NoRule("The size of its result is computed.")
        channels.counts(constant, place, axis)
    channels.values[output] = result


def _shape_entries(
    channels: Channels, op: Op, rank: int
) -> list[tuple[int | None, int | None, int | None]]:
    """Return for each axis of a reshape the constant, the place in it, and the size that it says.

    The last is 0 if the size of the input is copied, and None if it is computed.
    """
    shape = op.inputs[1] if len(op.inputs) > 1 else None
    numbers = channels.constant(shape)
    if isinstance(numbers, list) and len(numbers) == rank:
        return [(shape, at, int(number)) for at, number in enumerate(numbers)]
    maker = channels.producers.get(shape) if shape is not None else None
    if maker is not None and maker.kind == "stack":
        shape = maker.inputs[0]
    parts = channels.lists.get(shape, []) if shape is not None else []
    if len(parts) != rank:
        return [(None, None, None)] * rank
    entries: list[tuple[int | None, int | None, int | None]] = []
    for at, part in enumerate(parts):
        number = channels.constant(part)
        if isinstance(number, int | float):
            entries.append((part, None, int(number)))
        else:
            entries.append((None, None, 0 if _is_copied(channels, op, part, at) else None))
    return entries


def _is_copied(channels: Channels, op: Op, size: int, at: int) -> bool:
    """Return whether a size is that of the input's own axis: `x.reshape([x.shape[0], …])`."""
    maker = channels.producers.get(size)
    if maker is None or maker.kind != "slice" or maker.inputs[0] is None:
        return False
    is_own = channels.shapes.get(maker.inputs[0]) == op.inputs[0]
    return is_own and channels.constant(maker.inputs[1]) == [at]


def _blocks(
    old: _Shape, new: _Shape, is_copied: Sequence[bool]
) -> list[tuple[list[int], list[int]]]:
    """Divide two shapes of the same numbers into the smallest blocks that correspond.

    Sizes that are only known when the program runs (-1) are in one block, unless the reshape says
    that it copies them.

    Returns
    -------
    list of (list of int, list of int)
        Axes of the old and of the new shape.
    """
    blocks: list[tuple[list[int], list[int]]] = []
    start = 0
    while start < min(len(old), len(new)) and (is_copied[start] or old[start] == new[start] != -1):
        blocks.append(([start], [start]))
        start += 1
    ends = [len(old), len(new)]
    while ends[0] > start and ends[1] > start:
        block = _last_block(old[start : ends[0]], new[start : ends[1]])
        if block is None:
            break
        blocks.append(
            (
                list(range(ends[0] - block[0], ends[0])),
                list(range(ends[1] - block[1], ends[1])),
            )
        )
        ends = [ends[0] - block[0], ends[1] - block[1]]
    if ends[0] > start or ends[1] > start:
        blocks.append((list(range(start, ends[0])), list(range(start, ends[1]))))
    return blocks


def _last_block(old: _Shape, new: _Shape) -> tuple[int, int] | None:
    """Return how many of the last axes of two shapes have the same product; None if unknown."""
    counts, products = [1, 1], [old[-1], new[-1]]
    while products[0] != products[1]:
        if min(products) <= 0:
            return None
        side = 0 if products[0] < products[1] else 1
        shape = (old, new)[side]
        counts[side] += 1
        if counts[side] > len(shape):
            return None
        products[side] *= shape[-counts[side]]
    return (counts[0], counts[1]) if products[0] > 0 else None


def _shape(channels: Channels, op: Op) -> None:
    channels.shapes[op.outputs[0]] = source_of(op)


def _pad(channels: Channels, op: Op) -> None:
    source = source_of(op)
    axes = list(channels.axes(source))
    paddings = op.attributes.get("paddings")
    if len(op.inputs) > 1 and op.kind == "pad3d":
        constant = channels.constant(op.inputs[1])
        is_channels_first = str(op.attributes.get("data_format", "NCDHW")).startswith("NC")
        if not isinstance(constant, list) or len(axes) != 5 or not is_channels_first:
            raise NoRule("It is not known which axes are padded.")
        # From the last axis to the first, as Paddle takes them.
        paddings = [0, 0, 0, 0, *(n for at in (4, 2, 0) for n in constant[at : at + 2])]
    if not isinstance(paddings, list) or len(paddings) != 2 * len(axes):
        raise NoRule("It is not known which axes are padded.")
    for at, axis in enumerate(axes):
        if any(paddings[2 * at : 2 * at + 2]):
            channels.keep(axis, f"{op.kind} adds to them.")
            axes[at] = None
    channels.values[op.outputs[0]] = axes


SHAPE_RULES: dict[str, Callable[[Channels, Op], None]] = {
    "flatten": _flatten,
    "pad": _pad,
    "pad3d": _pad,
    "reshape": _reshape,
    "shape": _shape,
    "shape64": _shape,
    "squeeze": _squeeze,
    "transpose": _transpose,
    "unsqueeze": _unsqueeze,
}
