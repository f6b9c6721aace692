"""A folder of annotations and pictures, which none of its files leads out of."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from ...errors import AnnotationError, ForbiddenPathError, StorageError
from ...picture_files.limits import ENDINGS
from ...reading import MAX_BYTES, decode, is_folder, parse_json, read_bytes, resolved

__all__ = ["PICTURE_ENDINGS", "Folder", "join", "plain_path"]

# A page of a PDF is not a picture with boxes.
PICTURE_ENDINGS = ENDINGS - {".pdf"}

_KIND = "file of annotations"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Folder:
    """A folder whose files are read with paths relative to it.

    Parameters
    ----------
    path : Path
    pictures : Path, optional
        Where the pictures are, if they are elsewhere.

    Raises
    ------
    AnnotationError
        If one of them is not a folder.
    """

    def __init__(self, path: Path, pictures: Path | None = None) -> None:
        self.path = path
        self.pictures = pictures or path
        for folder in {self.path, self.pictures}:
            if not is_folder(folder):
                raise AnnotationError(f"{folder} is not a folder.", "Check the path.")
        self._root = resolved(self.pictures)

    def files(self, *endings: str) -> list[str]:
        """Return the paths of all files with these endings, sorted, without hidden ones."""
        return sorted(_walk(self.path, endings))

    def picture_files(self) -> list[str]:
        """Return the paths of all pictures, relative to their folder, sorted."""
        return sorted(_walk(self.pictures, PICTURE_ENDINGS))

    def content(self, name: str, *, limit_bytes: int = MAX_BYTES) -> bytes:
        """Return the content of a file, without the byte order mark that Windows writes.

        Raises
        ------
        StorageError
            If it is missing, not a regular file, too large, or cannot be read.
        """
        path = self.path / name
        content = read_bytes(path, kind=_KIND, limit_bytes=limit_bytes)
        return content.removeprefix(_BYTE_ORDER_MARK)

    def text(self, name: str, *, limit_bytes: int = MAX_BYTES) -> str:
        """Return the text of a file in UTF-8, as `content` does."""
        content = self.content(name, limit_bytes=limit_bytes)
        return decode(content, self.path / name, kind=_KIND, hint="Convert it to UTF-8.")

    def json(self, name: str, *, limit_bytes: int = MAX_BYTES) -> Any:
        """Return the values in a JSON file, as `content` does."""
        content = self.content(name, limit_bytes=limit_bytes)
        return parse_json(content, self.path / name, kind=_KIND, hint="Write it again, in UTF-8.")

    def find_picture(self, names: Iterable[str]) -> tuple[str, Path] | None:
        """Return the first of these pictures that exists, or None.

        Returns
        -------
        name : str
            Relative to the folder of pictures.
        path : Path

        Raises
        ------
        ForbiddenPathError
            If there is none in this folder, but a path leads out of it.
        """
        outside = ""
        for name in names:
            place = plain_path(name)
            if place is None:
                outside = outside or name
                continue
            path = self.pictures / place
            try:
                if not path.exists():
                    continue
                is_inside = resolved(path).is_relative_to(self._root)
            except (OSError, ValueError, StorageError):  # a name that is too long, or contains NUL
                continue
            if is_inside:
                return place, path
            outside = outside or name
        if outside:
            raise ForbiddenPathError(
                f"The picture {outside!r:.300} is outside the folder.", "Copy it into the folder."
            )
        return None


def join(folder: str, name: str) -> str:
    """Return the path of a name in a folder; an absolute name stays absolute."""
    posix = name.replace("\\", "/")
    is_absolute = posix.startswith("/") or posix[1:2] == ":"
    return posix if is_absolute or not folder else f"{folder}/{posix}"


def plain_path(name: str) -> str | None:
    """Return a relative path without `.` and `..`, with `/` between its parts.

    None if it is absolute, on Windows or elsewhere, or leads out of its folder.
    """
    posix = name.replace("\\", "/")
    if posix.startswith("/") or posix[1:2] == ":" or "\0" in posix:
        return None
    parts: list[str] = []
    for part in PurePosixPath(posix).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _walk(root: Path, endings: Iterable[str]) -> Iterator[str]:
    endings = tuple(endings)
    for folder, folders, files in os.walk(root):
        # `.ipynb_checkpoints`, and what macOS adds to archives.
        folders[:] = [each for each in folders if not each.startswith((".", "__MACOSX"))]
        for file in files:
            if not file.startswith(".") and file.lower().endswith(endings):
                yield Path(folder, file).relative_to(root).as_posix()
