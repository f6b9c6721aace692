"""Raw inputs for training and calibration: read from files, and none of the held-out set."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import BundleRecord, CharacterIds, CleanText
from ..errors import CompressionError, StorageError, clause_of
from ..export.bundle import Bundle
from ..picture_files.picture_file import PictureFile
from ..reading import expanded, is_file, is_folder, read_text
from .batches import all_batches

__all__ = ["check_not_held_out", "read_inputs", "read_labelled"]

Array = NDArray[Any]
MAX_BYTES = 256 * 1024**2
_PICTURES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
LABELS = "labels.txt"
"""The file of a folder of pictures that says what is right for them."""
_SHOWN = 40


def read_inputs(path: str | Path, record: BundleRecord) -> Sequence[Any]:
    """Read raw inputs, as `bundle.predict` takes them.

    Parameters
    ----------
    path : str or Path
        For a bundle of texts, a text file with one on each line, of which what follows a tab, such
        as a label, is left out; for one of pictures, a folder of
        them; otherwise a `.npz` file with an array for each input of the program.
    record : BundleRecord

    Raises
    ------
    CompressionError
        If there is no such file, it has no inputs, or they are of another kind.
    PictureError
        If a picture cannot be opened.
    """
    place = expanded(path)
    first = record.preprocessing[0] if record.preprocessing else None
    if first is None:
        return _arrays(place, record)
    if not isinstance(first, CleanText | CharacterIds):
        return _pictures(place)
    return [line.split("\t", 1)[0].strip() for line in _texts(place)]


def read_labelled(path: str | Path, record: BundleRecord) -> tuple[Sequence[Any], list[str] | None]:
    """Read raw inputs with what is right for them, where the file says so.

    Parameters
    ----------
    path : str or Path
        As for `read_inputs`. In a text file, a tab and the right label may follow each text. In a
        folder of pictures, `labels.txt` may have a line with name, tab and label for each picture.
    record : BundleRecord

    Returns
    -------
    inputs : sequence
    truth : list of str, or None
        None if no input has a label.

    Raises
    ------
    CompressionError
        As for `read_inputs`, or if only some inputs have a label.
    """
    place = expanded(path)
    inputs = read_inputs(place, record)
    if is_folder(place):
        return inputs, _labels_of_pictures(place)
    is_text = bool(record.preprocessing)
    return inputs, _labels_of_texts(place) if is_text else None


def _labels_of_pictures(folder: Path) -> list[str] | None:
    file = folder / LABELS
    if not is_file(file):
        return None
    lines = [line.split("\t", 1) for line in _texts(file)]
    labels = {line[0]: line[1] for line in lines if len(line) == 2}
    names = [each.name for each in _picture_files(folder)]
    missing = [name for name in names if name not in labels]
    if missing:
        raise CompressionError(
            f"{file} has no label for {len(missing)} of {len(names)} pictures, such as "
            f"{missing[0]}.",
            "Add a line with the name of the picture, a tab and its label.",
        )
    return [labels[name] for name in names]


def _labels_of_texts(path: Path) -> list[str] | None:
    parts = [line.split("\t", 1) for line in _texts(path)]
    labels = [part[1].strip() for part in parts if len(part) == 2]
    if labels and len(labels) < len(parts):
        number = next(at for at, part in enumerate(parts, 1) if len(part) < 2)
        raise CompressionError(
            f"{path} has a label for {len(labels)} of {len(parts)} texts; text {number} has none.",
            "Let a tab and the label follow each text, or none.",
        )
    return labels or None


def _texts(path: Path) -> list[str]:
    hint = "Pass a text file in UTF-8, with an input on each line."
    try:
        text = read_text(path, kind="file of texts", limit_bytes=MAX_BYTES, hint=hint)
    except StorageError as error:
        raise CompressionError(error.message, error.hint or hint) from error
    lines = [line.strip() for line in text.splitlines()]
    return _some([line for line in lines if line], path, "texts", hint)


def _pictures(path: Path) -> list[Array]:
    hint = f"Pass a folder with pictures: {', '.join(_PICTURES)}."
    if not is_folder(path):
        raise CompressionError(f"{path} is not a folder of pictures.", hint)
    # The first page: an input has one label.
    pictures = [PictureFile(file).page(0).pixels for file in _picture_files(path)]
    return _some(pictures, path, "pictures", hint)


def _picture_files(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.suffix.lower() in _PICTURES)


def _arrays(path: Path, record: BundleRecord) -> list[Array]:
    names = [each.name for each in record.inputs]
    hint = f"Write it with numpy.savez, and an array for each of: {', '.join(names)}."
    try:
        with np.load(path, allow_pickle=False) as content:
            arrays = [content[name] for name in names]
    # A header may ask for more memory than there is; a .npy file is not a context.
    except (
        OSError, ValueError, TypeError, AttributeError, KeyError, EOFError, MemoryError,
        zipfile.BadZipFile,
    ) as error:  # fmt: skip
        raise CompressionError(f"{path} cannot be read: {clause_of(error)}.", hint) from error
    if not all(array.ndim for array in arrays):
        raise CompressionError(f"{path} has arrays without rows.", hint)
    return _some(arrays, path, "rows", hint) if len(arrays[0]) else _some([], path, "rows", hint)


def _some(values: list[Any], path: Path, kind: str, hint: str) -> list[Any]:
    if not values:
        raise CompressionError(f"{path} has no {kind}.", hint)
    return values


def check_not_held_out(inputs: Sequence[Any], bundle: Bundle, held_out: Sequence[Any] = ()) -> None:
    """Reject inputs for training or calibration that are in the held-out set, too.

    What is compared is what the program gets, so that two files with the same text, or a text with
    other spaces, are the same input.

    Parameters
    ----------
    inputs : sequence
        As for `all_batches`.
    bundle : Bundle
        Its own held-out set is compared in any case.
    held_out : sequence
        Further raw inputs.

    Raises
    ------
    CompressionError
        With the first of them, if one is in both, or if the inputs are not what the bundle takes.
    """
    known = {
        digest
        for sample in bundle.samples if sample.is_held_out
        for digests in _digests(sample.inputs)
        for digest in digests
    }  # fmt: skip
    if not hasattr(held_out, "__len__") or len(held_out):
        for batch in all_batches(held_out, bundle):
            known.update(*_digests(batch))
    if not known:
        return
    rows = [digests for batch in all_batches(inputs, bundle) for digests in _digests(batch)]
    same = [number for number, digests in enumerate(rows) if not known.isdisjoint(digests)]
    if same:
        first = inputs[same[0]] if bundle.record.preprocessing else ""
        shown = f" (“{first[:_SHOWN]}”)" if isinstance(first, str) and first else ""
        raise CompressionError(
            f"{len(same)} of {len(rows)} inputs are also in the held-out set of "
            f"{bundle.record.name}; the first is number {same[0] + 1}{shown}.",
            "Leave them out: what was trained on cannot measure what was lost.",
        )


def _digests(arrays: Sequence[Array]) -> Iterator[set[bytes]]:
    """Yield digests of each row of a batch; equal rows with other padding have one in common."""
    for row in zip(*arrays, strict=True):
        yield {_digest(map(form, map(np.asarray, row))) for form in _FORMS}


def _digest(arrays: Iterable[Array]) -> bytes:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.digest()


def _as_it_is(array: Array) -> Array:
    """The widest row of a batch has no padding."""
    return array


def _with_end(array: Array) -> Array:
    """Cut an array along its last axis after the first of its equal last values."""
    return array[..., : _end(array) + 1] if array.ndim else array


def _without_end(array: Array) -> Array:
    """Cut the equal last columns off a picture; numbers of texts would become those of others."""
    is_picture = array.ndim > 1 and array.dtype.kind == "f"
    return array[..., : max(1, _end(array))] if is_picture else _with_end(array)


def _end(array: Array) -> int:
    """Return the place along the last axis from which all values are equal."""
    if not array.size:
        return 0
    differs = (array != array[..., -1:]).reshape(-1, array.shape[-1]).any(axis=0)
    ends = np.flatnonzero(differs)
    return int(ends[-1]) + 1 if ends.size else 0


_FORMS = (_as_it_is, _with_end, _without_end)
