"""The program of a bundle as a network that can be trained, and its weights back in the program."""

from __future__ import annotations

import json
import re
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CompressionError, ProgramError
from ..export.targets.target import PROGRAM
from ..program.formats.saved import read
from ..program.formats.weights import read_weights, write_weights
from ..reading import parse_json, read_bytes, storage_errors_as
from ..scratch import ScratchFolder

__all__ = ["load_trainable", "save_trained"]

_HINT = "Make the bundle again: Bundle.create(path, network, …)."


@storage_errors_as(ProgramError)
def load_trainable(path: Path) -> Any:
    """Load a program as a network whose weights can be trained.

    A program is saved for inference. Its RNNs are changed to keep what their gradients need, and
    nothing else: dropout stays off, and batch normalisation keeps its statistics.

    Parameters
    ----------
    path : Path
        Its `.json` file, which is next to its `.pdiparams`.

    Returns
    -------
    paddle.nn.Layer
        Its parameters are in the order of their names in the program, and have others.

    Raises
    ------
    ProgramError
        If the program cannot be read.
    CompressionError
        If it has no weights.
    """
    import paddle

    data = parse_json(read_bytes(path, kind="saved program"), path, kind="saved program")
    top = _largest_value(data)
    for block in data["program"]["regions"][0]["blocks"]:
        ops: list[dict[str, Any]] = []
        for op in block["ops"]:
            ops.append(op)
            if op["#"] == "1.rnn":
                top, split = _with_gradients(op, top)
                ops.append(split)
        block["ops"] = ops
    with ScratchFolder("training") as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = json.dumps(data, ensure_ascii=False)
        (scratch / f"{PROGRAM}.json").write_text(content, encoding="utf-8")
        shutil.copyfile(path.with_suffix(".pdiparams"), scratch / f"{PROGRAM}.pdiparams")
        layer = paddle.jit.load(str(scratch / PROGRAM))
    if not layer.parameters():
        raise CompressionError(f"The program {path} has no weights to train.", _HINT)
    return layer


def save_trained(layer: Any, source: Path, folder: Path) -> None:
    """Write a program with the weights of the network that `load_trainable` made of it.

    Parameters
    ----------
    layer : paddle.nn.Layer
    source : Path
        The folder of the program that it was loaded from.
    folder : Path
        Receives `inference.json`, which is that of the source, and `inference.pdiparams`.

    Raises
    ------
    ProgramError
        If a file cannot be read or written.
    CompressionError
        If the network is another one.
    """
    saved = read(source / f"{PROGRAM}.json")
    weights = read_weights(saved) or {}
    arrays = {name: weight.array for name, weight in weights.items()}
    # Paddle makes names unique when it loads them: linear_0.w_0 is linear_0.w_0_1 then.
    trained = {re.sub(r"_\d+$", "", each.name): each for each in layer.parameters()}
    for name, parameter in trained.items():
        if name not in arrays or tuple(parameter.shape) != arrays[name].shape:
            raise CompressionError(
                f"The program in {source} has no weight {name!r} of shape {parameter.shape}.",
                "Load it again with load_trainable.",
            )
        arrays[name] = np.asarray(parameter.numpy())
    with storage_errors_as(ProgramError):
        shutil.copyfile(source / f"{PROGRAM}.json", folder / f"{PROGRAM}.json")
    write_weights(folder / f"{PROGRAM}.pdiparams", arrays, weights)


def _largest_value(data: dict[str, Any]) -> int:
    """Return the largest number of a value in a program."""
    numbers = [0]

    def walk(item: Any) -> None:
        if isinstance(item, list):
            for each in item:
                walk(each)
        elif isinstance(item, dict):
            if isinstance(item.get("%"), int):
                numbers.append(item["%"])
            for each in item.values():
                walk(each)

    walk(data["program"])
    return max(numbers)


def _with_gradients(op: dict[str, Any], top: int) -> tuple[int, dict[str, Any]]:
    """Let an RNN keep what its gradients need, and return the op that makes its states tensors.

    Paddle has no gradient of zeros for a list of tensors that nobody uses.
    """
    for attribute in op["A"]:
        if attribute["N"] == "is_test":
            attribute["AT"]["D"] = False
        elif attribute["N"] == "dropout_prob":
            attribute["AT"]["D"] = 0.0
    states = op["O"][2]
    kinds = states["TT"]["D"]
    outputs = [{"%": top + number, "TT": kind} for number, kind in enumerate(kinds, 1)]
    no_gradient = [{"#": "0.a_bool", "D": False} for _ in kinds]
    split = {
        "#": "0.split",
        "A": [],
        "I": [{"%": states["%"]}],
        "O": outputs,
        "OA": [{"AT": {"#": "0.a_array", "D": no_gradient}, "N": "stop_gradient"}],
    }
    return top + len(kinds), split
