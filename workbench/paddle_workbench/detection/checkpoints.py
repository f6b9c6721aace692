"""Checkpoints: all that a training needs to continue exactly, in one file."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import DetectionError, FileMissingError
from ..reading import broken_file, is_file, parse_json
from ..scratch import locked_neighbour
from ..storage import check_schema_version, make_folder, storage_error
from .dataset import Dataset
from .history import History
from .recipe import Recipe

__all__ = [
    "Checkpoint",
    "CheckpointRecord",
    "check_arrays",
    "check_resumable",
    "fingerprint",
    "prepare_folder",
    "read_checkpoint",
    "write_checkpoint",
]

Arrays = dict[str, NDArray[Any]]

_KIND: Final = "checkpoint"
_RECORD: Final = "record.json"
_HINT: Final = "Start over in another folder, or without resume=True."


class CheckpointRecord(BaseModel):
    """What a checkpoint contains next to its arrays.

    Parameters
    ----------
    recipe : Recipe
    history : History
    classes, strides, anchors
        Of the network.
    pictures : str
        The fingerprint of the pictures for training.
    """

    model_config = ConfigDict(ser_json_inf_nan="constants")

    schema_version: int = 1
    recipe: Recipe
    history: History
    classes: tuple[str, ...]
    strides: tuple[int, ...]
    anchors: tuple[tuple[tuple[int, int], ...], ...]
    pictures: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A training after some of its steps.

    Parameters
    ----------
    record : CheckpointRecord
    net, adam, average, best : dict of arrays
        By name: the weights, the state of Adam, the average and the best weights, which may be
        empty.
    """

    record: CheckpointRecord
    net: Arrays
    adam: Arrays
    average: Arrays = field(default_factory=dict)
    best: Arrays = field(default_factory=dict)


_PARTS: Final = ("net", "adam", "average", "best")


def prepare_folder(folder: Path) -> None:
    """Make the folder of a training, so that one that cannot be written shows before it.

    Raises
    ------
    StorageError
        If nothing can be written there.
    """
    make_folder(folder)
    try:
        with locked_neighbour(folder / "checkpoint"):
            pass
    except OSError as error:
        raise storage_error(folder, error) from error


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint atomically: if the program is stopped meanwhile, the old one remains.

    What a killed process has left of the one it was writing is removed.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    make_folder(path.parent)
    try:
        with locked_neighbour(path) as draft:
            temporary = draft / path.name
            with zipfile.ZipFile(temporary, "x", zipfile.ZIP_STORED) as file:
                file.writestr(_RECORD, checkpoint.record.model_dump_json())
                for part in _PARTS:
                    arrays: Mapping[str, NDArray[Any]] = getattr(checkpoint, part)
                    for name, array in arrays.items():
                        with file.open(f"{part}/{name}.npy", "w", force_zip64=True) as entry:
                            np.save(entry, array, allow_pickle=False)
            temporary.replace(path)
    except OSError as error:
        raise storage_error(path, error) from error


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises
    ------
    FileMissingError
        If there is none.
    FileBrokenError
        If it is not one.
    SchemaVersionError
        If a newer version of the workbench wrote it.
    """
    if not is_file(path):
        raise FileMissingError(f"There is no checkpoint {path}.", "Train without resume=True.")
    parts: dict[str, Arrays] = {part: {} for part in _PARTS}
    try:
        with zipfile.ZipFile(path) as file:
            content = parse_json(file.read(_RECORD), path, kind=_KIND, hint=_HINT)
            check_schema_version(content, path, newest=1)
            record = CheckpointRecord.model_validate(content)
            for name in file.namelist():
                part, _, rest = name.partition("/")
                if part in parts:
                    with file.open(name) as entry:
                        array = np.load(io.BytesIO(entry.read()), allow_pickle=False)
                    parts[part][rest.removesuffix(".npy")] = array
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise broken_file(path, _KIND, f"{where}: {first['msg']}", _HINT) from error
    # RuntimeError for an entry that seems to be encrypted or compressed.
    except (OSError, KeyError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
        raise broken_file(path, _KIND, str(error), _HINT) from error
    return Checkpoint(record, **parts)


def fingerprint(dataset: Dataset) -> str:
    """Return a digest of the names, boxes and classes of a data set, not of its pixels."""
    digest = hashlib.sha256(repr(dataset.classes).encode())
    for picture in dataset:
        digest.update(picture.name.encode(errors="surrogatepass"))
        digest.update(np.ascontiguousarray(picture.boxes).tobytes())
        digest.update(np.ascontiguousarray(picture.classes).tobytes())
    return digest.hexdigest()


def check_resumable(record: CheckpointRecord, other: CheckpointRecord) -> None:
    """Reject a checkpoint of a training that would not go on exactly as this one.

    Raises
    ------
    DetectionError
    """
    for name in record.recipe.differences(other.recipe):
        before, now = getattr(record.recipe, name), getattr(other.recipe, name)
        raise DetectionError(
            f"The checkpoint was trained with {name}={before!r}, and the recipe has {now!r}.", _HINT
        )
    for name in ("classes", "anchors", "strides"):
        if getattr(record, name) != getattr(other, name):
            raise DetectionError(
                f"The checkpoint is of a network with the {name} {getattr(record, name)}, and this "
                f"one has {getattr(other, name)}.",
                _HINT,
            )
    if record.pictures != other.pictures:
        raise DetectionError(
            "The checkpoint was trained with other pictures or other boxes.",
            f"Pass the same data set. {_HINT}",
        )


def check_arrays(
    checkpoint: Checkpoint, shapes: Mapping[str, tuple[int, ...]], *, learned: Iterable[str]
) -> None:
    """Reject a checkpoint of a network with other layers, or one that is not complete.

    Parameters
    ----------
    checkpoint : Checkpoint
    shapes : mapping of str to tuple of int
        Of all parameters and statistics of the network.
    learned : iterable of str
        The parameters that have a state of Adam. In a frozen backbone they have none yet.

    Raises
    ------
    DetectionError
    """
    adam = {f"{name}/{part}": shapes[name] for name in learned for part in ("moment1", "moment2")}
    for arrays in (checkpoint.net, checkpoint.average, checkpoint.best):
        if arrays or arrays is checkpoint.net:
            _check_shapes(arrays, shapes, arrays.keys() | shapes)
    _check_shapes(
        checkpoint.adam,
        adam,
        [name for name in adam if name in checkpoint.adam or not name.startswith("backbone.")],
    )


def _check_shapes(
    arrays: Arrays, shapes: Mapping[str, tuple[int, ...]], names: Iterable[str]
) -> None:
    found = {name: array.shape for name, array in arrays.items()}
    wrong = sorted(name for name in names if found.get(name) != shapes.get(name))
    if wrong:
        raise DetectionError(
            f"The checkpoint is of a network with other layers, or is not complete: {len(wrong)} "
            f"entries such as {wrong[0]} differ.",
            f"Make the network with the same backbone, neck and classes. {_HINT}",
        )
