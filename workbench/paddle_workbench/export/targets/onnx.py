"""ONNX: written by Paddle2ONNX, checked by onnx, run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .int8_onnx import check_plan, write_int8
from .onnx_file import MODEL, OPSET, write
from .target import Array, Runner, Target

__all__ = ["ONNX"]


def load(folder: Path, threads: int) -> Runner:
    """Open `model.onnx` on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(folder / MODEL), options, providers=["CPUExecutionProvider"]
    )
    names = tuple(each.name for each in session.get_inputs())

    def run(arrays: Sequence[Array]) -> list[Array]:
        return list(session.run(None, dict(zip(names, arrays, strict=True))))

    return Runner(names, run)


ONNX = Target(
    name="onnx",
    title="ONNX",
    folder="onnx",
    packages=("paddle2onnx", "onnx", "onnxruntime"),
    write=write,
    load=load,
    lighter={"int8": write_int8},
    check_lighter=check_plan,
    form=f"an ONNX file of op set {OPSET}, which Paddle2ONNX makes of the PIR format",
    converter="paddle2onnx",
)
