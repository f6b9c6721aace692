"""What a desk of goods opens: a folder, a file of COCO, or a picture in such a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ...errors import AnnotationError
from ...reading import expanded, is_file, is_folder
from ..annotations import coco, labelme, voc, yolo
from ..annotations.folder import PICTURE_ENDINGS, Folder
from ..annotations.loading import LoadedAnnotations, Style, load_annotations
from ..annotations.updating import read_document
from ..dataset import Dataset, Picture, check_classes

__all__ = ["Opened", "open_annotations"]

_PICTURE_FOLDERS: Final = (coco.PICTURES, voc.PICTURES)
# Lists of classes for a folder without annotations; one with classes.txt or data.yaml is YOLO.
_LISTS: Final = (voc.LABELS, labelme.LABELS)


@dataclass(frozen=True, slots=True)
class Opened:
    """A data set on the desk.

    Parameters
    ----------
    loaded : LoadedAnnotations
        Its classes include those that were asked for.
    file : Path
        The file of COCO to write, which may not exist.
    first : str
        The name of the picture that was opened; empty if it was a folder or file.
    images : dict
        For each picture its name in the file.
    document : dict
        The content of the file; empty if it does not exist.
    """

    loaded: LoadedAnnotations
    file: Path
    first: str
    images: dict[str, str]
    document: dict[str, Any]


def open_annotations(
    path: str | Path,
    *,
    classes: Sequence[str] | None = None,
    style: Style | None = None,
    pictures: str | Path | None = None,
) -> Opened:
    """Read a folder of pictures for a desk.

    Only the headers of pictures are read; a damaged one shows when it is opened.

    Parameters
    ----------
    path : str or Path
        A folder, the JSON file of COCO, or a picture in such a folder. A folder whose
        `annotations.json` was written by a desk is read from this file, whatever else is in it.
    classes : sequence of str, optional
        Classes that a box can have, besides those of the files.
    style, pictures : optional
        As for `load_annotations`.

    Raises
    ------
    AnnotationError
        As `load_annotations` does, if a folder has neither annotations nor names of classes, and if
        no picture can be shown.
    """
    path = expanded(path)
    wanted = check_classes(classes) if classes is not None else ()
    first: Path | None = None
    if is_file(path) and path.suffix.lower() in PICTURE_ENDINGS:
        first, path = path, path.parent
        while path.name in _PICTURE_FOLDERS and not _has_annotations(path):
            path = path.parent
    file = path if is_file(path) else path / coco.NAME
    if style in (None, "coco") and is_file(file):
        before = file.read_bytes()
        loaded = load_annotations(file, pictures=pictures, decode=False)
        document = read_document(file)
        if file.read_bytes() != before:
            raise AnnotationError(f"{file} is being written by another program.", "Open it again.")
    else:
        loaded, document = _read(path, wanted, style, pictures), {}
        file = loaded.file or file
        if loaded.file is not None:
            document = read_document(loaded.file)
    if not len(loaded.dataset):
        raise AnnotationError(
            f"{loaded.file or path} has no picture that can be shown.",
            str(loaded.problems[0]) if loaded.problems else "Add pictures to it.",
        )
    names = dict.fromkeys((*loaded.dataset.classes, *wanted))
    dataset = Dataset(tuple(names), loaded.dataset.pictures)
    images = _images(dataset, loaded, file, document)
    loaded = replace(loaded, dataset=dataset)
    opened = next((each.name for each in dataset if first and _is(each, first)), "")
    if first is not None and not opened:
        raise AnnotationError(
            f"{first.name} is not among the pictures of {loaded.file or path}.",
            _first_problem(loaded, first) or "Add it to the images of the file.",
        )
    return Opened(loaded, file, opened, images, document)


def _read(
    path: Path, wanted: tuple[str, ...], style: Style | None, pictures: str | Path | None
) -> LoadedAnnotations:
    if style is not None or not is_folder(path) or _has_annotations(path):
        return load_annotations(path, style=style, pictures=pictures, decode=False)
    folder = Folder(path, Path(pictures) if pictures is not None else None)
    names = list(wanted)
    for each in _LISTS:
        if is_file(path / each):
            lines = (line.strip() for line in folder.text(each).splitlines())
            names += [line for line in lines if line]
    found = folder.picture_files()
    if not found:
        raise AnnotationError(f"{path} contains no pictures.", "Check the path.")
    if not names:
        raise AnnotationError(
            f"{path} contains pictures, but neither annotations nor the names of classes.",
            'Name them: GoodsDesk(folder, classes=("包装", "瓶罐")), or write classes.txt with one '
            "name a line.",
        )
    classes = check_classes(tuple(dict.fromkeys(names)))
    dataset = Dataset(classes, [Picture(each, folder.pictures / each, [], []) for each in found])
    return LoadedAnnotations(dataset, (), (), "coco")


def _has_annotations(path: Path) -> bool:
    folder = Folder(path)
    names = (*yolo.SETTINGS, *yolo.NAMES)
    return bool(folder.files(".json", ".xml")) or any(is_file(path / name) for name in names)


def _images(
    dataset: Dataset, loaded: LoadedAnnotations, file: Path, document: dict[str, Any]
) -> dict[str, str]:
    """Return the name of each picture in the file: as it is there, or its path from there."""
    images = document.get("images")
    if isinstance(images, list) and loaded.file is not None:
        return {name: images[each.picture]["file_name"] for name, each in loaded.origins.items()}
    names = {}
    for picture in dataset:
        assert picture.path is not None  # noqa: S101 - it was read from a folder
        try:
            names[picture.name] = (
                picture.path.absolute().relative_to(file.absolute().parent).as_posix()
            )
        except ValueError as error:
            raise AnnotationError(
                f"{picture.path} is not in {file.absolute().parent}, where the boxes are saved.",
                "Open the folder that contains both.",
            ) from error
    return names


def _is(picture: Picture, path: Path) -> bool:
    return picture.path is not None and picture.path.absolute() == path.absolute()


def _first_problem(loaded: LoadedAnnotations, path: Path) -> str:
    problems = (str(each) for each in loaded.problems if path.name in str(each))
    return next(problems, "")
