"""Which ops a converter lacks, as it says itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..contract import ExportFinding, SourcePlace
from ..program.model.structure import Op, Program, computes

__all__ = ["MESSAGE", "OLD_NAMES", "ops_lite_lacks", "unconverted_ops"]

MESSAGE = "unsupported operators"
"""What Paddle2ONNX says, without naming them, before it ends its process."""

_LITE_LACKS = re.compile(r"These unsupported ops are: (.*)")

# Paddle2ONNX knows many ops by the names that they had before Paddle 3.
OLD_NAMES = {
    "add": "elementwise_add", "add_n": "sum", "all": "reduce_all", "any": "reduce_any",
    "arange": "range", "argmax": "arg_max", "argmin": "arg_min", "divide": "elementwise_div",
    "elementwise_pow": "elementwise_pow", "expand": "expand_v2",
    "flatten": "flatten_contiguous_range", "floor_divide": "elementwise_floordiv",
    "grid_sample": "grid_sampler", "hardsigmoid": "hard_sigmoid", "hardswish": "hard_swish",
    "matmul": "matmul_v2", "max": "reduce_max", "maximum": "elementwise_max",
    "mean": "reduce_mean", "min": "reduce_min", "minimum": "elementwise_min",
    "multiply": "elementwise_mul", "nonzero": "where_index", "prod": "reduce_prod",
    "remainder": "elementwise_mod", "squeeze": "squeeze2", "subtract": "elementwise_sub",
    "sum": "reduce_sum", "tanh_shrink": "tanh_shrink", "topk": "top_k_v2",
    "unsqueeze": "unsqueeze2",
}  # fmt: skip
_CONTROL = frozenset({"if", "while", "yield", "increment", "memcpy", "print"})


def unconverted_ops(program: Program) -> Iterator[ExportFinding]:
    """Yield a finding for each kind of op that Paddle2ONNX has no converter for."""
    from paddle2onnx import paddle2onnx_cpp2py_export as converter

    known = set(converter.get_all_supported_operators_pir())
    seen = set()
    for op in program.walk():
        kind = op.kind.removesuffix("_")
        names = {op.kind, kind, OLD_NAMES.get(kind, kind), f"{kind}2", f"{kind}_v2"}
        if not computes(op) or kind in seen or kind in _CONTROL or names & known:
            continue
        seen.add(kind)
        yield _finding("Paddle2ONNX has no converter for", kind, op)


def ops_lite_lacks(program: Program, message: str) -> Iterator[ExportFinding]:
    """Yield a finding for each kind of op that Paddle Lite does not know, by its old name."""
    lacks = _LITE_LACKS.search(message)
    for name in re.findall(r"'(\w+)'", lacks[1]) if lacks else ():
        kinds = {name, name.removesuffix("_v2"), name.removesuffix("2")}
        kinds |= {kind for kind, old in OLD_NAMES.items() if old == name}
        op = next((each for each in program.walk() if each.kind.removesuffix("_") in kinds), None)
        yield _finding("Paddle Lite has no kernel on x86 for", name, op)


def _finding(problem: str, kind: str, op: Op | None) -> ExportFinding:
    line = op.line if op is not None else None
    return ExportFinding(
        code="PW-X208",
        severity="error",
        message=f"{problem} {kind}.",
        hint="Compute it from other ops, or after the program, in the postprocessing.",
        op=op.kind if op is not None else "",
        line=SourcePlace(file=line.file, line=line.line) if line else None,
    )
