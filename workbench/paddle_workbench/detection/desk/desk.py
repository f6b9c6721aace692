"""The desk: pictures with boxes, where every edit is kept until the boxes are written as COCO."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...desk.page_files import PageFiles
from ...errors import DeskError
from ...settings import settings
from ...text.characters import sendable
from ..annotations.loading import Style
from ..annotations.updating import (
    Box,
    PictureBoxes,
    Update,
    id_key,
    places_by_picture,
    update_annotations,
)
from ..dataset import Dataset, Picture
from .page import DeskBox, GoodsPage
from .page_files import StoredGoodsPage
from .sources import open_annotations

__all__ = ["EDITS", "AnnotationDesk", "Saved", "Summary"]

EDITS: Final = frozenset(("add", "redraw", "relabel", "delete", "undo", "redo"))
KEY_LENGTH: Final = 20


@dataclass(frozen=True, slots=True)
class Summary:
    """One entry of the list of pictures.

    Parameters
    ----------
    name : str
    boxes : int
    is_changed : bool
        Whether the file of annotations has other boxes.
    """

    name: str
    boxes: int
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of the boxes.

    Parameters
    ----------
    pictures : int
        Number of pictures whose boxes were written.
    update : Update
    """

    pictures: int
    update: Update


class AnnotationDesk:
    """Pictures of goods with their boxes, which can be edited.

    Parameters
    ----------
    path : str or Path
        A folder, the JSON file of COCO, or a picture in such a folder.
    classes : sequence of str, optional
        Classes that a box can have, besides those of the files.
    style, pictures : optional
        As for `load_annotations`.
    folder : Path, optional
        Where edits are kept until they are written, by default `desk` in the workbench's home.

    Attributes
    ----------
    file : Path
        The file of COCO that `save` writes. Other formats are read, and written to
        `annotations.json` in their folder.
    classes : tuple of str
    first : int
        Index of the picture that was opened.

    Raises
    ------
    AnnotationError
        As `load_annotations` does, and if a folder has neither annotations nor names of classes.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        classes: Sequence[str] | None = None,
        style: Style | None = None,
        pictures: str | Path | None = None,
        folder: Path | None = None,
    ) -> None:
        self._options: dict[str, Any] = {"classes": classes, "style": style, "pictures": pictures}
        self.files: PageFiles[GoodsPage] = PageFiles(
            folder or settings().home / "desk", StoredGoodsPage
        )
        self.messages: list[str] = []
        opened = open_annotations(path, **self._options)
        self.loaded, self.file, self._images = opened.loaded, opened.file, opened.images
        self.classes = self.loaded.dataset.classes
        self._pictures = tuple(self.loaded.dataset)
        names = [each.name for each in self._pictures]
        self.first = names.index(opened.first) if opened.first else 0
        self._objects = places_by_picture(opened.document.get("annotations", ()))
        self._document = opened.document
        self._pages: dict[int, GoodsPage] = {}
        for index in range(len(self)):
            page = self.files.read(self._key(index))
            if page is not None:
                self._resume(index, page)

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self._pictures)

    def picture(self, index: int) -> Picture:
        """Return a picture, with the boxes that were read."""
        return self._pictures[index]

    def page(self, index: int) -> GoodsPage:
        """Return the boxes of a picture.

        Raises
        ------
        PictureError
            If its size is unknown and it cannot be opened.
        """
        if index not in self._pages:
            self._pages[index] = self._page_in_file(index)
        return self._pages[index]

    def summary(self, index: int) -> Summary:
        """Return the state of a picture; it is not opened for that."""
        picture = self._pictures[index]
        page = self._pages.get(index)
        if page is None:
            is_new = bool(len(picture.boxes)) and not self._is_in_file(picture)
            return Summary(picture.name, len(picture.boxes), is_new)
        return Summary(picture.name, len(page.boxes), page.is_changed)

    def edit(self, index: int, edit: str, **values: Any) -> GoodsPage:
        """Apply an edit to a picture and keep it.

        Parameters
        ----------
        index : int
        edit : str
            Name of a method of `GoodsPage`: `add`, `redraw`, `relabel`, `delete`, `undo`, `redo`.
        **values
            Arguments of the method.

        Raises
        ------
        DeskError
            If the edit is unknown or impossible, or if another window has changed the picture,
            which is then reloaded.
        StorageError
            If the edit cannot be kept. After any error it has not been made.
        """
        if edit not in EDITS:
            raise DeskError(
                f"There is no edit {edit!r}.", f"Use one of: {', '.join(sorted(EDITS))}."
            )
        name = self._pictures[index].name
        label = values.get("label", self.classes[0])
        if label not in self.classes:
            raise DeskError(
                f"There is no class {label!r:.60} for a box in {name}.",
                f"The classes of {self.file.name} are: {', '.join(self.classes)}.",
            )
        page = self.page(index)
        try:
            result: GoodsPage = getattr(page, edit)(**values)
        except TypeError as error:
            raise DeskError(f"{edit} does not accept {values!r}.", str(error)) from error
        except DeskError as error:
            raise DeskError(f"{name}: {error.message}", error.hint) from error
        return self._put(index, result)

    def save(self) -> Saved:
        """Write the boxes of all changed pictures into the file of COCO.

        A picture whose boxes were changed in the file meanwhile is not written, and is named in
        the result. Everything else in the file stays.

        Raises
        ------
        AnnotationError
            If the file cannot be read or written. It is then unchanged.
        """
        indices = [at for at in range(len(self)) if self.summary(at).is_changed]
        changes = [self._change_of(at) for at in indices]
        update = update_annotations(self.file, self._as_new_file(), changes)
        for at in indices:
            objects = update.written.get(self._pictures[at].name)
            if objects is not None:
                self._put(at, self.page(at).written(objects))
        return Saved(len(update.written), update)

    def load(self) -> int:
        """Read the file again; its boxes replace those on the desk, which undo restores.

        Returns
        -------
        int
            Number of pictures whose boxes changed.

        Raises
        ------
        AnnotationError
            If the file cannot be read.
        """
        opened = open_annotations(self.file, **self._options)
        indices = {each.name: at for at, each in enumerate(self._pictures)}
        pictures = {each.name: each for each in opened.loaded.dataset}
        old = {at: self.page(at) for name, at in indices.items() if name in pictures}
        self.loaded, self._images = opened.loaded, opened.images
        self._document = opened.document
        self._objects = places_by_picture(opened.document.get("annotations", ()))
        self.classes = tuple(dict.fromkeys((*opened.loaded.dataset.classes, *self.classes)))
        self._pictures = tuple(pictures.get(each.name, each) for each in self._pictures)
        count = 0
        for at, page in old.items():
            fresh = self._page_in_file(at)
            if _values(fresh) == _values(page) and fresh.base == page.base:
                continue
            count += _values(fresh) != _values(page)
            self._put(at, page.load(fresh))
        return count

    def _is_in_file(self, picture: Picture) -> bool:
        return picture.name in self.loaded.origins

    def _page_in_file(self, index: int) -> GoodsPage:
        """Return a picture as the files of annotations have it."""
        picture = self._pictures[index]
        labels = [self.loaded.dataset.classes[each] for each in picture.classes.tolist()]
        boxes = tuple(
            DeskBox(number, label, (x1, y1, x2, y2))
            for number, (label, (x1, y1, x2, y2)) in enumerate(
                zip(labels, picture.boxes.tolist(), strict=True), 1
            )
        )
        page = GoodsPage(picture.size, boxes, next_id=len(boxes) + 1)
        origin = self.loaded.origins.get(picture.name)
        if origin is None:
            return page
        image = self._document["images"][origin.picture]["id"]
        places = self._objects.get(id_key(image), [])
        objects = self._document["annotations"]
        owners = dict(zip(origin.objects, (box.id for box in boxes), strict=True))
        return GoodsPage(
            picture.size,
            boxes,
            next_id=len(boxes) + 1,
            base=tuple(objects[at] for at in places),
            owners=tuple(owners.get(at) for at in places),
            saved=boxes,
        )

    def _resume(self, index: int, page: GoodsPage) -> None:
        """Go on with edits that an earlier desk kept, if they still belong to the file."""
        fresh = self._page_in_file(index)
        if page.size != fresh.size:
            return
        if page.base != fresh.base:
            # A desk that was interrupted between the two files has written what it keeps.
            if not page.is_changed or _values(page) == _values(fresh):
                return
            self.messages.append(self._conflict(self._pictures[index].name))
        labels = (box.label for box in page.boxes)
        self.classes = tuple(dict.fromkeys((*self.classes, *labels)))
        self._pages[index] = page

    def _conflict(self, name: str) -> str:
        return (
            f"The boxes of {name} were changed in {self.file.name} after they were read; the "
            "desk's are not saved there."
        )

    def _change_of(self, index: int) -> PictureBoxes:
        page, picture = self.page(index), self._pictures[index]
        saved = {box.id: box for box in page.saved}
        pairs = zip(page.owners, page.base, strict=True)
        objects = {**page.deleted, **{key: each for key, each in pairs if key is not None}}
        boxes = []
        for box in page.boxes:
            old = saved.get(box.id)
            boxes.append(
                Box(
                    box.label,
                    box.corners,
                    objects.get(box.id),
                    has_new_class=old is None or old.label != box.label,
                    has_moved=old is None or old.corners != box.corners,
                )
            )
        origin = self.loaded.origins.get(picture.name)
        return PictureBoxes(
            picture.name,
            self._images[picture.name],
            page.base,
            tuple(owner is not None for owner in page.owners),
            tuple(boxes),
            page.size,
            origin.orientation if origin else 1,
        )

    def _as_new_file(self) -> Dataset:
        """Return the pictures under their names in a new file."""
        pictures = [] if self.file.exists() else self._pictures
        return Dataset(
            self.classes,
            [
                Picture(self._images[each.name], each.path, [], [], size=each.size)
                for each in pictures
                if each.path is not None
            ],
        )

    def _key(self, index: int) -> str:
        place = f"{self.file.absolute()}\0{self._images[self._pictures[index].name]}"
        return f"{hashlib.sha256(place.encode(errors='replace')).hexdigest()[:KEY_LENGTH]}-goods"

    def _put(self, index: int, page: GoodsPage) -> GoodsPage:
        key = self._key(index)
        if page is self._pages.get(index):
            return page
        try:
            self.files.write(key, sendable(self._pictures[index].name), page)
        except DeskError:
            other = self.files.read(key)
            if other is not None:
                self._pages[index] = other
            raise
        self._pages[index] = page
        return page


def _values(page: GoodsPage) -> list[tuple[Any, ...]]:
    """Return classes and places of boxes, to compare them whatever their ids are."""
    return sorted((box.label, *(round(each, 1) for each in box.corners)) for box in page.boxes)
