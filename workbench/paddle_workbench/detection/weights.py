"""Weights of PaddleDetection's YOLOv3 with ResNet34, loaded by name."""

from __future__ import annotations

import io
import pickle
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import DetectionError
from ..reading import broken_file, read_bytes

if TYPE_CHECKING:
    from .yolo import YOLOv3

__all__ = ["LoadedWeights", "load_paddledetection", "read_pdparams"]

_KIND: Final = "file of weights"
_LIMIT_BYTES: Final = 2 * 1024**3
_HINT: Final = "Use the weights of YOLOv3 with ResNet34, or of ResNet34, from PaddleDetection."

# What the pickle of a dictionary of arrays refers to. Anything else could run code.
_ALLOWED: Final = {
    ("builtins", "tuple"),
    ("collections", "OrderedDict"),
    ("_codecs", "encode"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.numeric", "_frombuffer"),
    ("numpy._core.numeric", "_frombuffer"),
}

# Names in PaddleDetection, and what they are here. Stage 2 there is layer 1 here, block `a` is 0.
_CONVOLUTIONS: Final = {"branch2a": "1", "branch2b": "2"}
_NECK: Final = {"conv0": 0, "conv1": 1, "conv2": 2, "conv3": 3, "route": 4}
_STEM = re.compile(r"(?:backbone\.)?conv1\.conv1\.(conv|norm)\.(\w+)")
_BLOCK = re.compile(
    r"(?:backbone\.)?res([2-5])\.res\1([a-f])\.(branch2[ab]|short)\.(conv|norm)\.(\w+)"
)
_NECK_BLOCK = re.compile(r"neck\.yolo_block\.(\d)\.conv_module\.(conv[0-3]|route)\.(\w+\.\w+)")
_TIP = re.compile(r"neck\.yolo_block\.(\d)\.tip\.(\w+\.\w+)")
_TRANSITION = re.compile(r"neck\.yolo_transition\.(\d)\.(\w+\.\w+)")
_HEAD = re.compile(r"yolo_head\.yolo_output\.(\d)\.(weight|bias)")
# The classifier of a backbone that was trained on ImageNet.
_CLASSIFIER = re.compile(r"(?:backbone\.)?fc\.\w+")


@dataclass(frozen=True, slots=True)
class LoadedWeights:
    """What was loaded from a file.

    Parameters
    ----------
    parts : tuple of str
        Of `backbone`, `neck` and `heads`.
    entries : int
        Number of parameters and statistics that were replaced.
    left_out : dict of str
        For each other part the reason why it was not loaded.
    """

    parts: tuple[str, ...]
    entries: int
    left_out: dict[str, str]


def load_paddledetection(net: YOLOv3, path: Path | str) -> LoadedWeights:
    """Load weights of PaddleDetection's YOLOv3 or ResNet34 into a network, by name.

    The backbone must fit. Neck and heads are loaded if they fit: the neck that of a network with
    `neck=512, neck_depth=5`, the heads those of a network with as many classes.

    Parameters
    ----------
    net : YOLOv3
        Is changed only if the file is right.
    path : path
        A file that PaddleDetection or `paddle.save` wrote (`.pdparams`).

    Returns
    -------
    LoadedWeights

    Raises
    ------
    FileMissingError, FileBrokenError, StorageError
        If the file cannot be read, or contains more than arrays.
    DetectionError
        If the network is not a YOLOv3, a name in the file belongs to another one, or the backbone
        does not fit.
    """
    if not hasattr(net, "places"):
        raise DetectionError(
            f"The network is a {type(net).__name__}, and not a YOLOv3.",
            "Make one: YOLOv3(train_set.classes, anchors).",
        )
    path = Path(path)
    arrays = read_pdparams(path)
    state = {name: tuple(value.shape) for name, value in net.state_dict().items()}
    weights, unknown = {}, []
    for name, array in arrays.items():
        here = _name_here(name, net.places)
        if here is None:
            unknown.append(name)
        elif here:
            weights[here] = array
    if unknown:
        raise DetectionError(
            f"{path.name} contains {_names(unknown)}, which YOLOv3 with ResNet34 does not have.",
            _HINT,
        )
    problem = _misfit(state, weights, "backbone")
    if problem:
        raise DetectionError(f"The backbone of {path.name} does not fit: {problem}.", _HINT)
    parts, left_out = ["backbone"], {}
    for part in ("neck", "heads"):
        problem = _misfit(state, weights, part)
        if problem:
            left_out[part] = problem
        else:
            parts.append(part)
    chosen = {name: weights[name] for name in state if _part(name) in parts}
    state_dict: dict[str, Any] = {**net.state_dict(), **chosen}
    net.set_state_dict(state_dict)
    return LoadedWeights(tuple(parts), len(chosen), left_out)


def read_pdparams(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a `.pdparams` file by name, without running any code in it.

    Raises
    ------
    FileMissingError, StorageError
        If the file cannot be read.
    FileBrokenError
        If it is not the pickle of a dictionary of arrays, or refers to anything else.
    """
    content = read_bytes(path, kind=_KIND, limit_bytes=_LIMIT_BYTES, hint=_HINT)
    try:
        weights = _ArrayUnpickler(io.BytesIO(content)).load()
    except pickle.UnpicklingError as error:
        raise broken_file(path, _KIND, str(error), _HINT) from error
    except Exception as error:  # a broken pickle raises almost anything
        raise broken_file(path, _KIND, "it is not a pickle of arrays", _HINT) from error
    if not isinstance(weights, dict):
        raise broken_file(path, _KIND, f"it contains a {type(weights).__name__}", _HINT)
    # Paddle's own names of the parameters, next to those of the layers.
    weights.pop("StructuredToParameterName@@", None)
    arrays = {}
    for name, value in weights.items():
        # `paddle.save` writes a tensor outside a state dictionary as a pair of name and array.
        array = value[1] if isinstance(value, tuple) and len(value) == 2 else value
        if not isinstance(name, str) or not isinstance(array, np.ndarray):
            raise broken_file(path, _KIND, f"its entry {name!r} is not an array", _HINT)
        arrays[name] = array
    return arrays


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ALLOWED:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it refers to {module}.{name}, and only arrays are read")


def _name_here(name: str, places: tuple[int, ...]) -> str | None:
    """Return the name of an entry in our network, "" if it has none there, None if unknown."""
    if match := _STEM.fullmatch(name):
        return f"backbone.{'conv1' if match[1] == 'conv' else 'bn1'}.{match[2]}"
    if match := _BLOCK.fullmatch(name):
        stage, block, branch, kind, rest = match.groups()
        if branch == "short":
            layer = f"downsample.{0 if kind == 'conv' else 1}"
        else:
            layer = ("conv" if kind == "conv" else "bn") + _CONVOLUTIONS[branch]
        return f"backbone.layer{int(stage) - 1}.{ord(block) - ord('a')}.{layer}.{rest}"
    if match := _NECK_BLOCK.fullmatch(name):
        return f"blocks.{match[1]}.{_NECK[match[2]]}.{match[3]}"
    if match := _TRANSITION.fullmatch(name):
        return f"transitions.{match[1]}.{match[2]}"
    for pattern, layer in ((_TIP, "tips"), (_HEAD, "heads")):
        if match := pattern.fullmatch(name):
            place = int(match[1])
            return f"{layer}.{places.index(place)}.{match[2]}" if place in places else ""
    return "" if _CLASSIFIER.fullmatch(name) else None


def _part(name: str) -> str:
    """Return which part of the network an entry belongs to."""
    layer = name.partition(".")[0]
    return layer if layer in ("backbone", "heads") else "neck"


def _misfit(
    state: Mapping[str, tuple[int, ...]], weights: Mapping[str, NDArray[Any]], part: str
) -> str:
    """Return why a part of the network cannot be loaded, or ""."""
    wanted = {name: shape for name, shape in state.items() if _part(name) == part}
    extra = [name for name in weights if _part(name) == part and name not in state]
    if extra:
        return f"the network does not have {_names(extra)}"
    missing = [name for name in wanted if name not in weights]
    if missing:
        return f"the file does not contain {_names(missing)}"
    for name, shape in wanted.items():
        if weights[name].shape != shape:
            return f"{name} has the shape {weights[name].shape} in the file, and {shape} here"
    return ""


def _names(names: list[str]) -> str:
    if len(names) == 1:
        return f"the entry {names[0]!r}"
    return f"{len(names)} entries such as {names[0]!r}"
