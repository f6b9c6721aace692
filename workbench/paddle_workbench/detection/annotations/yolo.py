"""Annotations in the text files of YOLO: one for each picture, with shares of its sides.

A line is the number of a class, the middle of a box and its width and height; or the number and the
corners of a polygon. The file of `images/a.jpg` is `labels/a.txt`, or `a.txt` next to it. The names
of the classes are in `classes.txt`, as LabelImg writes them, or in `data.yaml`.

References
----------
https://docs.ultralytics.com/datasets/detect/
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any, Final

from ...errors import AnnotationError, StorageError
from ..dataset import Dataset, Picture
from .entries import Corners, Entry, Item, Source, finite_numbers
from .folder import Folder

__all__ = ["PICTURES", "SETTINGS", "read", "write"]

PICTURES: Final = "images"
SETTINGS: Final = ("data.yaml", "data.yml", "dataset.yaml")
NAMES: Final = ("classes.txt", "obj.names", "labels/classes.txt", "images/classes.txt")

MAX_SETTINGS_BYTES: Final = 1024 * 1024
MAX_DIGITS: Final = 9

# Text files that are not about a picture.
_OTHERS: Final = frozenset(
    f"{stem}.txt"
    for stem in (
        *("classes", "label_list", "labels", "train", "val", "valid", "test", "trainval"),
        *("readme", "notes", "license", "requirements"),
    )
)


def read(folder: Folder, classes: tuple[str, ...] | None = None) -> Source:
    """Read the files of a folder; a file that cannot be read becomes a problem.

    Parameters
    ----------
    folder : Folder
    classes : tuple of str, optional
        The names of the classes; by default those in a file.

    Raises
    ------
    AnnotationError
        If there are neither names nor a file with names.
    """
    source = Source()
    file = next((each for each in (*SETTINGS, *NAMES) if (folder.path / each).exists()), "")
    source.classes = classes or _class_names(folder, file)
    names = source.classes
    label_files = set(folder.files(".txt")) - {file}
    for picture in folder.picture_files():
        candidates = _label_paths(picture)
        name = next((each for each in candidates if each in label_files), None)
        if name is None:
            source.unlabelled += 1
            source.entries.append(Entry(picture, "", (picture,), (), is_relative=True))
            continue
        label_files.discard(name)
        items = _items(folder, name, names, source)
        if items is not None:
            source.entries.append(Entry(name, "", (picture,), items, is_relative=True))
    for name in sorted(label_files):
        if PurePosixPath(name).name.lower() in _OTHERS:
            continue
        message = f"There is no picture {PurePosixPath(name).stem} with a supported ending."
        source.report("missing picture", name, "", message)
    return source


def write(dataset: Dataset) -> dict[str, str]:
    """Return the content of the files for a data set, by their paths."""
    # JSON is YAML as well.
    names = json.dumps(dataset.classes, ensure_ascii=False)
    files = {
        "classes.txt": "".join(f"{name}\n" for name in dataset.classes),
        "data.yaml": f"path: .\ntrain: {PICTURES}\nval: {PICTURES}\nnames: {names}\n",
    }
    for picture in dataset:
        path = PurePosixPath("labels", picture.name).with_suffix(".txt")
        files[str(path)] = "".join(_lines(picture))
    return files


def _lines(picture: Picture) -> list[str]:
    width, height = picture.size
    lines = []
    for box, label in zip(picture.boxes.tolist(), picture.classes.tolist(), strict=True):
        left, top, right, bottom = box
        shares = (
            (left + right) / 2 / width,
            (top + bottom) / 2 / height,
            (right - left) / width,
            (bottom - top) / height,
        )
        lines.append(" ".join((str(label), *map(repr, shares))) + "\n")
    return lines


def _class_names(folder: Folder, file: str) -> tuple[str, ...]:
    if file in SETTINGS:
        return _names_in_yaml(folder, file)
    if not file:
        raise AnnotationError(
            f"{folder.path} does not name its classes: it has no data.yaml and no classes.txt.",
            'Write classes.txt with one name a line, or pass classes=("包装", "瓶罐").',
        )
    names = tuple(filter(None, (line.strip() for line in folder.text(file).splitlines())))
    if not names:
        raise AnnotationError(
            f"{folder.path / file} is empty.", "Write the names of the classes, one a line."
        )
    return names


def _names_in_yaml(folder: Folder, name: str) -> tuple[str, ...]:
    import yaml

    path = folder.path / name
    try:
        content = yaml.safe_load(folder.text(name, limit_bytes=MAX_SETTINGS_BYTES))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise AnnotationError(f"{path} is not YAML: {reason}.", "Correct it.") from error
    names = content.get("names") if isinstance(content, dict) else None
    if isinstance(names, dict) and sorted(names, key=str) == sorted(range(len(names)), key=str):
        names = [names[at] for at in range(len(names))]
    # No value is shown: aliases can make it endless.
    if not isinstance(names, list) or not all(isinstance(each, str | int) for each in names):
        raise AnnotationError(
            f"{path} does not name the classes: it needs a list of names.",
            "Write names: [包装, 瓶罐]",
        )
    return tuple(str(each).strip() for each in names)


def _label_paths(picture: str) -> list[str]:
    """Return where the labels of a picture may be.

    First, the last `images` becomes `labels`; then the first one, as in a folder that has another
    folder of this name.
    """
    path = PurePosixPath(picture)
    parts = path.with_suffix(".txt").parts
    folders = [at for at, part in enumerate(parts[:-1]) if part == "images"]
    paths = ["/".join((*parts[:at], "labels", *parts[at + 1 :])) for at in reversed(folders)]
    own = str(path.with_suffix(".txt"))
    # `train.txt` next to a picture may be a list of pictures.
    others = [] if PurePosixPath(own).name.lower() in _OTHERS else [own]
    return [*paths, *others, "/".join(("labels", *parts))]


def _items(
    folder: Folder, name: str, classes: tuple[str, ...], source: Source
) -> tuple[Item, ...] | None:
    try:
        lines = folder.text(name).splitlines()
    except StorageError as error:
        source.report_file(name, error)
        return None
    items = []
    for number, line in enumerate(lines, 1):
        values = line.split()
        if not values:
            continue
        place = f"line {number}"
        corners = _corners(values[1:], source)
        if corners is None or not values[0].isdecimal() or len(values[0]) > MAX_DIGITS:
            message = f"{line.strip()!r:.80} is not a class and four numbers; left out."
            source.report("invalid object", name, place, message)
        elif int(values[0]) >= len(classes):
            message = (
                f"There is no class {values[0]}; the last one is {len(classes) - 1}. Left out."
            )
            source.report("unknown class", name, place, message)
        else:
            label = classes[int(values[0])]
            items.append(Item(f"{place} ({label})", label, corners))
    return tuple(items)


def _corners(values: list[Any], source: Source) -> Corners | None:
    """Return the box of the values after the class, as shares."""
    numbers = finite_numbers(values, len(values))
    if numbers is None:
        return None
    if len(numbers) >= 6 and len(numbers) % 2 == 0:
        source.omissions["polygon"] += 1
        return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])
    if len(numbers) == 5:
        source.omissions["confidence"] += 1
    elif len(numbers) != 4:
        return None
    x, y, width, height = numbers[:4]
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2
