"""Pictures with the boxes of their objects: what detectors learn from and are measured on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import AnnotationError, PictureError, ShapeError
from ..picture_files.array import check_picture
from ..picture_files.picture_file import PictureFile, measure_picture

__all__ = ["Dataset", "Picture", "check_classes"]


class Picture:
    """A picture with the boxes of its objects.

    Parameters
    ----------
    name : str
        Identifies it in its data set, such as `shelf/001.jpg`.
    pixels : ndarray of uint8, (height, width, 3), or Path
        RGB. The file of a path is decoded each time its pixels are used, so that a data set need
        not fit into memory.
    boxes : array_like, (N, 4)
        x1, y1, x2, y2 in pixels of the upright picture; stored as float32. A pixel is one unit
        wide, and the left edge of the first one is at 0.
    classes : array_like, (N,)
        The class of each box, as an index into the classes of the data set; stored as int64.
    size : tuple of int, optional
        Width and height in pixels, if `pixels` is a path. If the file then has another size, it
        has changed, and its boxes are no longer right.

    Raises
    ------
    ShapeError
        If an array does not have this shape and type.
    AnnotationError
        If the name is not a text, a box is not finite or has no area, or a class is negative.
    """

    __slots__ = ("_size", "_source", "boxes", "classes", "name")

    def __init__(
        self,
        name: str,
        pixels: NDArray[np.uint8] | Path,
        boxes: ArrayLike,
        classes: ArrayLike,
        *,
        size: tuple[int, int] | None = None,
    ) -> None:
        if not isinstance(name, str):
            raise AnnotationError(
                f"The name of a picture is of the type {type(name).__name__}.", "Give a text."
            )
        self.name = name
        self.boxes = _boxes(boxes, name)
        self.classes = _classes(classes, name, count=len(self.boxes))
        self._source: NDArray[np.uint8] | Path
        if isinstance(pixels, Path):
            self._source, self._size = pixels, size
        else:
            self._source = check_picture(pixels)
            self._size = (pixels.shape[1], pixels.shape[0])

    @property
    def path(self) -> Path | None:
        """The file that the pixels are read from; None if they are in memory."""
        return self._source if isinstance(self._source, Path) else None

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The pixels, uint8, (height, width, 3), RGB, upright.

        Raises
        ------
        PictureError
            If the file cannot be decoded within limits, or no longer has the size it had.
        """
        if not isinstance(self._source, Path):
            return self._source
        pixels = PictureFile(self._source).page(0).pixels
        height, width = pixels.shape[:2]
        if self._size not in (None, (width, height)):
            raise PictureError(
                f"{self._source} is now {width} x {height} pixels, and was {_by(self._size)}.",
                "Read its annotations again.",
            )
        return pixels

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels; an unknown size is read from the header of the file.

        Raises
        ------
        PictureError
            If the file is not one picture within limits.
        """
        if self._size is None:
            assert isinstance(self._source, Path)  # noqa: S101 - an array has a size
            measure = measure_picture(self._source)
            if measure is None:
                raise PictureError(
                    f"{self._source} has pages, and is not one picture.",
                    "Save each page as a picture.",
                )
            self._size = measure.size
        return self._size

    def __repr__(self) -> str:
        size = _by(self._size) if self._size else "unknown size"
        return f"Picture({self.name!r}, {size}, {len(self.boxes)} boxes)"


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Pictures whose boxes have the same classes.

    Parameters
    ----------
    classes : tuple of str
        Names of the classes, in any language.
    pictures : sequence of Picture
        With different names.

    Raises
    ------
    AnnotationError
        If `pictures` is not a list of them, if a class has no name, or a name that files cannot
        hold, if two classes or two pictures have the same name, or if a picture has a box of
        another class.
    """

    classes: tuple[str, ...]
    pictures: Sequence[Picture]

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", check_classes(self.classes))
        if not isinstance(self.pictures, Iterable):
            raise AnnotationError(
                f"The pictures are of the type {type(self.pictures).__name__}.",
                "Pass a list of Picture.",
            )
        object.__setattr__(self, "pictures", tuple(self.pictures))
        for picture in self:
            if not isinstance(picture, Picture):
                raise AnnotationError(
                    f"A picture of the data set is of the type {type(picture).__name__}.",
                    "Make one: Picture(name, pixels, boxes, classes).",
                )
        name, count = next(iter(Counter(each.name for each in self).most_common(1)), ("", 0))
        if count > 1:
            raise AnnotationError(
                f"{count} pictures have the name {name!r}.", "Give each picture its own name."
            )
        for picture in self:
            if picture.classes.size and picture.classes.max() >= len(self.classes):
                raise AnnotationError(
                    f"{picture.name} has a box of class {picture.classes.max()}; the data set has "
                    f"{len(self.classes)} classes, counted from 0.",
                    "Name all classes, or correct the number.",
                )

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.pictures)

    def __iter__(self) -> Iterator[Picture]:
        return iter(self.pictures)

    def box_counts(self) -> dict[str, int]:
        """Return the number of boxes of each class, including classes without boxes."""
        counts = np.zeros(len(self.classes), np.int64)
        for picture in self:
            counts += np.bincount(picture.classes, minlength=len(self.classes))
        return dict(zip(self.classes, counts.tolist(), strict=True))

    def __repr__(self) -> str:
        counts = self.box_counts()
        classes = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        return f"Dataset({len(self):,} pictures, {sum(counts.values()):,} boxes: {classes})"


