"""Write a data set with its pictures into a folder."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Final

from PIL import Image

from ...errors import AnnotationError, StorageError
from ...picture_files.limits import MAX_BYTES
from ...reading import expanded, is_file, is_folder, read_bytes, resolved, storage_errors_as
from ...storage import write_whole
from ..dataset import Dataset, Picture
from . import coco, labelme, voc, yolo
from .folder import PICTURE_ENDINGS, Folder, plain_path
from .loading import STYLES, Style

__all__ = ["save_annotations"]

_MODULES: Final[dict[Style, ModuleType]] = {
    "coco": coco,
    "voc": voc,
    "labelme": labelme,
    "yolo": yolo,
}


@storage_errors_as(AnnotationError)
def save_annotations(
    dataset: Dataset, folder: str | Path, *, style: Style = "coco", copy_pictures: bool = True
) -> Path:
    """Write the annotations of a data set, and its pictures next to them.

    Every format keeps the classes, also those without boxes, and all boxes to the last bit of a
    float32; YOLO, which stores shares of the sides, to a millionth of a pixel. COCO keeps the order
    of the pictures; with the others they are read in the order of their names.

    | format | files | pictures |
    |---|---|---|
    | `coco` | `annotations.json` | `images/` |
    | `voc` | `Annotations/*.xml`, `label_list.txt` | `JPEGImages/` |
    | `labelme` | `images/*.json`, `labels.txt` | `images/` |
    | `yolo` | `labels/*.txt`, `classes.txt`, `data.yaml` | `images/` |

    Parameters
    ----------
    dataset : Dataset
    folder : str or Path
        It is created. Annotations of these pictures in it are replaced, pictures are not: one with
        the same name must have the same content.
    style : {"coco", "voc", "labelme", "yolo"}
    copy_pictures : bool
        Whether to write the pictures as well: files are copied, arrays become PNG.

    Returns
    -------
    Path
        What `load_annotations` reads: the folder.

    Raises
    ------
    AnnotationError
        If the data set is not one, the name of a picture is not a relative path, two pictures would
        share a file, another picture is in the place of one, the folder has annotations of other
        pictures in this format, or a file cannot be read or written.
    """
    if not isinstance(dataset, Dataset):
        raise AnnotationError(
            f"The data set is a {type(dataset).__name__}, and not a Dataset.",
            "Make one: Dataset(classes, pictures).",
        )
    if style not in STYLES:
        raise AnnotationError(f"There is no format {style!r}.", f"Use one of: {', '.join(STYLES)}.")
    folder = expanded(folder)
    _check_names(dataset, style)
    module = _MODULES[style]
    files = module.write(dataset)
    _check_no_others(folder, files)
    base = folder / module.PICTURES
    if copy_pictures:
        for picture in dataset:
            _write_picture(picture, base / picture.name)
    for name, content in files.items():
        write_whole(folder / name, content)
    return folder


def _check_names(dataset: Dataset, style: Style) -> None:
    for picture in dataset:
        name = picture.name
        ending = PurePosixPath(name).suffix.lower()
        if not name.isprintable() or plain_path(name) != name or ending not in PICTURE_ENDINGS:
            raise AnnotationError(
                f"{name!r:.200} cannot be the file name of a picture.",
                "Use a relative path with an ending such as .png.",
            )
        if picture.path is None and ending != ".png":
            raise AnnotationError(
                f"{name} is not the name of a PNG, as which its pixels are saved.",
                "Give the picture a name that ends with .png.",
            )
    if style == "coco":
        return
    stems = Counter(str(PurePosixPath(picture.name).with_suffix("")) for picture in dataset)
    stem, count = next(iter(stems.most_common(1)), ("", 0))
    if count > 1:
        raise AnnotationError(
            f"{count} pictures are called {stem} except for their endings; in this format they "
            "would share a file.",
            'Rename one of them, or use style="coco".',
        )


def _check_no_others(folder: Path, files: Mapping[str, str]) -> None:
    """Reject a folder in which other annotations would be read together with these."""
    kinds = {
        PurePosixPath(name).parts[0]: PurePosixPath(name).suffix for name in files if "/" in name
    }
    for part, ending in kinds.items():
        if not is_folder(folder / part):
            continue
        names = (f"{part}/{name}" for name in Folder(folder / part).files(ending))
        others = [name for name in names if name not in files]
        if others:
            raise AnnotationError(
                f"{folder} has annotations of other pictures, such as {others[0]}, which would be "
                "read together with these.",
                "Choose an empty folder, or move them away.",
            )


def _write_picture(picture: Picture, path: Path) -> None:
    if picture.path is not None:
        if is_file(path) and resolved(path) == resolved(picture.path):
            return
        content = read_bytes(picture.path, kind="picture", limit_bytes=MAX_BYTES)
    else:
        buffer = io.BytesIO()
        Image.fromarray(picture.pixels).save(buffer, "PNG")
        content = buffer.getvalue()
    if path.exists():
        if is_file(path) and read_bytes(path, kind="picture", limit_bytes=MAX_BYTES) == content:
            return
        raise StorageError(
            f"{path} exists, and is a different picture from {picture.name}.",
            "Choose an empty folder.",
        )
    write_whole(path, content)
