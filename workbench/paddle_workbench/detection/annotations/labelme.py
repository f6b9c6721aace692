"""Annotations in the JSON of LabelMe: one file for each picture, usually next to it.

References
----------
https://github.com/wkentaro/labelme, `labelme/label_file.py`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from ...errors import StorageError
from ..dataset import Dataset, Picture
from .entries import Corners, Entry, Item, Source, finite_numbers, stated_size
from .folder import Folder, join

__all__ = ["LABELS", "PICTURES", "is_labelme", "read", "write"]

LABELS: Final = "labels.txt"
"""The names of the classes, one a line, as the option `--labels` of LabelMe takes them."""

PICTURES: Final = "images"
# The version of the format, which LabelMe compares with its own.
_VERSION: Final = "5.5.0"


def is_labelme(content: Any) -> bool:
    """Whether the values of a JSON file are in this format."""
    return isinstance(content, dict) and isinstance(content.get("shapes"), list)


def read(folder: Folder, names: list[str]) -> Source:
    """Read files; a file that cannot be read becomes a problem, and others are passed over."""
    source = Source()
    for name in names:
        try:
            content = folder.json(name)
        except StorageError as error:
            source.report_file(name, error)
            continue
        if not is_labelme(content):
            message = 'It is not a LabelMe file: it needs a list "shapes".'
            source.report("broken file", name, "", message)
            continue
        items = [_item(shape, at, source, name) for at, shape in enumerate(content["shapes"], 1)]
        size = stated_size(content.get("imageWidth"), content.get("imageHeight"))
        source.entries.append(
            Entry(
                name,
                "",
                tuple(_paths(content.get("imagePath"), name)),
                tuple(item for item in items if item is not None),
                size,
            )
        )
    return source


def write(dataset: Dataset) -> dict[str, str]:
    """Return the content of the files for a data set, by their paths."""
    files = {LABELS: "".join(f"{name}\n" for name in dataset.classes)}
    for picture in dataset:
        path = PurePosixPath(PICTURES, picture.name).with_suffix(".json")
        content = _document(picture, dataset.classes)
        files[str(path)] = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    return files


def _item(shape: Any, at: int, source: Source, file: str) -> Item | None:
    label = shape.get("label") if isinstance(shape, dict) else None
    if not isinstance(label, str) or not label.strip():
        source.report("unknown class", file, f"shape {at}", "It has no label; left out.")
        return None
    label = label.strip()
    place = f"shape {at} ({label})"
    form = shape.get("shape_type") or "polygon"
    points = _points(shape.get("points"))
    if points is None:
        message = f"Its points are {shape.get('points')!r:.60} and must be pairs; left out."
        source.report("invalid object", file, place, message)
        return None
    corners = _corners(form, points)
    if corners is None:
        message = f"A {form!s:.40} with {len(points)} points has no box; left out."
        source.report("no area", file, place, message)
        return None
    if form != "rectangle":
        source.omissions[f"shape {form}"] += 1
    for value in ("group_id", "description", "flags"):
        source.omissions[value] += shape.get(value) not in (None, "", {})
    return Item(place, label, corners)


def _points(values: Any) -> list[tuple[float, ...]] | None:
    if not isinstance(values, list):
        return None
    points = [finite_numbers(value, 2) for value in values]
    return None if None in points else [point for point in points if point is not None]


def _corners(form: Any, points: Sequence[tuple[float, ...]]) -> Corners | None:
    """Return the box around a shape."""
    if form == "circle" and len(points) == 2:
        (x, y), edge = points
        radius = math.dist((x, y), edge)
        return x - radius, y - radius, x + radius, y + radius
    least = {"rectangle": 2, "mask": 2, "polygon": 3, "oriented_rectangle": 3}
    if form not in least or len(points) < least[form]:
        return None
    x_values, y_values = zip(*points, strict=True)
    return min(x_values), min(y_values), max(x_values), max(y_values)


def _paths(image_path: Any, name: str) -> list[str]:
    """Return where the picture may be; LabelMe on Windows writes backslashes."""
    if not isinstance(image_path, str) or not image_path:
        return []
    bases = (str(PurePosixPath(name).parent), "", PICTURES)
    # The last one is for pictures that were moved.
    moved = PurePosixPath(image_path.replace("\\", "/")).name
    return [*(join(base, image_path) for base in bases), moved]


def _document(picture: Picture, classes: tuple[str, ...]) -> dict[str, Any]:
    width, height = picture.size
    shapes = [
        {
            "label": classes[label],
            "points": [box[:2], box[2:]],
            "group_id": None,
            "description": "",
            "shape_type": "rectangle",
            "flags": {},
        }
        for box, label in zip(picture.boxes.tolist(), picture.classes.tolist(), strict=True)
    ]
    return {
        "version": _VERSION,
        "flags": {},
        "shapes": shapes,
        "imagePath": PurePosixPath(picture.name).name,
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }
