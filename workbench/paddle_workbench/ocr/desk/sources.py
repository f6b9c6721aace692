"""Find the pages of a desk in files, folders and arrays; pages are identified by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...errors import PictureError
from ...picture_files.limits import ENDINGS
from ...picture_files.picture_file import Page, PictureFile, opening_error

__all__ = ["Images", "PageSource", "find_pages"]

# The path of a picture, PDF or folder; or pixels, uint8, (height, width, 3), RGB; or a list of
# these.
Images: TypeAlias = "str | Path | NDArray[np.uint8] | Sequence[str | Path | NDArray[np.uint8]]"

KEY_LENGTH: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class PageSource:
    """Where a page comes from.

    Parameters
    ----------
    name : str
        Name to display: the file name, followed by the page number if there are several pages.
    key : str
        Identifies the content, so that a picture is recognised wherever it is; empty if the page
        cannot be opened.
    path : Path or None
        None for an array.
    number : int
        Index of the page in its file.
    pages : int
        Number of pages of the file.
    pixels : ndarray or None
        Only for an array.
    failure : str
        Why the page cannot be opened; empty if it can.
    """

    name: str
    key: str
    path: Path | None = None
    number: int = 0
    pages: int = 1
    pixels: NDArray[np.uint8] | None = None
    failure: str = ""

    def open(self) -> Page:
        """Open the page.

        Raises
        ------
        PictureError
            If the page cannot be opened, or if the file has changed since the desk was created.
        """
        if self.failure:
            raise PictureError(self.failure)
        if self.pixels is not None:
            return Page(self.pixels)
        assert self.path is not None  # noqa: S101 - otherwise it is an array
        file = PictureFile(self.path)
        if self.key != _key(file, self.number):
            raise PictureError(
                f"{self.name} has changed since it was put on the desk.",
                "Run the cell again to show the new page.",
            )
        return file.page(self.number)


def find_pages(images: Images) -> list[PageSource]:
    """Return the pages of files, arrays, and folders with their pictures and PDFs in name order.

    A file that cannot be opened becomes a page with a `failure`.

    Raises
    ------
    PictureError
        If there are no pages, or if an item is neither a path nor an array of pixels.
    """
    items: list[Any] = [images]
    if isinstance(images, Iterable) and not isinstance(images, str | bytes | Path | np.ndarray):
        items = list(images)
    pages = [page for at, each in enumerate(items) for page in _item_sources(at, each)]
    if not pages:
        raise PictureError(
            "There are no pictures or PDFs to put on the desk.",
            f"Give files or folders with {', '.join(sorted(ENDINGS))}.",
        )
    return pages


def _item_sources(at: int, item: Any) -> Iterable[PageSource]:
    if isinstance(item, np.ndarray):
        return [_array_source(at, item)]
    if not isinstance(item, str | Path):
        raise PictureError(
            f"Picture {at + 1} is of type {type(item).__name__}.",
            "Give a path, or a uint8 array of shape (height, width, 3).",
        )
    path = Path(item)
    try:
        path = path.expanduser()
        if path.is_dir():
            files = sorted(each for each in path.iterdir() if each.suffix.lower() in ENDINGS)
            return [page for file in files for page in _file_sources(file)]
    except (OSError, RuntimeError) as error:
        return [_failed_source(path, opening_error(path, error))]
    return _file_sources(path)


def _file_sources(path: Path) -> list[PageSource]:
    try:
        file = PictureFile(path)
    except PictureError as error:
        return [_failed_source(path, error)]
    pages = len(file)
    names = [path.name] if pages == 1 else [f"{path.name} {at + 1}" for at in range(pages)]
    return [
        PageSource(name, _key(file, number), path, number, pages)
        for number, name in enumerate(names)
    ]


def _key(file: PictureFile, number: int) -> str:
    return f"{file.digest[:KEY_LENGTH]}-{number}"


def _failed_source(path: Path, error: PictureError) -> PageSource:
    return PageSource(path.name, "", path, failure=str(error))


def _array_source(at: int, pixels: NDArray[Any]) -> PageSource:
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise PictureError(
            f"Picture {at + 1} is a {pixels.dtype} array of shape {pixels.shape}.",
            "Give a uint8 array of shape (height, width, 3) with RGB colours.",
        )
    content = np.ascontiguousarray(pixels)
    digest = hashlib.sha256(f"{pixels.shape}".encode() + content.tobytes()).hexdigest()
    return PageSource(f"picture_{at + 1:04d}", f"{digest[:KEY_LENGTH]}-0", pixels=content)
