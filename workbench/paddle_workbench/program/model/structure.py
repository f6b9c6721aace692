"""A program: its ops, values and regions, and the source lines they came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

__all__ = [
    "MAX_DEPTH",
    "MAX_OPS",
    "MAX_REPEATED_OPS",
    "MAX_SIZE",
    "Op",
    "OpBudget",
    "Parameter",
    "Program",
    "Region",
    "SourceLine",
    "Value",
    "computes",
    "is_counted",
    "tensor_bytes",
]

MAX_OPS = 1_000_000
"""Most ops of a program that is read from a file; an op counts as often as it is referred to."""
MAX_REPEATED_OPS = 100_000
"""Most ops of blocks and functions that a file contains once and refers to again."""
MAX_SIZE = 2**63
"""A size of a tensor, and the number of its elements, must be below this."""
MAX_DEPTH = 64
"""Deepest nesting of regions that is read from a file."""

_NOT_COMPUTING = frozenset(
    {
        "builtin.combine",
        "builtin.constant",
        "builtin.input",
        "builtin.output",
        "builtin.parameter",
        "builtin.shadow_output",
        "builtin.slice",
        "builtin.split",
        "builtin.undefined",
        "cf.yield",
        "pd_op.data",
        "pd_op.feed",
        "pd_op.fetch",
        "pd_op.full",
        "pd_op.full_int_array",
    }
)
_NOT_COUNTED = frozenset(
    {"builtin.input", "builtin.output", "builtin.parameter", "builtin.undefined"}
)
_BITS = {
    "bfloat16": 16, "bool": 8, "complex128": 128, "complex64": 64, "float16": 16, "float32": 32,
    "float4_e2m1": 4, "float64": 64, "float8_e4m3fn": 8, "float8_e4m3fnuz": 8, "float8_e5m2": 8,
    "float8_e5m2fnuz": 8, "float8_e8m0": 8, "int16": 16, "int2": 2, "int32": 32, "int4": 4,
    "int64": 64, "int8": 8, "uint16": 16, "uint2": 2, "uint32": 32, "uint4": 4, "uint64": 64,
    "uint8": 8,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of the learner's own code.

    Parameters
    ----------
    file : str
        The file's name in Python; notebook cells have one, too.
    line : int
        Counted from 1.
    certain : bool
        True if Paddle recorded it for this op; False if it was inferred from the op's neighbours.
    function : str
        The function that contains it; empty if unknown.
    """

    file: str
    line: int
    certain: bool = True
    function: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A value that flows between ops.

    Parameters
    ----------
    id : int
    shape : tuple of int, or None
        -1 for a size that is only known at run time; None if even the number of sizes is unknown,
        or if it is not a single tensor.
    dtype : str
        `float32`, `int64`, `bool` ...; for other types, the type as Paddle prints it.
    name : str
        The name of an input, output or parameter; empty for other values.
    size_names : tuple of str
        For each size the name that the file gives it, such as `batch`, or an empty text; empty if
        no size has one.
    """

    id: int
    shape: tuple[int, ...] | None
    dtype: str
    name: str = ""
    size_names: tuple[str, ...] = ()

    def sizes(self) -> tuple[str, ...]:
        """Return the sizes as text: a number, a name, or `?`; empty if they are unknown."""
        return tuple(
            str(size) if size >= 0 else name or "?"
            for size, name in zip_longest(self.shape or (), self.size_names)
            if size is not None
        )


@dataclass(frozen=True, slots=True)
class Region:
    """The inside of a control-flow op: one branch of an `if`, the body of a `while`.

    Parameters
    ----------
    arguments : tuple of int
        Ids of the values it takes, such as loop variables.
    ops : tuple of Op
    """

    arguments: tuple[int, ...]
    ops: tuple[Op, ...]


@dataclass(frozen=True, slots=True)
class Op:
    """One operation.

    Parameters
    ----------
    id : int
    name : str
        With its dialect: `pd_op.matmul`, `builtin.parameter`, `onednn_op.fc`.
    inputs : tuple of (int or None)
        Ids of values, in the op's own order; None for an optional input that is missing.
    outputs : tuple of int
        Ids of values.
    attributes : mapping of str to JSON values
        Without bookkeeping such as the call stack and the layer path.
    layer : str
        The path of the layer that made it, as in `net.named_sublayers()`:
        `encoder.layers.0.linear1`. Empty for the network itself and for functions.
    line : SourceLine or None
        The innermost line of the learner's code that made it.
    regions : tuple of Region
    stack : tuple of SourceLine
        Lines of the learner's code on its call stack, outermost first; `line` is the last.
    """

    id: int
    name: str
    inputs: tuple[int | None, ...] = ()
    outputs: tuple[int, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    layer: str = ""
    line: SourceLine | None = None
    regions: tuple[Region, ...] = ()
    stack: tuple[SourceLine, ...] = ()

    @property
    def kind(self) -> str:
        """The name without its dialect."""
        return self.name.split(".", 1)[-1]

    def walk(self) -> Iterator[Op]:
        """Yield this op, then those inside its regions, in program order."""
        yield self
        for region in self.regions:
            for op in region.ops:
                yield from op.walk()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A weight of the network.

    Parameters
    ----------
    name : str
        As in `net.named_parameters()` if the network is known; else the program's own name.
    shape : tuple of int
    dtype : str
    bytes : int
    value : int or None
        The id of its value in the program.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A program, as traced or after a pass.

    Parameters
    ----------
    ops : tuple of Op
        Top-level ops in the order they run; `walk()` also yields those inside regions.
    values : mapping of int to Value
        All values by id, including those inside regions.
    inputs, outputs : tuple of int
        Ids of values.
    parameters : tuple of Parameter
    """

    ops: tuple[Op, ...]
    values: Mapping[int, Value]
    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()
    parameters: tuple[Parameter, ...] = ()

    def walk(self) -> Iterator[Op]:
        """Yield every op; those inside a region follow the op that contains it."""
        for op in self.ops:
            yield from op.walk()

    def by_id(self) -> dict[int, Op]:
        """Return every op by its id."""
        return {op.id: op for op in self.walk()}

    def producers(self) -> dict[int, int]:
        """Return by value the op that makes it; for a region's argument, the op around it."""
        producers: dict[int, int] = {}
        for op in self.walk():
            producers |= dict.fromkeys(op.outputs, op.id)
            for region in op.regions:
                producers |= dict.fromkeys(region.arguments, op.id)
        return producers


