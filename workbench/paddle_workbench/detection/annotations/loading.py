"""Read a learner's own folder of pictures and annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from ...errors import AnnotationError, StorageError
from ...reading import expanded, is_file, storage_errors_as
from ..dataset import Dataset, check_classes
from . import coco, labelme, voc, yolo
from .checking import Checks
from .entries import Origin, Source
from .folder import Folder
from .problems import Problem

__all__ = ["STYLES", "LoadedAnnotations", "Style", "load_annotations"]

Style: TypeAlias = Literal["coco", "voc", "labelme", "yolo"]
STYLES: Final[tuple[Style, ...]] = ("coco", "voc", "labelme", "yolo")

# Problems that a summary shows, and pictures that a note names.
_SHOWN: Final = 10
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class LoadedAnnotations:
    """What a folder of annotations contains.

    Parameters
    ----------
    dataset : Dataset
        All pictures and boxes without problems. Pixels are read when they are used.
    problems : tuple of Problem
        What is wrong, each with its file and, where there is one, its object.
    notes : tuple of str
        What the files contain that a data set does not, and what was assumed. Sentences.
    style : str
        The format: `coco`, `voc`, `labelme` or `yolo`.
    file : Path or None
        The file of COCO; None in other formats.
    origins : mapping
        Where each picture is in that file, by its name.
    """

    dataset: Dataset
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    style: Style
    file: Path | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict)

    def summary(self) -> str:
        """Return pictures, boxes by class, notes and the first problems as text."""
        counts = self.dataset.box_counts()
        empty = sum(not len(picture.boxes) for picture in self.dataset)
        pictures = _counted(len(self.dataset), "picture")
        total = f"{pictures} ({empty:,} without boxes), {_counted(sum(counts.values()), 'box')}"
        lines = [
            f"{self.style}: {total}",
            *(f"  {name}: {count:,}" for name, count in counts.items()),
            *self.notes,
        ]
        if self.problems:
            kinds = Counter(problem.kind for problem in self.problems)
            parts = ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common())
            lines.append(f"{_counted(len(self.problems), 'problem')}: {parts}")
            lines += [f"  {problem}" for problem in self.problems[:_SHOWN]]
            if len(self.problems) > _SHOWN:
                lines.append(f"  and {len(self.problems) - _SHOWN:,} more in `problems`")
        return "\n".join(lines)


@storage_errors_as(AnnotationError)
def load_annotations(
    path: str | Path,
    *,
    style: Style | None = None,
    pictures: str | Path | None = None,
    classes: Sequence[str] | None = None,
    decode: bool = True,
) -> LoadedAnnotations:
    """Read pictures with boxes from a folder, and check them.

    Every picture is opened once, in a child process within limits. An object or picture with a
    problem is left out and reported, except that a box that leaves its picture is cut to it. Boxes
    are those of the upright picture: if a file states the size in which a picture is stored, and
    its EXIF orientation rotates it, they are rotated with it.

    Parameters
    ----------
    path : str or Path
        A folder, or the JSON file of COCO.
    style : {"coco", "voc", "labelme", "yolo"}, optional
        By default what the files in the folder look like.
    pictures : str or Path, optional
        The folder of the pictures, if it is not this one. No picture outside it is read.
    classes : sequence of str, optional
        The names of the classes in their order; another one is a problem. By default the names in
        the files, in the order of a list (`label_list.txt`, `labels.txt`, `classes.txt`,
        `data.yaml`, the categories of COCO), or else in alphabetical order.
    decode : bool
        Whether every picture is decoded, which finds damaged ones. Otherwise only their headers are
        read, in a hundredth of the time, and damage shows when pixels are used.

    Returns
    -------
    LoadedAnnotations

    Raises
    ------
    AnnotationError
        If the folder or file is not a path, does not exist or contains no annotations, if it is not
        clear in which format, if the file of COCO cannot be read, or if no class has a name.
    """
    path = _as_path(path)
    names = check_classes(classes) if classes is not None else None
    file = path.name if is_file(path) else None
    root = path.parent if file else path
    # The usual place of the file is a folder next to that of the pictures.
    if file and root.name == "annotations" and pictures is None:
        root, file = root.parent, f"annotations/{file}"
    folder = Folder(root, _as_path(pictures) if pictures is not None else None)
    if style is not None and style not in STYLES:
        raise AnnotationError(f"There is no format {style!r}.", f"Use one of: {', '.join(STYLES)}.")
    chosen = style or ("coco" if file else _guess(folder))
    if chosen == "coco":
        file = file or _coco_file(folder)
    source = _read(folder, chosen, file, names)
    names = names or _class_names(source, path)
    checks = Checks(folder, names, decode=decode)
    entries = (checks.picture(entry) for entry in source.entries)
    dataset = Dataset(names, [picture for picture in entries if picture is not None])
    problems = (*source.problems, *checks.problems)
    notes = _notes(source, checks)
    coco_file = folder.path / file if file else None
    return LoadedAnnotations(dataset, problems, notes, chosen, coco_file, checks.origins)


def _as_path(path: str | Path) -> Path:
    try:
        return expanded(path)
    except StorageError as error:
        raise AnnotationError(error.message, 'Pass its path: load_annotations("goods").') from None


def _read(folder: Folder, style: Style, file: str | None, names: tuple[str, ...] | None) -> Source:
    if style == "coco":
        return coco.read(folder, file or coco.NAME)
    if style == "yolo":
        return yolo.read(folder, names)
    if style == "voc":
        source, labels = voc.read(folder, folder.files(".xml")), voc.LABELS
    else:
        source, labels = labelme.read(folder, folder.files(".json")), labelme.LABELS
    if names is None and is_file(folder.path / labels):
        lines = (line.strip() for line in folder.text(labels).splitlines())
        # LabelMe lists these two, which are not classes.
        special = ("", "__ignore__", "_background_")
        source.classes = tuple(line for line in lines if line not in special)
    return source


def _class_names(source: Source, path: Path) -> tuple[str, ...]:
    """Return the names that the files state, or else those of their objects."""
    labels = {item.label for entry in source.entries for item in entry.items}
    names = source.classes or tuple(sorted(label for label in labels if label.isprintable()))
    if not names:
        first = f" The first problem: {source.problems[0]}" if source.problems else ""
        raise AnnotationError(
            f"{path} contains no objects with a class.{first}",
            "Check that it is the folder of the annotations.",
        )
    try:
        return check_classes(names)
    except AnnotationError as error:
        message = f"The names of the classes in {path} are not right: {error.message}"
        raise AnnotationError(message, error.hint) from error


def _guess(folder: Folder) -> Style:
    """Return the only format whose files are in a folder."""
    styles: list[Style] = []
    documents = folder.files(".json")
    if documents:
        try:
            is_labelme = labelme.is_labelme(folder.json(documents[0], limit_bytes=coco.MAX_BYTES))
        except StorageError:
            is_labelme = len(documents) > 1
        styles.append("labelme" if is_labelme else "coco")
    if folder.files(".xml"):
        styles.append("voc")
    names = (*yolo.SETTINGS, *yolo.NAMES)
    if any(is_file(folder.path / name) for name in names):
        styles.append("yolo")
    if not styles and not folder.picture_files():
        # A data set without pictures has only the names of its classes.
        lists: tuple[tuple[Style, str], ...] = (("voc", voc.LABELS), ("labelme", labelme.LABELS))
        styles = [style for style, name in lists if is_file(folder.path / name)]
    if len(styles) == 1:
        return styles[0]
    reason = f"several formats: {', '.join(styles)}" if styles else "no annotations"
    raise AnnotationError(
        f"{folder.path} contains {reason}.",
        'Name the format: load_annotations(folder, style="voc"); for YOLO without classes.txt '
        "also the classes.",
    )


def _coco_file(folder: Folder) -> str:
    documents = folder.files(".json")
    if len(documents) != 1:
        count = f"{len(documents)} JSON files" if documents else "no JSON file"
        raise AnnotationError(
            f"{folder.path} contains {count}; COCO needs one.",
            f"Give its path: load_annotations({str(folder.path / 'annotations.json')!r})",
        )
    return documents[0]


def _notes(source: Source, checks: Checks) -> tuple[str, ...]:
    notes = [
        f"Not kept: {name} ({_counted(count, 'object')})."
        for name, count in sorted(source.omissions.items())
        if count
    ]
    if source.unlabelled:
        count = _counted(source.unlabelled, "picture")
        notes.append(f"Without a file of labels, and taken as empty: {count}.")
    if checks.assumed_upright:
        count = _counted(len(checks.assumed_upright), "picture")
        names = ", ".join(checks.assumed_upright[:_NAMED])
        more = ", …" if len(checks.assumed_upright) > _NAMED else ""
        notes.append(
            f"Rotated by EXIF, with boxes that are taken for those of the upright view: {count} "
            f"({names}{more})."
        )
    return tuple(notes)


def _counted(count: int, noun: str) -> str:
    ending = "" if count == 1 else "es" if noun.endswith("x") else "s"
    return f"{count:,} {noun}{ending}"
