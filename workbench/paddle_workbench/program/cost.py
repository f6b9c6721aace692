"""The cost of ops from their shapes: floating-point operations, bytes read and written.

A multiplication and an addition are two operations, as usual. Functions such as `exp` count as one,
since the number of instructions depends on the processor. Ops that only move data count as zero.
Ops without an entry in the tables below have an unknown cost. Loops count for one iteration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import prod

from .model.capture import OpCost
from .model.structure import Op, Program, Value, computes, tensor_bytes

__all__ = ["Sizes", "bytes_of", "costs_of"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Assumed values for sizes that are only known at run time.

    Parameters
    ----------
    batch : int
        For the first size of a shape.
    other : int or None
        For every other size; with None, costs that depend on it are unknown.
    """

    batch: int = 1
    other: int | None = None

    def shape(self, value: Value | None) -> tuple[int, ...] | None:
        """Return a shape with assumed sizes, or None if a size stays unknown."""
        if value is None or value.shape is None:
            return None
        shape: list[int] = []
        for place, size in enumerate(value.shape):
            size_here = size if size >= 0 else self.batch if place == 0 else self.other
            if size_here is None:
                return None
            shape.append(size_here)
        return tuple(shape)


def bytes_of(value: Value | None, sizes: Sizes) -> int | None:
    """Return the bytes of a tensor; None if a size is unknown or it is not a single tensor."""
    shape = sizes.shape(value)
    return None if shape is None or value is None else tensor_bytes(prod(shape), value.dtype)


def costs_of(program: Program, sizes: Sizes | None = None) -> dict[int, OpCost]:
    """Return the cost of every op that computes, by id.

    Parameters
    ----------
    program : Program
    sizes : Sizes, optional
        For sizes that are only known at run time; a batch of one if left out.
    """
    sizes = sizes or Sizes()
    producers = {value: op for op in program.walk() for value in op.outputs}
    return {
        op.id: OpCost(
            flops=_flops(op, program.values, producers, sizes),
            bytes_read=_bytes_read(op, program.values, producers, sizes),
            bytes_written=_total(bytes_of(program.values.get(v), sizes) for v in op.outputs),
        )
        for op in program.walk()
        if computes(op) and not op.regions
    }


def _bytes_read(
    op: Op, values: Mapping[int, Value], producers: Mapping[int, Op], sizes: Sizes
) -> int | None:
    if _kind(op) in _LOOKUPS and len(op.inputs) > 1 and op.outputs:
        # Only the requested rows of a table are read.
        operands = [op.inputs[0] if _kind(op) == "embedding" else op.inputs[1], op.outputs[0]]
        return _total(bytes_of(values.get(v), sizes) for v in operands if v is not None)
    read: list[int] = []
    for value in op.inputs:
        if value is None:
            continue
        maker = producers.get(value)
        # The values that builtin.combine groups are read one by one.
        read += (
            [v for v in maker.inputs if v is not None]
            if maker is not None and maker.name == "builtin.combine"
            else [value]
        )
    return _total(bytes_of(values.get(value), sizes) for value in read)


def _total(parts: Iterable[int | None]) -> int | None:
    numbers = list(parts)
    return None if any(part is None for part in numbers) else sum(part or 0 for part in numbers)


def _flops(
    op: Op, values: Mapping[int, Value], producers: Mapping[int, Op], sizes: Sizes
) -> int | None:
    kind = _kind(op)
    formula = _FORMULAS.get(kind)
    inputs = [sizes.shape(values.get(v)) if v is not None else None for v in op.inputs]
    out = sizes.shape(values.get(op.outputs[0])) if op.outputs else None
    if kind in _MOVES:
        return 0
    if kind in ("pool2d", "pool3d"):
        return _pool(op, inputs, out, _constant(op, 1, producers))
    if formula is None or out is None:
        return None
    return formula(op, inputs, out)


def _kind(op: Op) -> str:
    """Return the name that the tables use, without dialect and marks of in-place or fused ops."""
    kind = op.kind.rstrip("_").removeprefix("fused_").removeprefix("elementwise_")
    return kind if op.kind != "elementwise_pow" else "pow"


Shape = tuple[int, ...]
Shapes = list[Shape | None]
_Formula = Callable[[Op, Shapes, Shape], int | None]


def _per_output(operations: int) -> _Formula:
    return lambda _op, _inputs, out: operations * prod(out)


def _per_input(operations: int) -> _Formula:
    def formula(_op: Op, inputs: Shapes, _out: Shape) -> int | None:
        first = inputs[0] if inputs else None
        return None if first is None else operations * prod(first)

    return formula


def _matmul(op: Op, inputs: Shapes, out: Shape) -> int | None:
    first = inputs[0] if inputs else None
    if not first:
        return None
    is_transposed = op.attributes.get("transpose_x", op.attributes.get("trans_x", False))
    inner = first[-2] if is_transposed and len(first) > 1 else first[-1]
    extra = prod(out) if len(inputs) > 2 and inputs[2] is not None else 0
    return 2 * prod(out) * inner + extra


def _fc(_op: Op, inputs: Shapes, out: Shape) -> int | None:
    weight = inputs[1] if len(inputs) > 1 else None
    if not weight:
        return None
    bias = prod(out) if len(inputs) > 2 and inputs[2] is not None else 0
    return 2 * prod(out) * weight[0] + bias


def _convolution(_op: Op, inputs: Shapes, out: Shape) -> int | None:
    kernel = inputs[1] if len(inputs) > 1 else None
    if not kernel:
        return None
    bias = prod(out) if len(inputs) > 2 and inputs[2] is not None else 0
    return 2 * prod(out) * prod(kernel[1:]) + bias


def _transposed_convolution(_op: Op, inputs: Shapes, _out: Shape) -> int | None:
    first, kernel = (*inputs, None, None)[:2]
    return 2 * prod(first) * prod(kernel[1:]) if first and kernel else None


def _pool(op: Op, inputs: Shapes, out: Shape | None, window: object) -> int | None:
    if out is None:
        return None
    if op.attributes.get("adaptive") or op.attributes.get("global_pooling"):
        return _per_input(1)(op, inputs, out)
    if isinstance(window, list) and all(isinstance(size, int) for size in window):
        return prod(out) * prod(window)
    return None


def _constant(op: Op, index: int, producers: Mapping[int, Op]) -> object:
    """Return the value of an input that is a constant of the program."""
    value = op.inputs[index] if index < len(op.inputs) else None
    maker = producers.get(value) if value is not None else None
    return maker.attributes.get("value") if maker is not None else None


_LOOKUPS = frozenset({"embedding", "gather", "gather_nd", "index_select"})

_MOVES = frozenset(
    {
        "arange", "argsort", "assign", "cast", "concat", "embedding", "expand", "expand_as",
        "flatten", "flip", "full_like", "full_with_tensor", "gather", "gather_nd", "index_select",
        "meshgrid", "onednn_to_paddle_layout", "one_hot", "pad", "pad3d", "print", "reshape",
        "roll", "scatter", "set_value", "set_value_with_tensor", "shape", "shape64", "shadow_feed",
        "slice", "split", "split_with_num", "squeeze", "stack", "strided_slice", "tile", "topk",
        "transpose", "tril", "triu", "unbind", "unsqueeze", "unstack", "where", "memcpy_d2h",
        "memcpy_h2d", "channel_shuffle", "shuffle_channel",
    }
)  # fmt: skip

_ONE_PER_OUTPUT = (
    "abs", "add", "ceil", "clip", "cos", "divide", "equal", "erf", "exp", "floor", "floor_divide",
    "greater_equal", "greater_than", "isfinite", "isinf", "isnan", "less_equal", "less_than", "log",
    "log1p", "logical_and", "logical_not", "logical_or", "logical_xor", "maximum", "minimum",
    "multiply", "not_equal", "pow", "reciprocal", "relu", "relu6", "remainder", "round", "rsqrt",
    "sign", "sin", "sqrt", "square", "subtract", "increment", "bitwise_and", "bitwise_or",
)  # fmt: skip

_FORMULAS: dict[str, _Formula] = {
    **dict.fromkeys(_ONE_PER_OUTPUT, _per_output(1)),
    # A multiplication and an addition.
    **dict.fromkeys(("scale", "batch_norm", "leaky_relu", "hardsigmoid"), _per_output(2)),
    # exp, addition and division; x times a sigmoid; and so on, by definition.
    "sigmoid": _per_output(3),
    "tanh": _per_output(4),
    "silu": _per_output(4),
    "swish": _per_output(4),
    "hardswish": _per_output(4),
    "gelu": _per_output(5),
    "softplus": _per_output(3),
    "softmax": _per_output(5),
    "log_softmax": _per_output(6),
    # Mean, variance, subtraction, division, multiplication, addition.
    "layer_norm": _per_output(8),
    "group_norm": _per_output(8),
    "instance_norm": _per_output(8),
    "bias_residual_layernorm": _per_output(10),
    # In evaluation it returns its input.
    "dropout": _per_output(0),
    **dict.fromkeys(
        ("sum", "mean", "max", "min", "prod", "any", "all", "argmax", "argmin", "cumsum"),
        _per_input(1),
    ),
    "p_norm": _per_input(2),
    "matmul": _matmul,
    "bmm": _matmul,
    "fc": _fc,
    **dict.fromkeys(
        ("conv2d", "conv3d", "depthwise_conv2d", "conv2d_add_act"), _convolution
    ),
    "conv2d_transpose": _transposed_convolution,
    "conv3d_transpose": _transposed_convolution,
}  # fmt: skip
