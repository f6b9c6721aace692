"""Annotations in the JSON of COCO: one file for all pictures.

References
----------
https://cocodataset.org/#format-data, "Object Detection".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from ...errors import AnnotationError
from ..dataset import Dataset
from .entries import Entry, Item, Source, finite_numbers, stated_size
from .folder import Folder, join

__all__ = [
    "MAX_BYTES", "NAME", "PICTURES", "category_names", "check_content", "document", "read", "write",
]  # fmt: skip

PICTURES: Final = "images"

NAME: Final = "annotations.json"
"""The file that `write` writes."""

MAX_BYTES: Final = 512 * 1024 * 1024
"""Larger files are rejected; those of COCO 2017 have 450 MB."""

_KEYS: Final = {"id", "image_id", "category_id", "bbox", "area", "iscrowd", "segmentation"}


def read(folder: Folder, name: str) -> Source:
    """Read a file.

    Raises
    ------
    AnnotationError
        If it is not in this format.
    StorageError
        If it cannot be read, or is not JSON.
    """
    content = check_content(folder.json(name, limit_bytes=MAX_BYTES), folder.path / name)
    source = Source()
    categories = category_names(content["categories"], source, name)
    source.classes = tuple(dict.fromkeys(categories.values()))
    pictures = _pictures(content["images"], source, name)
    items = _items(content["annotations"], (categories, pictures), source, name)
    bases = _bases(name)
    for key, (number, file_name, size) in pictures.items():
        paths = tuple(join(base, file_name) for base in bases)
        place = f"images[{number}]"
        entry = Entry(name, place, paths, tuple(items[key]), size, number=number)
        source.entries.append(entry)
    return source


def check_content(content: Any, path: Path) -> dict[str, Any]:
    """Return the content of a file.

    Raises
    ------
    AnnotationError
        If it is not in this format.
    """
    parts = ("images", "annotations", "categories")
    if not isinstance(content, dict) or not all(
        isinstance(content.get(part), list) for part in parts
    ):
        raise AnnotationError(
            f"{path} is not a COCO file: it needs the lists {', '.join(parts)}.",
            "Choose the file with the boxes, such as instances_train.json.",
        )
    return content


def write(dataset: Dataset) -> dict[str, str]:
    """Return the content of the files for a data set, by their paths."""
    return {NAME: json.dumps(document(dataset), ensure_ascii=False) + "\n"}


def document(dataset: Dataset) -> dict[str, Any]:
    """Return the content of the file for a data set."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, picture in enumerate(dataset, 1):
        width, height = picture.size
        image = {"id": number, "file_name": picture.name, "width": width, "height": height}
        images.append(image)
        for box, label in zip(picture.boxes.tolist(), picture.classes.tolist(), strict=True):
            left, top, right, bottom = box
            wide, high = right - left, bottom - top
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": label + 1,
                    "bbox": [left, top, wide, high],
                    "area": wide * high,
                    "iscrowd": 0,
                }
            )
    categories = [{"id": at, "name": name} for at, name in enumerate(dataset.classes, 1)]
    return {"images": images, "annotations": annotations, "categories": categories}


def category_names(values: list[Any], source: Source, file: str) -> dict[Any, str]:
    """Return the names of the categories by their ids."""
    categories: dict[Any, str] = {}
    for at, value in enumerate(values):
        place = f"categories[{at}]"
        key = _id(value, "id")
        name = value.get("name") if isinstance(value, dict) else None
        if key is None or not isinstance(name, str):
            source.report("invalid object", file, place, "It needs an id and a name; left out.")
        elif key in categories:
            message = f"The id {key!r} also belongs to {categories[key]!r}; left out."
            source.report("duplicate", file, place, message)
        else:
            if name.strip() in categories.values():
                message = f"Two categories have the name {name!r}; they become one class."
                source.report("duplicate", file, place, message)
            categories[key] = name.strip()
    return categories


def _pictures(
    values: list[Any], source: Source, file: str
) -> dict[Any, tuple[int, str, tuple[int, int] | None]]:
    """Return index, path and size of the pictures by their ids."""
    pictures: dict[Any, tuple[int, str, tuple[int, int] | None]] = {}
    for at, value in enumerate(values):
        place = f"images[{at}]"
        key = _id(value, "id")
        name = value.get("file_name") if isinstance(value, dict) else None
        if key is None or not isinstance(name, str) or not name:
            message = "It needs an id and a file_name; left out."
            source.report("invalid object", file, place, message)
        elif key in pictures:
            message = f"The id {key!r} also belongs to {pictures[key][1]}; {name} is left out."
            source.report("duplicate", file, place, message)
        else:
            size = stated_size(value.get("width"), value.get("height"))
            pictures[key] = (at, name, size)
    return pictures


def _items(
    values: list[Any],
    known: tuple[Mapping[Any, str], Mapping[Any, Any]],
    source: Source,
    file: str,
) -> dict[Any, list[Item]]:
    """Return the objects of each picture."""
    categories, pictures = known
    items: dict[Any, list[Item]] = {key: [] for key in pictures}
    ids: set[Any] = set()
    for at, value in enumerate(values):
        place = f"annotations[{at}]"
        if not isinstance(value, dict):
            source.report("invalid object", file, place, "It is not an object; left out.")
            continue
        key, picture, category = (_id(value, name) for name in ("id", "image_id", "category_id"))
        box = finite_numbers(value.get("bbox"), 4)
        if key is not None and key in ids:
            message = f"The id {key!r} belongs to two annotations; this one is left out."
            source.report("duplicate", file, place, message)
        elif picture not in pictures:
            message = f"There is no picture with the id {value.get('image_id')!r:.60}; left out."
            source.report("missing picture", file, place, message)
        elif category not in categories:
            given = value.get("category_id")
            message = f"There is no category with the id {given!r:.60}; left out."
            source.report("unknown class", file, place, message)
        elif value.get("iscrowd"):
            source.omissions["region with iscrowd"] += 1
        elif box is None:
            message = f"Its bbox is {value.get('bbox')!r:.60} and needs four numbers; left out."
            source.report("invalid object", file, place, message)
        else:
            left, top, width, height = box
            corners = (left, top, left + width, top + height)
            items[picture].append(Item(place, categories[category], corners, at))
            source.omissions["segmentation"] += bool(value.get("segmentation"))
            source.omissions["other value"] += bool(value.keys() - _KEYS)
        ids.add(key)
    return items


def _id(value: Any, name: str) -> int | str | None:
    key = value.get(name) if isinstance(value, dict) else None
    return key if isinstance(key, int | str) and not isinstance(key, bool) else None


def _bases(name: str) -> list[str]:
    """Return folders where the pictures may be."""
    path = PurePosixPath(name)
    folders = [path.parent]
    if path.parent.name == "annotations":
        folders.insert(0, path.parent.parent)
    split = path.stem.removeprefix("instances_")
    bases = []
    for folder in map(str, folders):
        bases += [f"{folder}/images", folder, f"{folder}/{split}", f"{folder}/images/{split}"]
    return bases