class OpBudget:
    """Counts the ops that are read from a file, which may refer to the same part many times."""

    def __init__(self) -> None:
        self.ops = 0
        self.repeated_ops = 0

    def spend(self, *, is_repeated: bool = False) -> None:
        """Count one op.

        Parameters
        ----------
        is_repeated : bool
            Whether it was read before, as part of the same block or function.

        Raises
        ------
        ValueError
            If a program has too many.
        """
        self.ops += 1
        self.repeated_ops += is_repeated
        if self.ops > MAX_OPS:
            raise ValueError(f"it has more than {MAX_OPS:,} ops")
        if self.repeated_ops > MAX_REPEATED_OPS:
            raise ValueError(
                f"its blocks or functions, repeated where they are used, have more than "
                f"{MAX_REPEATED_OPS:,} ops"
            )


def computes(op: Op) -> bool:
    """Return whether an op computes; constants, inputs and ops that only group values do not."""
    return op.name not in _NOT_COMPUTING


def is_counted(op: Op) -> bool:
    """Return whether an op counts as one: weights, and inputs and outputs of ONNX do not."""
    return op.name not in _NOT_COUNTED


def tensor_bytes(elements: int, dtype: str) -> int | None:
    """Return the bytes of a tensor, rounded up; None if the dtype is unknown."""
    bits = _BITS.get(dtype)
    return None if bits is None else (elements * bits + 7) // 8
