"""The ONNX file of a program, as Paddle2ONNX writes it; several targets start with it."""

from __future__ import annotations

from pathlib import Path

from .padding_masks import shrink_masks
from .target import PROGRAM

__all__ = ["MODEL", "OPSET", "write"]

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
    model = onnx.load(str(path))
    if shrink_masks(model):
        onnx.save(model, str(path))
    # Not its shape inference, which also refuses files that run and are equal.
    onnx.checker.check_model(str(path))
