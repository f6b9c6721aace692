"""ONNX: written by Paddle2ONNX, checked by onnx, run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .target import PROGRAM, Array, Runner, Target

__all__ = ["MODEL", "ONNX", "OPSET", "write"]

MODEL = "model.onnx"
OPSET = 17
"""The newest op set that all runtimes of the course read."""


def write(source: Path, folder: Path) -> None:
    """Convert the program in a folder to `model.onnx`, and check the file.

    Paddle2ONNX swallows exceptions and may return without a file; it may also abort this process.
    """
    import onnx
    import paddle2onnx

    path = folder / MODEL
    paddle2onnx.export(
        str(source / f"{PROGRAM}.json"),
        str(source / f"{PROGRAM}.pdiparams"),
        str(path),
        opset_version=OPSET,
        # By default it would install packages to simplify the model.
        optimize_tool="None",
    )
    if not path.is_file():
        raise RuntimeError("Paddle2ONNX wrote no file")
    # Not its shape inference, which also refuses files that run and are equal.
    onnx.checker.check_model(str(path))


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
    form=f"an ONNX file of op set {OPSET}, which Paddle2ONNX makes of the PIR format",
    converter="paddle2onnx",
)
