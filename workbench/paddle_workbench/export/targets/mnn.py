"""MNN, for phones and boards: converted from ONNX; the same file runs on x86."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...scratch import ScratchFolder
from . import onnx_file
from .float_onnx import FloatProgram
from .target import Array, Runner, Target

__all__ = [
    "MNN", "MODEL", "SIGNATURE", "array_of", "open_module", "read_signature", "variable_of",
]  # fmt: skip

MODEL = "model.mnn"
SIGNATURE = "signature.json"
"""Names and dtypes of the inputs and outputs as in ONNX, since MNN itself knows no int64 or bool;
and how the weights are stored."""

_NARROWER = {"int64": "int32", "bool": "int32", "float64": "float32"}
_WEIGHTS = {
    "Conv": (1,), "ConvTranspose": (1,), "Gather": (0,), "Gemm": (1,), "GRU": (1, 2),
    "LSTM": (1, 2), "MatMul": (0, 1),
}  # fmt: skip
"""Which inputs of an op are weights, if they are constants."""
_FLAGS = {"fp32": (), "fp16": ("--fp16",), "int8": ("--weightQuantBits", "8")}


def write(source: Path, folder: Path, *, weights: str = "fp32") -> None:
    """Convert the program in a folder to ONNX, and that to `model.mnn`.

    Parameters
    ----------
    source, folder : Path
    weights : {"fp32", "fp16", "int8"}
        How the weights of convolutions, matrix products and LSTMs are stored.
    """
    # The converter of the wheel's command, without its package `MNN.tools`: importing that installs
    # a package with pip, and each conversion is reported to a server.
    import _tools as converter

    with ScratchFolder("mnn") as scratch:
        onnx_file.write(source, scratch)
        model = scratch / onnx_file.MODEL
        signature = _signature(model) | {"weights": weights}
        if weights == "fp16":
            _round_weights(model)
        path = folder / MODEL
        options = ("-f", "ONNX", "--modelFile", model, "--MNNModel", path, *_FLAGS[weights])
        # The first entry stands for the name of the program.
        converter.mnnconvert(["mnnconvert", *map(str, options), "--bizCode", "workbench"])
    if not path.is_file():
        raise RuntimeError("mnnconvert wrote no file")
    (folder / SIGNATURE).write_text(json.dumps(signature), encoding="utf-8")


def _round_weights(path: Path) -> None:
    """Round the weights of an ONNX file to the nearest numbers of half precision.

    MNN 3.6.1 cuts off the bits that half precision does not have, always towards 0; in numbers
    that are rounded before, there are none. Batch norms are folded first, as MNN would fold them
    into the weights afterwards.
    """
    import onnx as package

    program = FloatProgram(path)
    names = {
        name
        for node in program.model.graph.node
        for place in _WEIGHTS.get(node.op_type, ())
        for name in node.input[place : place + 1]
    }
    for name in names & program.constants.keys():
        values = program.values_of(name)
        if values.dtype == np.float32 and values.ndim > 1:
            program.constants[name].CopyFrom(package.numpy_helper.from_array(_halves(values), name))
    package.save(program.model, str(path))


def _halves(values: Array) -> Array:
    """Return the nearest numbers of half precision, as float32; what is too large stays."""
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float16).astype(np.float32)
    return np.where(np.isfinite(rounded), rounded, values)


def read_signature(folder: Path) -> dict[str, Any]:
    """Return names and dtypes of the `inputs` and `outputs`, and how the `weights` are stored."""
    signature: dict[str, Any] = json.loads((folder / SIGNATURE).read_text("utf-8"))
    return signature


def _signature(model: Path) -> dict[str, Any]:
    import onnx as package

    graph = package.load(str(model), load_external_data=False).graph
    constants = {each.name for each in graph.initializer}
    dtype_of = package.helper.tensor_dtype_to_np_dtype
    return {
        kind: [
            {"name": value.name, "dtype": str(dtype_of(value.type.tensor_type.elem_type))}
            for value in values
            if value.name not in constants
        ]
        for kind, values in (("inputs", graph.input), ("outputs", graph.output))
    }


def load(folder: Path, threads: int) -> Runner:
    """Open `model.mnn` on the CPU."""
    signature = read_signature(folder)
    inputs, outputs = ([each["name"] for each in signature[kind]] for kind in ("inputs", "outputs"))
    module = open_module(folder / MODEL, inputs, outputs, threads=threads)
    dtypes = [each["dtype"] for each in signature["outputs"]]

    def run(arrays: Sequence[Array]) -> list[Array]:
        results = module.forward([variable_of(array) for array in arrays])
        if len(results) != len(outputs):
            raise RuntimeError(f"MNN returned {len(results)} outputs instead of {len(outputs)}")
        return [
            array_of(result).astype(dtype, copy=False)
            for result, dtype in zip(results, dtypes, strict=True)
        ]

    return Runner(tuple(inputs), run)


def open_module(
    path: Path, inputs: Sequence[str], outputs: Sequence[str], *, threads: int = 1
) -> Any:
    """Return the part of a model between values that are given and values that are wanted.

    `forward` takes a list of variables for the inputs, and returns one for the outputs.
    """
    with _without_native_output():
        from MNN import nn
    # Its argument `thread_num` is ignored; MNN would start four threads, which wait by spinning.
    runtime = nn.create_runtime_manager(({"backend": "CPU", "numThread": threads},))
    return nn.load_module_from_file(str(path), list(inputs), list(outputs), runtime_manager=runtime)


def variable_of(array: Array) -> Any:
    """Return what MNN takes for an array."""
    from MNN import expr

    narrow = np.ascontiguousarray(array, dtype=_NARROWER.get(str(array.dtype)))
    kinds = {"float32": expr.float, "int32": expr.int, "uint8": expr.uint8}
    kind = kinds.get(str(narrow.dtype))
    if kind is None:
        raise TypeError(f"MNN takes no {array.dtype}")
    return expr.const(narrow, list(narrow.shape), expr.NCHW, kind)


def array_of(variable: Any) -> Array:
    """Return what MNN computed, in the layout NCHW and the dtype that MNN has."""
    from MNN import expr

    if variable.data_format == expr.NC4HW4:
        variable = expr.convert(variable, expr.NCHW)
    return np.array(variable.read()).reshape(variable.shape)


@contextmanager
def _without_native_output() -> Iterator[None]:
    """Drop what C++ prints to stdout: when it is imported, MNN names the features of the CPU."""
    flush: Callable[[None], int] = ctypes.CDLL(None).fflush
    sys.stdout.flush()
    flush(None)
    original = os.dup(1)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            flush(None)
            os.dup2(original, 1)
            os.close(original)


MNN = Target(
    name="mnn",
    title="MNN",
    folder="mnn",
    packages=("mnn", "paddle2onnx", "onnx"),
    write=write,
    load=load,
    form="an MNN file, made of the ONNX file that Paddle2ONNX makes of the PIR format",
    converter="paddle2onnx",
    lighter={"fp16": partial(write, weights="fp16"), "int8": partial(write, weights="int8")},
)
