"""Change the boxes of a COCO file; everything else in it stays."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from ...errors import AnnotationError
from ...reading import parse_json, read_bytes, storage_errors_as
from ...storage import locked, write_whole
from ..dataset import Dataset
from . import coco
from .checking import stored_corners
from .entries import Corners, Source, finite_numbers

__all__ = [
    "Box",
    "CategoryEdits",
    "CocoObject",
    "PictureBoxes",
    "Update",
    "id_key",
    "places_by_picture",
    "read_document",
    "update_annotations",
    "used_names",
]

CocoObject: TypeAlias = Mapping[str, Any]
_Pair: TypeAlias = tuple[CocoObject, "int | None"]

KIND: Final = "file of annotations"
# Boxes are read as float32, and drawn in hundredths of a pixel.
_SAME: Final = 0.011
_DELETED: Final = object()
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Box:
    """A box to write.

    Parameters
    ----------
    label : str
        The name of its class.
    corners : tuple of float
        x1, y1, x2, y2 in pixels of the upright picture.
    annotation : mapping or None
        Its object in the file, whose other values are kept; None for a new box.
    has_new_class, has_moved : bool
        Whether its class and its place differ from its object; otherwise the object keeps them as
        they are written.
    """

    label: str
    corners: Corners
    annotation: CocoObject | None = None
    has_new_class: bool = True
    has_moved: bool = True


@dataclass(frozen=True, slots=True)
class PictureBoxes:
    """The boxes of a picture.

    Parameters
    ----------
    name : str
        The picture, for messages.
    file_name : str
        Its name in the file.
    before : tuple of mapping
        All its objects when the file was read.
    replaced : tuple of bool
        Which of them the boxes replace; the others stay, such as crowds.
    boxes : tuple of Box
    size : (width, height)
        Of the upright picture.
    orientation : int
        As in `Origin`.
    """

    name: str
    file_name: str
    before: tuple[CocoObject, ...]
    replaced: tuple[bool, ...]
    boxes: tuple[Box, ...]
    size: tuple[int, int]
    orientation: int = 1


@dataclass(frozen=True, slots=True)
class CategoryEdits:
    """What becomes of categories without objects.

    Parameters
    ----------
    renamed : mapping of str to str
        New names by names in the file.
    removed : sequence of str
    """

    renamed: Mapping[str, str]
    removed: Sequence[str]


@dataclass(slots=True)
class Update:
    """What became of an update.

    Parameters
    ----------
    written : dict
        For each picture that was written all its objects, and which box each of them is; None for
        those that are none.
    conflicts : list of str
        Pictures whose boxes in the file were changed meanwhile. They are as they were.
    missing : list of str
        Pictures that are no longer in the file.
    outlines : int
        Number of outlines (`segmentation`) that were removed, since they do not fit their boxes
        any more.
    categories : tuple of str
        The names of all classes in the file that was written; empty if none was.
    used : frozenset of str
        Those that have objects.
    """

    written: dict[str, tuple[tuple[CocoObject, int | None], ...]] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    outlines: int = 0
    categories: tuple[str, ...] = ()
    used: frozenset[str] = frozenset()


@storage_errors_as(AnnotationError)
def read_document(path: Path) -> dict[str, Any]:
    """Return the content of a COCO file.

    Raises
    ------
    AnnotationError
        If it cannot be read, or is not in this format.
    """
    content = read_bytes(path, kind=KIND, limit_bytes=coco.MAX_BYTES)
    values = parse_json(content.removeprefix(_BYTE_ORDER_MARK), path, kind=KIND)
    return coco.check_content(values, path)


@storage_errors_as(AnnotationError)
def update_annotations(
    path: Path,
    dataset: Dataset,
    pictures: Sequence[PictureBoxes],
    edits: CategoryEdits | None = None,
) -> Update:
    """Write the boxes of pictures into a COCO file, which is created if it does not exist.

    The file is locked, read again, and replaced as a whole. A picture whose objects are no longer
    those in `before` is not written. What this function does not change stays: other pictures and
    their objects, classes without boxes, and all values that it does not know.

    Parameters
    ----------
    path : Path
    dataset : Dataset
        Its classes are added to the file if they are not there. Its pictures, which are named by
        their paths next to the file, begin a new file.
    pictures : sequence of PictureBoxes
    edits : CategoryEdits, optional
        Categories that have an object in the file, also one of another program, stay as they are.
        With edits the file is written even if no picture is.

    Raises
    ------
    AnnotationError
        If the file cannot be read or written. It is then unchanged.
    """
    update = Update()
    with locked(path):
        is_new = not path.exists()
        document = coco.document(dataset) if is_new else read_document(path)
        ids = {
            image["file_name"]: image["id"]
            for image in reversed(document["images"])
            if isinstance(image, dict) and image.keys() >= {"file_name", "id"}
        }
        objects: list[Any] = document["annotations"]
        places = places_by_picture(objects)
        writable: list[tuple[PictureBoxes, Any, list[int]]] = []
        for picture in pictures:
            image = ids.get(picture.file_name)
            own = places.get(id_key(image), [])
            if picture.file_name not in ids:
                update.missing.append(picture.name)
            elif tuple(objects[at] for at in own) != picture.before:
                update.conflicts.append(picture.name)
            else:
                writable.append((picture, image, own))
        if edits is not None:
            replaced = {
                at
                for picture, _, own in writable
                for at, is_replaced in zip(own, picture.replaced, strict=True)
                if is_replaced
            }
            rest = [each for at, each in enumerate(objects) if at not in replaced]
            _edit_categories(document, edits, used_names({**document, "annotations": rest}))
        labels = _category_ids(document, dataset.classes)
        counter = _Counter(objects)
        for picture, image, own in writable:
            kept, new = _write_boxes(picture, image, (labels, counter), update)
            for at, pair in zip(own, kept, strict=True):
                objects[at] = pair[0] if pair else _DELETED
            objects += [each for each, _ in new]
            update.written[picture.name] = (*filter(None, kept), *new)
        if update.written or edits is not None:
            document["annotations"] = [each for each in objects if each is not _DELETED]
            write_whole(path, _as_text(document, None if is_new else path))
            update.categories = tuple(dict.fromkeys(_names(document).values()))
            update.used = used_names(document)
    return update


def used_names(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the categories in a document that have objects of any kind."""
    names = {id_key(number): name for number, name in _names(document).items()}
    keys = (id_key(each.get("category_id")) for each in document["annotations"] if _is_object(each))
    return frozenset(names[key] for key in keys if key in names)


