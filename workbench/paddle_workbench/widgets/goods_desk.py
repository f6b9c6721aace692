"""The goods desk: boxes of goods on their pictures, to correct by keyboard and pointer."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import traitlets

from ..detection.annotations.loading import Style
from ..detection.desk.desk import AnnotationDesk, Saved
from ..detection.desk.page import DeskBox
from ..errors import WorkbenchError
from ..text.characters import sendable
from .desk_widget import LONGEST_SENT, DeskWidget
from .jpeg import jpeg

__all__ = ["GoodsDesk"]

# Pixels of the longer side of the picture in the static version.
LONGEST_STATIC: Final = 900
# Pixels of the screen: the width of that picture, and the height of the names of its boxes.
WIDTH_STATIC: Final = 640
TEXT_STATIC: Final = 14
# Maximum number of names, or of problems, in a notice.
SHOWN: Final = 3


class GoodsDesk(DeskWidget, front_end="goods-desk"):
    """Shows pictures with the boxes of goods, to correct them and give them classes.

    Every edit is kept. "Save COCO" writes the boxes into the file of COCO, where everything else
    stays.

    Parameters
    ----------
    path : str, Path or AnnotationDesk
        A folder, the JSON file of COCO, or a picture in such a folder. Folders of VOC, LabelMe and
        YOLO are read too, and saved as `annotations.json`.
    classes : sequence of str, optional
        Classes that a box can have, besides those of the files. A folder of pictures without
        annotations needs them.
    style, pictures : optional
        As for `paddle_workbench.detection.load_annotations`.
    folder : Path, optional
        Where edits are kept until they are saved, by default `desk` in the workbench's home.

    Raises
    ------
    AnnotationError
        As `load_annotations` does, and if a folder has neither annotations nor names of classes.
    """

    pages = traitlets.List(traitlets.Dict()).tag(sync=True)
    """One entry per picture: name, boxes (their number), changed, failure."""

    boxes = traitlets.List(traitlets.Dict()).tag(sync=True)
    """In the order of the file: id, label, points (four corners)."""

    classes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """The names of the classes; the keys 1 to 9 stand for the first nine."""

    counts = traitlets.List(traitlets.Int()).tag(sync=True)
    """Number of boxes of each class on all pictures."""

    classes_changed = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether classes were added or renamed, and the file does not have them yet."""

    file = traitlets.Unicode().tag(sync=True)
    """Path of the file of COCO to save."""

    def __init__(
        self,
        path: str | Path | AnnotationDesk,
        *,
        classes: Sequence[str] | None = None,
        style: Style | None = None,
        pictures: str | Path | None = None,
        folder: Path | None = None,
        **traits: Any,
    ) -> None:
        self.desk = (
            path
            if isinstance(path, AnnotationDesk)
            else AnnotationDesk(
                path, classes=classes, style=style, pictures=pictures, folder=folder
            )
        )
        self._failures: dict[int, str] = {}
        super().__init__(len(self.desk), **{"index": self.desk.first, **traits})
        self.file = sendable(str(self.desk.file))
        self._begin()
        self.notices = [*self._problem_notices(), *self.notices]

    def to_html(self) -> str:
        """Return the picture with its boxes as SVG."""
        picture = self.desk.picture(self.index)
        name = escape(sendable(picture.name), quote=True)
        title = f"<p><b>{name}</b></p>"
        try:
            small = jpeg(picture.pixels, LONGEST_STATIC)
            boxes = self.desk.page(self.index).boxes
        except WorkbenchError as error:
            return f"{title}<p role='alert'>{escape(sendable(str(error)))}</p>"
        width, height = self.size
        source = base64.b64encode(small).decode()
        text_size = max(width, height) / WIDTH_STATIC * TEXT_STATIC
        shapes = "".join(_svg_box(box, text_size) for box in boxes)
        return (
            f"{title}<svg viewBox='0 0 {width} {height}' role='img' aria-label='{name}' "
            f"style='max-width:{WIDTH_STATIC}px;width:100%'>"
            f"<image href='data:image/jpeg;base64,{source}' width='{width}' height='{height}'/>"
            f"{shapes}</svg>"
        )

    def _do(self, action: str, request: dict[str, Any]) -> None:
        index = int(request.get("index", self.index))
        if action == "edit":
            self.desk.edit(index, str(request["edit"]), **request.get("values", {}))
        elif action == "save":
            self._notify(self._saved_notices(self.desk.save()))
        elif action == "load":
            count = self.desk.load()
            self._notify(
                [self.text("Loaded; pictures with other boxes than before: {count}.", count=count)]
            )

    def _notify(self, notices: Sequence[str]) -> None:
        with self._traits_lock:
            self.notices = []  # so that the same message is sent again
            self.notices = list(map(sendable, notices))

    def _saved_notices(self, saved: Saved) -> list[str]:
        notices = []
        update = saved.update
        if not update.categories and not (update.conflicts or update.missing):
            notices.append(self.text("There is nothing to save."))
        elif update.categories and not saved.pictures:
            notices.append(self.text("Saved the classes in {file}.", file=self.file))
        elif saved.pictures:
            notices.append(
                self.text(
                    "Saved in {file}; pictures written: {count}.",
                    count=saved.pictures,
                    file=self.file,
                )
            )
        if update.conflicts:
            notices.append(
                self.text(
                    "Not saved: the boxes of {names} were changed in the file by another program.",
                    names=_few(update.conflicts),
                )
            )
            notices.append(
                self.text("Load the file to continue with its boxes; undo restores yours.")
            )
        if update.missing:
            notices.append(
                self.text(
                    "Not saved: {names} is no longer among the pictures of the file.",
                    names=_few(update.missing),
                )
            )
        if saved.unreadable:
            notices.append(
                self.text(
                    "Left out of the file, since they cannot be read: {names}.",
                    names=_few(saved.unreadable),
                )
            )
        if update.outlines:
            notices.append(
                self.text(
                    "Outlines (segmentation) that no longer fit their boxes were removed: {count}.",
                    count=update.outlines,
                )
            )
        return notices

    def _problem_notices(self) -> Iterator[str]:
        loaded = self.desk.loaded
        for problem in loaded.problems[:SHOWN]:
            yield sendable(str(problem))
        more = len(loaded.problems) - SHOWN
        if more > 0:
            yield self.text(
                "Further problems: {count}; load_annotations lists them all.", count=more
            )

    def _show_page(self, _change: object = None) -> None:
        with self._traits_lock, self.hold_sync():
            picture = self.desk.picture(self.index)
            try:
                pixels = picture.pixels
                height, width = pixels.shape[:2]
                self.picture, self.size = jpeg(pixels, LONGEST_SENT), [width, height]
                self._failures.pop(self.index, None)
            except WorkbenchError as error:
                self.picture, self.size = b"", [1, 1]
                self._failures[self.index] = sendable(str(error))
            self.notices = list(map(sendable, (*self.desk.messages, *self.desk.files.messages)))
            self._show_items()
            self._show_pages()

    def _show_items(self) -> None:
        with self._traits_lock, self.hold_sync():
            self.shown = self.index
            self.classes = list(map(sendable, self.desk.classes))
            self.classes_changed = self.desk.has_other_classes
            counts = self.desk.box_counts()
            self.counts = [counts[name] for name in self.desk.classes]
            if self.index in self._failures:
                self.boxes, self.can_undo, self.can_redo = [], False, False
                return
            page = self.desk.page(self.index)
            self.boxes = list(map(_to_json, page.boxes))
            self.can_undo, self.can_redo = bool(page.done), bool(page.undone)

    def _show_pages(self) -> None:
        with self._traits_lock:
            self.pages = [
                {
                    "name": sendable(each.name),
                    "boxes": each.boxes,
                    "changed": each.is_changed,
                    "failure": self._failures.get(at, ""),
                }
                for at, each in enumerate(map(self.desk.summary, range(len(self.desk))))
            ]


def _to_json(box: DeskBox) -> dict[str, Any]:
    x1, y1, x2, y2 = box.corners
    points = [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]
    return {"id": box.id, "label": sendable(box.label), "points": points}


def _svg_box(box: DeskBox, text_size: float) -> str:
    x1, y1, x2, y2 = box.corners
    label = escape(sendable(box.label))
    # In pixels of the screen: in those of a photograph, a line of 2 could not be seen.
    return (
        f"<rect x='{x1:g}' y='{y1:g}' width='{x2 - x1:g}' height='{y2 - y1:g}' fill='none' "
        "stroke='#0072B2' stroke-width='2' vector-effect='non-scaling-stroke'>"
        f"<title>{label}</title></rect>"
        f"<text x='{x1:g}' y='{y1:g}' dy='-2' fill='#0072B2' font-size='{text_size:g}'>{label}"
        "</text>"
    )


def _few(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" (+{more})" if more > 0 else "")
