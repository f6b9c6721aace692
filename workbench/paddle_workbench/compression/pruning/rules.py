"""What ops do with channels. An op without a rule keeps the channels that it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...program.model.structure import Op
from .channels import Axis, Channels, NoRule
from .part_rules import PART_RULES
from .shape_rules import SHAPE_RULES

__all__ = ["follow"]

_OUTPUT = "They are an output of the network."
_INPUTS = frozenset({"data", "feed", "input"})
_CONSTANTS = _INPUTS | {"full", "full_int_array", "constant", "undefined"}
_OUTPUTS = frozenset({"fetch", "output", "shadow_output"})


def follow(channels: Channels, op: Op) -> None:
    """Follow the channels through one op."""
    kind = _kind(op)
    if not op.regions and all(value in channels.fixed for value in op.inputs if value is not None):
        channels.fixed.update(op.outputs if kind not in _INPUTS else ())
    if kind == "parameter":
        _parameter(channels, op)
        return
    if kind in _CONSTANTS and not op.regions:
        return
    if kind in _OUTPUTS:
        for value in op.inputs:
            channels.keep_all(value, _OUTPUT)
        return
    rule = _without_rule if op.regions else RULES.get(kind, _without_rule)
    try:
        _check_shapes(channels, op, kind)
        rule(channels, op)
    except NoRule as answer:
        for each in op.walk():
            for value in each.inputs:
                channels.keep_all(value, f"{op.kind}{_place(op)} takes them. {answer}")
        for value in op.outputs:
            channels.values.pop(value, None)


def _kind(op: Op) -> str:
    """Return the kind without the mark of ops that overwrite their input."""
    return op.kind.rstrip("_")


def _place(op: Op) -> str:
    return f" of {op.layer}" if op.layer else ""


def _parameter(channels: Channels, op: Op) -> None:
    (number,) = op.outputs
    channels.values[number] = [channels.new(size) for size in channels.shape(number)]
    uses = channels.readers.get(number, 0)
    if uses > 1:
        name = channels.value(number).name
        channels.keep_all(number, f"The weight {name} is used in {uses} places.")


def _check_shapes(channels: Channels, op: Op, kind: str) -> None:
    """Keep the channels whose number is read while the program runs."""
    for number in op.inputs:
        if number is not None and number in channels.shapes and kind not in ("slice", "combine"):
            channels.keep_all(number, "Their number is read while the network runs.")


def _without_rule(_channels: Channels, _op: Op) -> None:
    raise NoRule("Pruning has no rule for it.")


def _same(channels: Channels, op: Op) -> None:
    """Ops that work on each number alone."""
    first, *others = op.inputs
    if first is None:
        raise NoRule("It has no input.")
    for other in others:
        channels.keep_all(other, f"{op.kind}{_place(op)} takes them as a setting.")
    for output in op.outputs:
        if channels.value(output).shape == channels.shape(first):
            channels.values[output] = list(channels.axes(first))


def _elementwise(channels: Channels, op: Op) -> None:
    """Ops that work on pairs of numbers, where an axis of size 1 is repeated."""
    (output,) = op.outputs
    rank = len(channels.shape(output))
    result: list[Axis] = [None] * rank
    inputs = [number for number in op.inputs if number is not None]
    reason = f"{op.kind}{_place(op)} combines them with numbers that stay."
    for at in range(-rank, 0):
        sized = [
            (channels.axes(number)[at], channels.shape(number)[at])
            for number in inputs
            if len(channels.shape(number)) >= -at
        ]
        result[at] = _combined(channels, sized, reason)
    channels.values[output] = result


def _combined(channels: Channels, sized: Sequence[tuple[Axis, int]], reason: str) -> Axis:
    """Tie the axes of several tensors that meet, where those of size 1 are repeated.

    Parameters
    ----------
    sized : sequence of (Axis, int)
        Each axis with its size; -1 if it is only known when the program runs.
    """
    sizes = {size for _, size in sized if size != 1} or {1}
    whole = [axis for axis, size in sized if size in sizes]
    if len(sizes) > 1 or any(axis is None for axis in whole):
        whole = []
    for axis, size in sized:
        if not whole or size not in sizes:
            channels.keep(axis, reason)
    for axis in whole[1:]:
        channels.tie(whole[0], axis, reason)
    return whole[0] if whole else None


def _channel_axis(op: Op, rank: int) -> int:
    return 1 if str(op.attributes.get("data_format", "NCHW")).startswith("NC") else rank - 1


def _convolution(channels: Channels, op: Op) -> None:
    source, weight = op.inputs[:2]
    if source is None or weight is None or len(op.outputs) != 1:
        raise NoRule("It has other inputs and outputs than a convolution.")
    (output,) = op.outputs
    at = _channel_axis(op, len(channels.shape(output)))
    taken = channels.axes(source)[at]
    makes, takes = channels.axes(weight)[:2]
    groups = int(op.attributes.get("groups", 1))
    channels.values[output] = [None] * len(channels.shape(output))
    reason = f"{op.kind}{_place(op)} combines them with numbers that stay."
    size = channels.shape(weight)
    if groups == 1:
        channels.tie(taken, takes, reason)
    elif size[1] == 1:
        # Each channel is taken alone, and their number is the number of groups.
        repeated = None if taken is None else np.repeat(taken, size[0] // groups)
        channels.tie(repeated, makes, reason)
        if taken is not None:
            channels.counts_groups(op, taken)
    else:
        # Every group loses the same channels, so that the groups stay equal.
        rows = None if taken is None else taken.reshape(groups, size[1])
        for group in range(groups):
            channels.tie(None if rows is None else rows[group], takes, reason)
        channels.tie_rows(makes, groups)
    channels.values[output][at] = makes
    channels.layer(weight, makes=0, takes=None if size[1] == 1 < groups else 1)


def _transposed_convolution(channels: Channels, op: Op) -> None:
    source, weight = op.inputs[:2]
    if source is None or weight is None or int(op.attributes.get("groups", 1)) != 1:
        raise NoRule("Pruning has no rule for a transposed convolution in groups.")
    (output,) = op.outputs
    at = _channel_axis(op, len(channels.shape(output)))
    takes, makes = channels.axes(weight)[:2]
    reason = f"{op.kind}{_place(op)} combines them with numbers that stay."
    channels.tie(channels.axes(source)[at], takes, reason)
    channels.values[output] = [None] * len(channels.shape(output))
    channels.values[output][at] = makes
    channels.layer(weight, makes=1, takes=0)


def _batch_norm(channels: Channels, op: Op) -> None:
    source, *weights = op.inputs[:5]
    if source is None or None in weights:
        raise NoRule("It has no scale or no shift.")
    axes = list(channels.axes(source))
    at = _channel_axis(op, len(axes))
    reason = f"{op.kind}{_place(op)} combines them with numbers that stay."
    for weight in weights:
        if weight is not None:
            channels.tie(axes[at], channels.axes(weight)[0], reason)
    channels.values[op.outputs[0]] = axes
    for output in op.outputs[1:5]:
        if channels.value(output).shape == (channels.shape(source)[at],):
            channels.values[output] = [axes[at]]
    scale = op.inputs[3]
    if scale is not None:
        channels.scales.append(scale)


def _prelu(channels: Channels, op: Op) -> None:
    source, slope = op.inputs
    if source is None or slope is None:
        raise NoRule("It has no slope.")
    axes = list(channels.axes(source))
    at = _channel_axis(op, len(axes))
    if channels.shape(slope) == (channels.shape(source)[at],) and channels.shape(slope) != (1,):
        reason = f"{op.kind}{_place(op)} combines them with numbers that stay."
        channels.tie(axes[at], channels.axes(slope)[0], reason)
    elif channels.shape(slope) != (1,):
        raise NoRule("It has a slope for each number.")
    channels.values[op.outputs[0]] = axes


def _layer_norm(channels: Channels, op: Op) -> None:
    source, *weights = op.inputs
    if source is None:
        raise NoRule("It has no input.")
    start = int(op.attributes.get("begin_norm_axis", 1))
    axes = channels.axes(source)
    reason = f"{op.kind}{_place(op)} divides by what it finds in all of them."
    for axis in axes[start:]:
        channels.keep(axis, reason)
    for weight in weights:
        channels.keep_all(weight, reason)
    channels.values[op.outputs[0]] = [*axes[:start], *[None] * (len(axes) - start)]


def _softmax(channels: Channels, op: Op) -> None:
    (source,) = op.inputs
    if source is None:
        raise NoRule("It has no input.")
    axes = list(channels.axes(source))
    at = int(op.attributes.get("axis", -1))
    channels.keep(axes[at], f"{op.kind}{_place(op)} divides by what it finds in all of them.")
    axes[at] = None
    channels.values[op.outputs[0]] = axes


def _window(channels: Channels, op: Op) -> None:
    """Ops that only change the axes after the channels: pools, interpolation."""
    source = op.inputs[0]
    if source is None or any(number in channels.values for number in op.inputs[1:]):
        raise NoRule("It has other inputs than numbers.")
    axes = channels.axes(source)
    at = _channel_axis(op, len(axes))
    for output in op.outputs:
        if len(channels.shape(output)) == len(axes):
            result: list[Axis] = [None] * len(axes)
            result[at] = axes[at]
            channels.values[output] = result
    for place, axis in enumerate(axes):
        if place != at:
            channels.keep(axis, f"{op.kind}{_place(op)} goes along them.")


def _matmul(channels: Channels, op: Op) -> None:
    left, right = op.inputs
    if left is None or right is None or min(len(channels.shape(n)) for n in (left, right)) < 2:
        raise NoRule("Pruning has no rule for a product with a vector.")
    (output,) = op.outputs
    rank = len(channels.shape(output))
    turned = (bool(op.attributes.get("transpose_x")), bool(op.attributes.get("transpose_y")))
    one, other = channels.axes(left), channels.axes(right)
    row, inner = (-1, -2) if turned[0] else (-2, -1)
    deep, column = (-1, -2) if turned[1] else (-2, -1)
    reason = f"{op.kind}{_place(op)} combines them with numbers that stay."
    channels.tie(one[inner], other[deep], reason)
    result: list[Axis] = [None] * rank
    result[-2], result[-1] = one[row], other[column]
    for at in range(-rank, -2):
        sized = [
            (axes[at], channels.shape(number)[at])
            for axes, number in ((one, left), (other, right))
            if len(axes) >= -at
        ]
        result[at] = _combined(channels, sized, reason)
    channels.values[output] = result
    if len(other) == 2:
        channels.layer(right, makes=2 + column, takes=2 + deep)


def _embedding(channels: Channels, op: Op) -> None:
    ids, table = op.inputs
    if ids is None or table is None:
        raise NoRule("It has no table.")
    rows, columns = channels.axes(table)
    channels.keep(rows, f"{op.kind}{_place(op)} looks them up by their number.")
    channels.keep_all(ids, f"{op.kind}{_place(op)} looks them up by their number.")
    channels.values[op.outputs[0]] = [*[None] * len(channels.shape(ids)), columns]
    channels.layer(table, makes=1, takes=None)


def _reduction(channels: Channels, op: Op) -> None:
    """Ops that make one number of an axis."""
    source = op.inputs[0]
    if source is None:
        raise NoRule("It has no input.")
    numbers = op.attributes.get("axis")
    if len(op.inputs) > 1:
        numbers = channels.constant(op.inputs[1])
    axes = channels.axes(source)
    if not isinstance(numbers, list):
        raise NoRule("Its axes are not constants.")
    gone = {int(number) % len(axes) for number in numbers} or set(range(len(axes)))
    result: list[Axis] = []
    for at, axis in enumerate(axes):
        if at not in gone:
            result.append(axis)
            continue
        channels.keep(axis, f"{op.kind}{_place(op)} makes one number of all of them.")
        if op.attributes.get("keepdim"):
            result.append(None)
    if len(result) != len(channels.shape(op.outputs[0])):
        raise NoRule("Its result has an unexpected number of axes.")
    channels.values[op.outputs[0]] = result


_Rule = Callable[[Channels, Op], None]
_SAME = (
    "abs", "assign", "cast", "ceil", "celu", "clip", "cos", "dropout", "elu", "erf",
    "exp", "floor", "full_like", "gelu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh",
    "leaky_relu", "log", "log1p", "logical_not", "logsigmoid", "mish", "pow", "reciprocal", "relu",
    "relu6", "round", "rsqrt", "scale", "selu", "share_data", "sigmoid", "sign", "silu", "sin",
    "softplus", "softshrink", "softsign", "sqrt", "square", "stanh", "swish", "tanh",
    "tanh_shrink", "thresholded_relu",
)  # fmt: skip
_ELEMENTWISE = (
    "add", "divide", "elementwise_pow", "equal", "fmax", "fmin", "greater_equal", "greater_than",
    "less_equal", "less_than", "logical_and", "logical_or", "maximum", "minimum", "multiply",
    "not_equal", "subtract", "where",
)  # fmt: skip
_WINDOWS = (
    "bicubic_interp", "bilinear_interp", "linear_interp", "lp_pool2d", "max_pool2d_with_index",
    "nearest_interp", "pool2d", "pool3d", "trilinear_interp",
)  # fmt: skip
_REDUCTIONS = ("all", "any", "max", "mean", "min", "prod", "sum", "logsumexp", "amax", "amin")

RULES: dict[str, _Rule] = {
    **dict.fromkeys(_SAME, _same),
    **dict.fromkeys(_ELEMENTWISE, _elementwise),
    **dict.fromkeys(_WINDOWS, _window),
    **dict.fromkeys(_REDUCTIONS, _reduction),
    **dict.fromkeys(("conv2d", "conv3d", "depthwise_conv2d"), _convolution),
    **dict.fromkeys(("conv2d_transpose", "conv3d_transpose"), _transposed_convolution),
    "batch_norm": _batch_norm,
    "embedding": _embedding,
    "layer_norm": _layer_norm,
    "log_softmax": _softmax,
    "matmul": _matmul,
    "prelu": _prelu,
    "softmax": _softmax,
    **PART_RULES,
    **SHAPE_RULES,
}
