"""What all formats have in common: pictures with named boxes, as they are written in files."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ...errors import StorageError
from .problems import Problem, ProblemKind

__all__ = ["Corners", "Entry", "Item", "Origin", "Source", "finite_numbers", "stated_size"]

Corners: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Item:
    """An object as it is written in a file.

    Parameters
    ----------
    place : str
        Where it is in its file, such as `object 2`.
    label : str
        The name of its class.
    corners : tuple of float
        x1, y1, x2, y2 in pixels; as shares of the picture's sides if the entry is relative.
    number : int
        Its index in the lists of COCO; -1 in other formats.
    """

    place: str
    label: str
    corners: Corners
    number: int = -1


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture as it is written in a file.

    Parameters
    ----------
    file : str
        The file of annotations, as a path in its folder.
    place : str
        The picture in that file; empty if the file is about one picture.
    pictures : tuple of str
        Paths where the picture may be, the first one that exists counts. They are relative to the
        folder, but may lead out of it.
    items : tuple of Item
    size : tuple of int or None
        Width and height that the file states.
    is_relative : bool
    number : int
        Its index in the lists of COCO; -1 in other formats.
    """

    file: str
    place: str
    pictures: tuple[str, ...]
    items: tuple[Item, ...]
    size: tuple[int, int] | None = None
    is_relative: bool = False
    number: int = -1


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a picture of a data set and its boxes are in a COCO file.

    Parameters
    ----------
    picture : int
        Index into its images.
    objects : tuple of int
        Index of each box into its annotations.
    orientation : int
        The EXIF orientation by which the boxes were rotated; 1 if they were not.
    """

    picture: int
    objects: tuple[int, ...]
    orientation: int = 1


@dataclass(slots=True)
class Source:
    """The content of all files of annotations in a folder.

    Parameters
    ----------
    entries : list of Entry
    problems : list of Problem
    classes : tuple of str or None
        The names in the order that a file states; None if no file does.
    omissions : Counter of str
        What a data set does not hold, such as `polygon`, with the number of objects that have it.
    unlabelled : int
        Pictures without a file, where that means that they show no object.
    """

    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    classes: tuple[str, ...] | None = None
    omissions: Counter[str] = field(default_factory=Counter)
    unlabelled: int = 0

    def report_file(self, file: str, error: StorageError) -> None:
        """Add the problem of a file that cannot be read."""
        # The path is already in the problem.
        _, is_content, reason = error.message.rpartition(" is not a ")
        message = f"It is not a {reason}" if is_content else error.message
        is_encoding = "not UTF-8" in reason or "encod" in reason
        self.report("encoding" if is_encoding else "broken file", file, "", message)

    def report(self, kind: ProblemKind, file: str, place: str, message: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(kind, file, place, message))


def finite_numbers(values: Any, count: int) -> tuple[float, ...] | None:
    """Return a number of values as floats; None if they are not that many finite numbers."""
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != count:
        return None
    numbers = []
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return None
        if not math.isfinite(number):
            return None
        numbers.append(number)
    return tuple(numbers)


def stated_size(width: Any, height: Any) -> tuple[int, int] | None:
    """Return the size that a file states; None if it states none, as LabelImg does with zeros."""
    numbers = finite_numbers([width, height], 2)
    if numbers is None or min(numbers) < 1:
        return None
    return int(numbers[0]), int(numbers[1])