def check_classes(classes: Sequence[str]) -> tuple[str, ...]:
    """Return the names of classes as a tuple.

    Raises
    ------
    AnnotationError
        If there are none, or one is empty, not a text, repeated, begins or ends with a space, or
        contains a line break or another character that is not printable.
    """
    if not isinstance(classes, str | Iterable):
        raise AnnotationError(
            f"The classes are of the type {type(classes).__name__}.",
            'Name them: classes=("包装", "瓶罐").',
        )
    names = (classes,) if isinstance(classes, str) else tuple(classes)
    if not names:
        raise AnnotationError("There are no classes.", 'Name them: classes=("包装", "瓶罐").')
    for name in names:
        if not isinstance(name, str):
            raise AnnotationError(
                f"The name of a class is of type {type(name).__name__}.", "Give a text."
            )
        if not name or name != name.strip() or not name.isprintable():
            raise AnnotationError(
                f"{name!r} cannot be the name of a class.",
                "Use printable characters without spaces at either end.",
            )
    if len(set(names)) < len(names):
        name = next(each for each in names if names.count(each) > 1)
        raise AnnotationError(f"Two classes have the name {name!r}.", "Rename one of them.")
    return names


def _boxes(values: ArrayLike, name: str) -> NDArray[np.float32]:
    boxes: NDArray[np.float32] = _numbers(values, np.float32, f"The boxes of {name}")
    if boxes.size == 0:
        boxes = boxes.reshape(0, 4)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ShapeError(
            f"The boxes of {name} have the shape {boxes.shape}.",
            "Give an array of shape (N, 4) with x1, y1, x2, y2.",
        )
    # A comparison with NaN is false.
    is_valid = np.isfinite(boxes).all(axis=1) & (boxes[:, :2] < boxes[:, 2:]).all(axis=1)
    if not is_valid.all():
        at = int(np.argmin(is_valid))
        raise AnnotationError(
            f"Box {at} of {name} has no area: {boxes[at].tolist()}.",
            "Its order is x1, y1, x2, y2, with x1 < x2 and y1 < y2.",
        )
    return boxes


def _classes(values: ArrayLike, name: str, *, count: int) -> NDArray[np.int64]:
    classes: NDArray[np.int64] = _numbers(values, np.int64, f"The classes of {name}")
    if classes.shape != (count,):
        raise ShapeError(
            f"{name} has {count} boxes, and classes of the shape {classes.shape}.",
            "Give one class for each box.",
        )
    if count and classes.min() < 0:
        raise AnnotationError(
            f"{name} has a box of class {classes.min()}.", "Classes are counted from 0."
        )
    return classes


def _numbers(values: ArrayLike, dtype: type[np.generic], what: str) -> NDArray[Any]:
    """Return a read-only copy of numbers."""
    try:
        given = np.asarray(values)
        # A number that float32 cannot hold becomes infinite, and is rejected as such.
        with np.errstate(over="ignore"):
            numbers = given.astype(dtype)
    except (ValueError, TypeError) as error:
        raise ShapeError(
            f"{what} are not numbers: {error}.", "Give an array of numbers."
        ) from error
    if given.size and dtype is np.int64 and given.dtype.kind not in "iub":
        raise ShapeError(f"{what} are of the type {given.dtype}.", "Give whole numbers.")
    numbers.flags.writeable = False
    return numbers


def _by(size: tuple[int, int] | None) -> str:
    return "{} x {}".format(*size) if size else ""
