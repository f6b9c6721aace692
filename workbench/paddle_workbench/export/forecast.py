"""What is known about a bundle and a target before the target is written and run."""

from __future__ import annotations

from collections.abc import Iterator

from ..contract import ExportFinding, SourcePlace, TensorSignature
from ..program.model.structure import Op, Program
from .exportable import Exportable
from .mappers import unconverted_ops
from .rules import explain
from .targets.target import PROGRAM_FOLDER, Target

__all__ = ["forecast", "missing_dtypes", "outlook"]

MAX_ONNX_BYTES = 2**31
"""Limit of protobuf for one file."""

_MISSING_DTYPES = {
    "onnx": {"bfloat16", "complex64", "complex128"},
    "inference": {"bfloat16", "complex64", "complex128", "float16"},
    "lite": {"bfloat16", "complex64", "complex128", "float16", "float64"},
}


def forecast(bundle: Exportable, target: Target) -> Iterator[ExportFinding]:
    """Yield what may fail, as warnings: only running the target proves it."""
    program = bundle.program
    findings = [*explain(program, target.name)]
    if target.converter == "paddle2onnx":
        findings += unconverted_ops(program)
    findings += missing_dtypes(program, target)
    size = sum(file.bytes for name, file in bundle.record.files.items() if _is_program(name))
    if target.converter == "paddle2onnx" and size >= MAX_ONNX_BYTES:
        findings.append(
            ExportFinding(
                code="PW-X215",
                severity="warning",
                message=f"The weights have {size:,} bytes, and one ONNX file at most 2 GiB.",
                hint="Use a smaller network, or Paddle Inference.",
            )
        )
    for finding in findings:
        yield finding.model_copy(update={"severity": "warning"})


def outlook(bundle: Exportable, target: Target) -> str:
    """Return in one sentence each the form of the target, its size, and what may change."""
    record = bundle.record
    size = sum(file.bytes for name, file in record.files.items() if _is_program(name))
    changing = [text for each in record.inputs if (text := _changing_sizes(each))]
    control = sorted({op.kind for op in bundle.program.walk() if op.regions})
    sentences = [
        f"{target.title} runs {target.form}; the program has {size:,} bytes.",
        f"Sizes that may change: {', '.join(changing)}." if changing else "All sizes are fixed.",
        f"Control flow: {', '.join(control)}." if control else "",
    ]
    return " ".join(filter(None, sentences))


def _is_program(name: str) -> bool:
    return name.startswith(f"{PROGRAM_FOLDER}/") and name.endswith((".json", ".pdiparams"))


def _changing_sizes(signature: TensorSignature) -> str:
    if signature.shape is None:
        return f"all of {signature.name}"
    axes = [str(axis) for axis, size in enumerate(signature.shape) if size is None]
    return f"{signature.name} axis {' and '.join(axes)}" if axes else ""


def missing_dtypes(program: Program, target: Target) -> Iterator[ExportFinding]:
    """Yield a finding for each dtype in which the target computes little, at its first op."""
    family = "onnx" if target.converter == "paddle2onnx" else target.name
    missing = _MISSING_DTYPES.get(family, _MISSING_DTYPES["inference"])
    seen: set[str] = set()
    for op in program.walk():
        for dtype in _dtypes_of(op, program) & missing - seen:
            seen.add(dtype)
            yield ExportFinding(
                code="PW-X214",
                severity="error",
                message=f"{target.title} computes few ops, or none, in {dtype} on a CPU.",
                hint='Keep the network in float32: net.astype("float32").',
                op=op.kind,
                line=SourcePlace(file=op.line.file, line=op.line.line) if op.line else None,
            )


def _dtypes_of(op: Op, program: Program) -> set[str]:
    return {program.values[value].dtype for value in op.outputs if value in program.values}
