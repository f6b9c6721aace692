"""The files that a run reads as its input, with their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat

from ...course.companions import companions_of
from ...reading import is_file
from .paths import portable_path

__all__ = ["MAX_HASHED_BYTES", "file_sha256", "input_digests"]

MAX_HASHED_BYTES = 2_000_000_000
"""Of larger files only the size is recorded: reading one would delay the run by seconds."""

MAX_LISTED_FILES = 500
"""More would make a record large, which is written at every step."""

_BLOCK_BYTES = 1 << 20
# A longer text is not a path on any system.
_MAX_PATH_CHARACTERS = 4096


def input_digests(
    notebook: Path,
    parameters: Mapping[str, Any],
    *,
    source: nbformat.NotebookNode | None = None,
    limit_bytes: int = MAX_HASHED_BYTES,
    limit_files: int = MAX_LISTED_FILES,
) -> dict[str, str]:
    """Return the SHA-256 of each input file of a notebook, as hexadecimal digits.

    Input files are those that are copied next to the notebook, and those that a text among the
    parameters names, relative to the notebook's folder or absolute.

    Parameters
    ----------
    notebook : Path
    parameters : mapping
        With the defaults, and without secrets.
    source : NotebookNode, optional
        The content of the notebook, to find the files that are copied because it names them.
    limit_bytes : int
        Of a larger file the value is `size:` and its bytes.
    limit_files : int
        Of more files one digest for all further ones is in the last entry, `and N more`.

    Returns
    -------
    dict
        By path: relative to the notebook, or as `portable_path` writes it. A file that cannot be
        read has the value `unreadable`.
    """
    folder = notebook.absolute().parent
    digests: dict[str, str] = {}
    texts = [value for value in parameters.values() if isinstance(value, str)]
    companions = companions_of(notebook.absolute(), source, texts)
    for path in (*_named_files(folder, parameters), *companions):
        name = (
            path.relative_to(folder).as_posix()
            if path.is_relative_to(folder)
            else portable_path(path)
        )
        if name not in digests:
            digests[name] = _digest(path, limit_bytes)
    further = sorted(list(digests.items())[limit_files:])
    if further:
        lines = "".join(f"{digest}  {name}\n" for name, digest in further)
        for name, _digest_of_file in further:
            del digests[name]
        digests[f"and {len(further)} more"] = hashlib.sha256(lines.encode()).hexdigest()
    return digests


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read in blocks, as hexadecimal digits.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _named_files(folder: Path, parameters: Mapping[str, Any]) -> Iterator[Path]:
    for value in parameters.values():
        for text in value if isinstance(value, list | tuple) else (value,):
            if not isinstance(text, str) or not 0 < len(text) <= _MAX_PATH_CHARACTERS:
                continue
            path = folder / text
            if is_file(path):
                yield path


def _digest(path: Path, limit_bytes: int) -> str:
    try:
        state = path.stat()
        if state.st_size > limit_bytes:
            return f"size:{state.st_size}"
        return _cached_sha256(path, state.st_ino, state.st_size, state.st_mtime_ns)
    except OSError:
        return "unreadable"


@lru_cache(maxsize=256)
def _cached_sha256(path: Path, *_state: int) -> str:
    """Return the digest of a file in this state: the runs of a sweep read the same files."""
    return file_sha256(path)
