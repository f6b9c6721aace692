"""One raw input from the command line: a text, a picture, arrays, or the name of a sample."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import BundleRecord, CharacterIds, CleanText
from ...errors import BundleError, clause_of
from ...reading import expanded, read_bytes

__all__ = ["read_labels", "read_sample"]

MAX_TEXT_BYTES = 1024**2
_ARRAYS = (".npy", ".npz")


def read_sample(text: str, record: BundleRecord) -> Any:
    """Return the raw input that an argument names.

    Parameters
    ----------
    text : str
        For a bundle of texts the text itself, or a `.txt` file; for one of pictures a picture file;
        otherwise a `.npy` file, an `.npz` file with one array for each input of the program, or the
        name of a recorded sample.
    record : BundleRecord

    Raises
    ------
    BundleError
        If there is no such file, or it cannot be read.
    """
    path = expanded(text)
    first = record.preprocessing[0] if record.preprocessing else None
    if isinstance(first, (CleanText, CharacterIds)):
        if path.suffix == ".txt":
            return _text(path).strip()
        return text
    if path.suffix in _ARRAYS:
        return _arrays(path, record, is_batch=first is None)
    return text if first is None else _picture(path)


def read_labels(path: Path) -> list[str]:
    """Return the lines of a file.

    Raises
    ------
    FileMissingError
        If there is no such file.
    """
    return _text(expanded(path)).splitlines()


def _text(path: Path) -> str:
    content = read_bytes(path, kind="text", limit_bytes=MAX_TEXT_BYTES)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError(f"{path} is not UTF-8.", "Save it as UTF-8.", code="PW-T101") from error


def _arrays(path: Path, record: BundleRecord, *, is_batch: bool) -> Any:
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return [content] if is_batch else content
        with content:
            names = [each.name for each in record.inputs]
            return [content[name] for name in (names if set(names) <= {*content} else content)]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise BundleError(
            f"{path} cannot be read as arrays: {clause_of(error)}.",
            "Write it with numpy.save, or numpy.savez with the names of the inputs.",
            code="PW-T101",
        ) from error


def _picture(path: Path) -> Any:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return np.asarray(image.convert("RGB"))
    except (
        OSError,
        ValueError,
        Image.DecompressionBombWarning,
        Image.DecompressionBombError,
    ) as error:
        raise BundleError(
            f"{path} cannot be opened as a picture: {clause_of(error)}.",
            "Pass the path of a picture.",
            code="PW-T101",
        ) from error