def _edit_categories(document: dict[str, Any], edits: CategoryEdits, used: frozenset[str]) -> None:
    """Rename and remove categories, except those that have objects."""
    names = set(_names(document).values())
    kept = []
    for category in document["categories"]:
        name = category.get("name") if _is_object(category) else None
        name = name.strip() if isinstance(name, str) else None
        if name in edits.removed and name not in used:
            continue
        new = None if name is None or name in used else edits.renamed.get(name)
        if new is not None and new not in names:
            names.add(new)
            category = {**category, "name": new}
        kept.append(category)
    document["categories"] = kept


def _names(document: Mapping[str, Any]) -> dict[Any, str]:
    return coco.category_names(document["categories"], Source(), "")


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


class _Counter:
    """Gives ids that no object has."""

    def __init__(self, objects: Sequence[Any]) -> None:
        ids = [each["id"] for each in objects if isinstance(each, dict) and "id" in each]
        self._next = max((each for each in ids if type(each) is int), default=0) + 1
        self._taken = set(map(id_key, ids))

    def take(self, wanted: Any = None) -> Any:
        """Return an id: the wanted one, if it is free."""
        value = wanted
        while value is None or id_key(value) in self._taken:
            value, self._next = self._next, self._next + 1
        self._taken.add(id_key(value))
        return value


