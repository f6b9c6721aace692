"""Check what is written about pictures against the pictures, and make a data set of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from ...errors import ForbiddenPathError, PictureError
from ...picture_files.picture_file import Measure, PictureFile, measure_picture
from ..dataset import Picture
from .entries import Corners, Entry, Origin
from .folder import Folder, plain_path
from .problems import Problem, ProblemKind

__all__ = ["Checks", "stored_corners", "upright_corners"]

# Boxes that leave a picture by no more are cut to it silently: some programs count from 1.
TOLERANCE: Final = 1.0

_PICTURE_FOLDERS: Final = ("images", "JPEGImages")


class Checks:
    """Checks entries one after the other, and collects problems.

    Parameters
    ----------
    folder : Folder
    classes : sequence of str
    decode : bool
        Whether pictures are decoded, which finds all damage; otherwise their headers are read.

    Attributes
    ----------
    problems : list of Problem
    origins : dict
        Where the pictures are in a COCO file, by their names.
    assumed_upright : list of str
        Pictures that their EXIF orientation rotates, and whose files do not show to which view
        their boxes belong. They are taken for the upright view, as most programs show pictures.
    """

    def __init__(self, folder: Folder, classes: Sequence[str], *, decode: bool = True) -> None:
        self.problems: list[Problem] = []
        self.origins: dict[str, Origin] = {}
        self.assumed_upright: list[str] = []
        self._folder = folder
        self._measure = _decoded_measure if decode else measure_picture
        self._classes: Mapping[str, int] = {name: at for at, name in enumerate(classes)}
        self._paths: dict[str, str] = {}
        self._names: set[str] = set()

    def picture(self, entry: Entry) -> Picture | None:
        """Return the picture of an entry with its valid boxes; None if it is left out."""
        place = self._place(entry)
        if place is None:
            return None
        name, path = place
        measure = self._measured(entry, name, path)
        if measure is None:
            return None
        width, height = measure.size
        stored = (height, width) if measure.orientation >= 5 else (width, height)
        is_turned = entry.size is not None and entry.size == stored != (width, height)
        if entry.size is not None and entry.size != (width, height) and not is_turned:
            stated = "{} x {}".format(*entry.size)
            message = f"{name} has {width} x {height} pixels, and not {stated}; it is left out."
            self._report("wrong size", entry, entry.place, message)
            return None
        if measure.orientation != 1 and not is_turned and not _is_known(entry, stored):
            self.assumed_upright.append(name)
        orientation = measure.orientation if is_turned else 1
        boxes, classes, numbers = self._boxes(entry, (width, height), orientation)
        self._paths[str(path)] = entry.file
        short = self._short_name(name)
        self._names.add(short)
        if entry.number >= 0:
            self.origins[short] = Origin(entry.number, numbers, orientation)
        return Picture(short, path, boxes, classes, size=(width, height))

    def _report(self, kind: ProblemKind, entry: Entry, place: str, message: str) -> None:
        self.problems.append(Problem(kind, entry.file, place, message))

    def _place(self, entry: Entry) -> tuple[str, Path] | None:
        try:
            place = self._folder.find_picture(entry.pictures)
        except ForbiddenPathError as error:
            message = f"{error.message} It is left out."
            self._report("forbidden path", entry, entry.place, message)
            return None
        if place is None:
            name = next(filter(None, map(plain_path, entry.pictures)), "")
            message = f"There is no picture {name!r:.300}." if name else "It names no picture."
            self._report("missing picture", entry, entry.place, message)
            return None
        name, path = place
        if str(path) in self._paths:
            other = self._paths[str(path)]
            message = f"{name} is also annotated in {other}; this one is left out."
            self._report("duplicate", entry, entry.place, message)
            return None
        return place

    def _measured(self, entry: Entry, name: str, path: Path) -> Measure | None:
        try:
            measure = self._measure(path)
        except PictureError as error:
            message = f"{error.message} It is left out."
            self._report("unreadable picture", entry, entry.place, message)
            return None
        if measure is None:
            message = f"{name} is a document with pages; save each as a picture. It is left out."
            self._report("unreadable picture", entry, entry.place, message)
        return measure

    def _boxes(
        self, entry: Entry, size: tuple[int, int], orientation: int
    ) -> tuple[list[Corners], list[int], tuple[int, ...]]:
        """Return the valid boxes in pixels of the upright picture, their classes and numbers."""
        boxes: dict[tuple[int, Corners], int] = {}
        width, height = size
        for item in entry.items:
            x1, y1, x2, y2 = item.corners
            if entry.is_relative:
                x1, y1, x2, y2 = x1 * width, y1 * height, x2 * width, y2 * height
            shown = f"{x1:g}, {y1:g}, {x2:g}, {y2:g}"
            x1, y1, x2, y2 = upright_corners((x1, y1, x2, y2), size, orientation)
            # As they are stored: float32 may leave no area of a very small box.
            stored = np.clip([x1, y1, x2, y2], 0, [width, height] * 2).astype(np.float32)
            excess = max(-x1, -y1, x2 - width, y2 - height)
            if item.label not in self._classes:
                message = f"There is no class {item.label!r:.60}; left out."
                self._report("unknown class", entry, item.place, message)
                continue
            if not (x1 < x2 and y1 < y2):
                message = f"Its box {shown} has no area; left out."
                self._report("no area", entry, item.place, message)
                continue
            if not (stored[:2] < stored[2:]).all():
                message = f"Its box {shown} is outside the picture of {width} x {height} pixels"
                self._report("outside", entry, item.place, f"{message}; left out.")
                continue
            if excess > TOLERANCE:
                message = f"Its box {shown} leaves the picture of {width} x {height} pixels"
                self._report("outside", entry, item.place, f"{message}; it is cut to it.")
            left, top, right, bottom = stored.tolist()
            key = (self._classes[item.label], (left, top, right, bottom))
            if key in boxes:
                message = f"Its box {shown} is there twice; left out."
                self._report("duplicate", entry, item.place, message)
                continue
            boxes[key] = item.number
        return [box for _, box in boxes], [label for label, _ in boxes], tuple(boxes.values())

    def _short_name(self, name: str) -> str:
        """Return the path of a picture without the usual folder of pictures, if it is unique."""
        path = PurePosixPath(name)
        if path.parts[0] in _PICTURE_FOLDERS and len(path.parts) > 1:
            short = str(path.relative_to(path.parts[0]))
            return name if short in self._names else short
        return name


def _decoded_measure(path: Path) -> Measure | None:
    """Return the size of a picture after decoding it; None if it has pages."""
    file = PictureFile(path)
    if file.kind != "picture" or len(file) != 1:
        return None
    page = file.page(0)
    height, width = page.pixels.shape[:2]
    return Measure((width, height), page.orientation)


def _is_known(entry: Entry, stored: tuple[int, int]) -> bool:
    """Whether the size that a file states shows to which view its boxes belong."""
    return entry.size is not None and stored[0] != stored[1] and entry.size == stored[::-1]


def upright_corners(corners: Corners, size: tuple[int, int], orientation: int) -> Corners:
    """Return a box of the stored view in the upright one.

    Parameters
    ----------
    corners : tuple of float
        x1, y1, x2, y2.
    size : tuple of int
        Width and height of the upright picture.
    orientation : int
        EXIF; the picture is turned and mirrored as `picture_files.pixels` does.
    """
    x1, y1, x2, y2 = corners
    width, height = size
    if orientation in (5, 6, 7, 8):
        x1, y1, x2, y2 = y1, x1, y2, x2
    if orientation in (3, 4, 7, 8):
        y1, y2 = height - y2, height - y1
    if orientation in (2, 3, 6, 7):
        x1, x2 = width - x2, width - x1
    return x1, y1, x2, y2


def stored_corners(corners: Corners, size: tuple[int, int], orientation: int) -> Corners:
    """Return a box of the upright view in the stored one: the way back of `upright_corners`."""
    x1, y1, x2, y2 = corners
    width, height = size
    if orientation in (2, 3, 6, 7):
        x1, x2 = width - x2, width - x1
    if orientation in (3, 4, 7, 8):
        y1, y2 = height - y2, height - y1
    if orientation in (5, 6, 7, 8):
        x1, y1, x2, y2 = y1, x1, y2, x2
    return x1, y1, x2, y2
