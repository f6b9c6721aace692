"""Which ops Paddle2ONNX can convert, as it says itself."""

from __future__ import annotations

from collections.abc import Iterator

from ..contract import ExportFinding, SourcePlace
from ..program.model.structure import Op, Program, computes

__all__ = ["MESSAGE", "unconverted_ops"]

MESSAGE = "unsupported operators"
"""What Paddle2ONNX says, without naming them, before it ends its process."""

# Paddle2ONNX knows many ops by the names that they had before Paddle 3.
_OLD_NAMES = {
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
        names = {op.kind, kind, _OLD_NAMES.get(kind, kind), f"{kind}2", f"{kind}_v2"}
        if not computes(op) or kind in seen or kind in _CONTROL or names & known:
            continue
        seen.add(kind)
        yield _finding(op, kind)


def _finding(op: Op, kind: str) -> ExportFinding:
    return ExportFinding(
        code="PW-X208",
        severity="error",
        message=f"Paddle2ONNX has no converter for {kind}.",
        hint="Compute it from other ops, or after the program, in the postprocessing.",
        op=op.kind,
        line=SourcePlace(file=op.line.file, line=op.line.line) if op.line else None,
    )