def _write_boxes(
    picture: PictureBoxes, image: Any, known: tuple[Mapping[str, Any], _Counter], update: Update
) -> tuple[list[_Pair | None], list[_Pair]]:
    """Return what becomes of each object of a picture, None if it is deleted, and new objects.

    Each has the index of its box; None if it is none.
    """
    labels, counter = known
    waiting = dict(enumerate(picture.boxes))
    kept: list[_Pair | None] = []
    for annotation, is_replaced in zip(picture.before, picture.replaced, strict=True):
        if not is_replaced:
            kept.append((annotation, None))
            continue
        at = next((at for at, box in waiting.items() if box.annotation == annotation), None)
        box = None if at is None else waiting.pop(at)
        kept.append((_changed(box, picture, labels, update), at) if box else None)
    new: list[_Pair] = []
    for at, box in waiting.items():
        # It has an object if it was deleted and is there again.
        values = {**(box.annotation or {"iscrowd": 0}), "image_id": image}
        values = {"id": counter.take(values.pop("id", None)), **values}
        box = Box(box.label, box.corners, values)
        new.append((_changed(box, picture, labels, update), at))
    return kept, new


def _changed(
    box: Box,
    picture: PictureBoxes,
    labels: Mapping[str, Any],
    update: Update,
) -> CocoObject:
    """Return the object of a box, with its class and place."""
    values = dict(box.annotation or {})
    if box.has_new_class or "category_id" not in values:
        values["category_id"] = labels[box.label]
    if not box.has_moved and "bbox" in values:
        return values
    old = finite_numbers(values.get("bbox"), 4)
    x1, y1, x2, y2 = stored_corners(box.corners, picture.size, picture.orientation)
    new = tuple(_number(each) for each in (x1, y1, x2 - x1, y2 - y1))
    values["bbox"] = list(new)
    is_shifted = old is not None and all(
        abs(one - other) < _SAME for one, other in zip(old[2:], new[2:], strict=True)
    )
    if values.get("segmentation"):
        by = (new[0] - old[0], new[1] - old[1]) if old is not None and is_shifted else None
        outline = _shifted(values["segmentation"], by) if by else None
        if outline is None:
            del values["segmentation"]
            update.outlines += 1
        else:
            values["segmentation"] = outline
    if not is_shifted or "area" not in values:
        values["area"] = _number(new[2] * new[3])
    return values


def _shifted(outline: Any, by: tuple[float, float]) -> list[list[float]] | None:
    """Return polygons that are shifted; None if they are none."""
    if not isinstance(outline, list):
        return None
    polygons = []
    for polygon in outline:
        if not isinstance(polygon, list):
            return None
        numbers = finite_numbers(polygon, len(polygon))
        if numbers is None or len(numbers) % 2:
            return None
        polygons.append([_number(each + by[at % 2]) for at, each in enumerate(numbers)])
    return polygons


def _number(value: float) -> float:
    """Round a number to hundredths; whole ones have no fraction in the file."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _category_ids(document: dict[str, Any], classes: Sequence[str]) -> dict[str, Any]:
    """Return the ids of the categories by their names; those of new classes are added."""
    known = _names(document)
    ids = {name: number for number, name in reversed(known.items())}
    last = max((number for number in known if isinstance(number, int)), default=0)
    for name in classes:
        if name not in ids:
            last += 1
            ids[name] = last
            document["categories"].append({"id": last, "name": name})
    return ids


def places_by_picture(objects: Sequence[Any]) -> dict[Any, list[int]]:
    """Return the indices of the objects of each picture, by the keys of its id."""
    places: dict[Any, list[int]] = {}
    for at, each in enumerate(objects):
        if isinstance(each, dict):
            places.setdefault(id_key(each.get("image_id")), []).append(at)
    return places


def id_key(value: Any) -> Any:
    """Return a key for an id: 1, True and "1" are different."""
    return (type(value).__name__, value if isinstance(value, int | str) else repr(value))


def _as_text(document: dict[str, Any], path: Path | None) -> str:
    """Return a document with the indentation that its file has."""
    start = path.read_bytes()[:200] if path else b""
    match = re.search(rb"^\xef?\xbb?\xbf?\s*\{\r?\n([ \t]+)", start)
    indent = match[1].decode() if match else None
    return json.dumps(document, ensure_ascii=False, indent=indent) + "\n"
