"""One raw input from the command line: a text, a picture, arrays, or the name of a sample."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import BundleRecord, CharacterIds, CleanText
from ...errors import BundleError, clause_of
from ...reading import expanded, is_file, is_folder, read_bytes

__all__ = ["read_labels", "read_sample"]

MAX_TEXT_BYTES = 1024**2
_ARRAYS = (".npy", ".npz")
_PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
_CHECK = "Check the path."
_STARTS = ("/", "./", "../", "~/")
"""Of a text that is a path."""


def read_sample(text: str, record: BundleRecord) -> Any:
    """Return the raw input that an argument names.

    Parameters
    ----------
    text : str
        For a bundle of texts the text itself, or a `.txt` file; for one of pictures a picture or
        `.npy` file; otherwise a `.npy` file, an `.npz` file with one array for each input of the
        program, or the name of a recorded sample.
    record : BundleRecord

    Raises
    ------
    BundleError
        If there is no such file, it cannot be read, or it is not what the bundle takes.
    """
    first = record.preprocessing[0] if record.preprocessing else None
    if isinstance(first, CleanText | CharacterIds):
        return _text_sample(text, record)
    if first is None:
        return _array_sample(text, record)
    path = expanded(text)
    _check_there(path, _CHECK)
    return _arrays(path, record, is_batch=False) if _ending(path) in _ARRAYS else _picture(path)


def _text_sample(text: str, record: BundleRecord) -> str:
    path = expanded(text)
    kind = "arrays" if _ending(path) in _ARRAYS else "a picture"
    is_other = _ending(path) in (*_ARRAYS, *_PICTURES)
    if is_other and is_file(path):
        raise BundleError(
            f"{record.name} takes texts, and {path} is a file of {kind}.",
            "Pass a text, or a .txt file.",
            code="PW-T101",
        )
    # A text may contain a slash, too.
    is_below_folder = "/" in text and path.parent.name != "" and is_folder(path.parent)
    is_named = is_other or _ending(path) == ".txt"
    if not is_named and not is_below_folder and not text.startswith(_STARTS):
        return text
    _check_there(path, f"{_CHECK} Put a text that looks like one into a .txt file.")
    return _text(path).strip()


def _array_sample(text: str, record: BundleRecord) -> Any:
    if any(text == each.name for each in record.samples):
        return text
    path = expanded(text)
    if _ending(path) in (*_ARRAYS, *_PICTURES) or "/" in text:
        _check_there(path, _CHECK)
    if _ending(path) in _ARRAYS:
        return _arrays(path, record, is_batch=True)
    if is_file(path):
        raise BundleError(
            f"{record.name} takes arrays, and {path} is neither a .npy nor an .npz file.",
            "Write one with numpy.save, or numpy.savez with the names of the inputs.",
            code="PW-T101",
        )
    return text


def _ending(path: Path) -> str:
    return path.suffix.lower()


def _check_there(path: Path, hint: str) -> None:
    if not is_file(path):
        problem = f"{path} is not a file" if is_folder(path) else f"There is no file {path}"
        raise BundleError(f"{problem}.", hint, code="PW-T101")


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
    # A header may ask for more memory than there is.
    except (OSError, ValueError, EOFError, MemoryError, zipfile.BadZipFile) as error:
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
