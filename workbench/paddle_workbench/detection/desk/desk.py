"""The desk: pictures with boxes, where every edit is kept until the boxes are written as COCO."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...desk.page_files import PageFiles
from ...errors import DeskError, WorkbenchError
from ...settings import settings
from ...text.characters import sendable
from ..annotations.loading import LoadedAnnotations, Style
from ..annotations.updating import CategoryEdits, Update, update_annotations
from ..dataset import Picture
from .annotation_file import AnnotationFile
from .classes import ClassList
from .page import ClassChange, GoodsPage
from .page_files import StoredClasses, StoredGoodsPage
from .sources import open_annotations

__all__ = ["EDITS", "AnnotationDesk", "Saved", "Summary"]

EDITS: Final = frozenset(
    ("add", "redraw", "relabel", "delete", "undo", "redo", "add_class", "rename_class")
)
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
    unreadable : tuple of str
        Pictures that are not in a new file, since their sizes cannot be read.
    """

    pictures: int
    update: Update
    unreadable: tuple[str, ...] = ()


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
        self._class_files: PageFiles[ClassList] = PageFiles(self.files.folder, StoredClasses)
        self._class_files.messages = self.files.messages
        self.messages: list[str] = []
        opened = open_annotations(path, **self._options)
        self.file, self._content = opened.file, AnnotationFile(opened)
        self._pictures = tuple(self.loaded.dataset)
        names = [each.name for each in self._pictures]
        self.first = names.index(opened.first) if opened.first else 0
        base = self.loaded.dataset.classes
        stored = self._class_files.read(self._class_key) or ClassList.in_file(base)
        self._classes = stored.in_newer_file(base, self._content.used)
        self._pages: dict[int, GoodsPage] = {}
        for index in range(len(self)):
            page = self.files.read(self._key(index))
            if page is not None:
                self._resume(index, page)

    @property
    def loaded(self) -> LoadedAnnotations:
        """What was read, with its problems."""
        return self._content.loaded

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes that a box can have."""
        return self._classes.names

    @property
    def has_other_classes(self) -> bool:
        """Whether classes were added or renamed, and the file does not have them yet."""
        return self._classes.is_changed

    def box_counts(self) -> dict[str, int]:
        """Return the number of boxes of each class on all pictures, as they are on the desk."""
        counts = Counter(dict.fromkeys(self.classes, 0))
        names = self.loaded.dataset.classes
        for index, picture in enumerate(self._pictures):
            page = self._pages.get(index)
            if page is not None:
                counts.update(box.label for box in page.boxes)
            elif len(picture.classes):
                counts.update(names[each] for each in picture.classes.tolist())
        return dict(counts)

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
            self._pages[index] = self._content.page(self._pictures[index])
        return self._pages[index]

    def summary(self, index: int) -> Summary:
        """Return the state of a picture; it is not opened for that."""
        picture = self._pictures[index]
        page = self._pages.get(index)
        if page is None:
            is_new = bool(len(picture.boxes)) and not self._content.has(picture)
            return Summary(picture.name, len(picture.boxes), is_new)
        return Summary(picture.name, len(page.boxes), page.is_changed)

    def edit(self, index: int, edit: str, **values: Any) -> GoodsPage:
        """Apply an edit to a picture and keep it.

        Parameters
        ----------
        index : int
        edit : str
            Name of a method of `GoodsPage`: `add`, `redraw`, `relabel`, `delete`, `undo`, `redo`;
            or `add_class` with a `name`, or `rename_class` with a `label` and its new `name`, which
            concern all pictures, and are undone where they were made.
        **values
            Arguments of the method.

        Raises
        ------
        DeskError
            If the edit is unknown or impossible, or if another window has changed the picture or
            the classes, which are then reloaded.
        AnnotationError
            If a name cannot be that of a class.
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
        result: GoodsPage
        classes = self._classes
        try:
            if edit == "add_class":
                result, classes = self._add_class(page, **values)
            elif edit == "rename_class":
                result, classes = self._rename_class(page, **values)
            elif edit in ("undo", "redo"):
                result, classes = self._step(page, edit, **values)
            else:
                result = getattr(page, edit)(**values)
        except TypeError as error:
            raise DeskError(f"{edit} does not accept {values!r}.", str(error)) from error
        except DeskError as error:
            raise DeskError(f"{name}: {error.message}", error.hint) from error
        result = self._put(index, result)
        try:
            self._put_classes(classes)
        except WorkbenchError:
            self._put(index, page)
            raise
        return result

    def save(self) -> Saved:
        """Write the boxes of all changed pictures, and the classes, into the file of COCO.

        A picture whose boxes were changed in the file meanwhile is not written, and is named in
        the result. Everything else in the file stays.

        Raises
        ------
        AnnotationError
            If the file cannot be read or written. It is then unchanged.
        """
        indices = [at for at in range(len(self)) if self.summary(at).is_changed]
        changes = [self._content.change(self._pictures[at], self.page(at)) for at in indices]
        edits = CategoryEdits(self._classes.renamed, self._classes.removed)
        dataset, unreadable = self._content.as_new(self._pictures, self.classes)
        is_edited = self.has_other_classes
        update = update_annotations(self.file, dataset, changes, edits if is_edited else None)
        for at in indices:
            objects = update.written.get(self._pictures[at].name)
            if objects is not None:
                self._put(at, self.page(at).written(objects))
        if update.categories:
            classes = self._classes.in_newer_file(update.categories, update.used)
            if is_edited:
                self._put_classes(classes)
            self._classes, self._content.used = classes, update.used
        return Saved(len(update.written), update, unreadable)

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
        self._content = AnnotationFile(opened)
        self._classes = self._classes.in_newer_file(self.loaded.dataset.classes, self._content.used)
        self._pictures = tuple(pictures.get(each.name, each) for each in self._pictures)
        count = 0
        for at, page in old.items():
            fresh = self._content.page(self._pictures[at])
            if _values(fresh) == _values(page) and fresh.base == page.base:
                continue
            count += _values(fresh) != _values(page)
            self._put(at, page.load(fresh))
        return count

    def _add_class(self, page: GoodsPage, *, name: str) -> tuple[GoodsPage, ClassList]:
        name = name.strip()
        return page.note("add_class", None, name), self._classes.replaced(None, name)

    def _rename_class(
        self, page: GoodsPage, *, label: str, name: str
    ) -> tuple[GoodsPage, ClassList]:
        name = name.strip()
        if name == label:
            return page, self._classes
        classes = self._replaced(label, name)
        return page.note("rename_class", label, name), classes

    def _replaced(self, old: str | None, new: str | None) -> ClassList:
        """Rename or remove a class without boxes, or add one."""
        count = 0 if old is None else self.box_counts().get(old, 0)
        if count:
            raise DeskError(
                f"The class {old!r} has {count:,} box{'es' if count > 1 else ''}; only one without "
                "boxes can be renamed or removed.",
                "Give them another class first.",
            )
        if old in self._classes.base and old in self._content.hidden_uses():
            raise DeskError(
                f"The class {old!r} has objects in {self.file.name} that are not on the desk, such "
                "as crowd regions.",
                "Add another class.",
            )
        return self._classes.replaced(old, new)

    def _step(self, page: GoodsPage, edit: str) -> tuple[GoodsPage, ClassList]:
        """Undo or redo; a change of a class that now has boxes stays, and the next one follows."""
        while True:
            history = page.done if edit == "undo" else page.undone
            change = history[-1] if history else None
            page = page.undo() if edit == "undo" else page.redo()
            if not isinstance(change, ClassChange):
                labels = (box.label for box in page.boxes)
                return page, self._classes.including(labels)
            names = (change.old, change.new)
            try:
                return page, self._replaced(*(names if edit == "redo" else names[::-1]))
            except DeskError:
                if len(history) == 1:
                    raise

    def _resume(self, index: int, page: GoodsPage) -> None:
        """Go on with edits that an earlier desk kept, if they still belong to the file."""
        fresh = self._content.page(self._pictures[index])
        if page.size != fresh.size:
            return
        if page.base != fresh.base:
            # A desk that was interrupted between the two files has written what it keeps.
            if not page.is_changed or _values(page) == _values(fresh):
                return
            self.messages.append(self._conflict(self._pictures[index].name))
        self._classes = self._classes.including(box.label for box in page.boxes)
        self._pages[index] = page

    def _conflict(self, name: str) -> str:
        return (
            f"The boxes of {name} were changed in {self.file.name} after they were read; the "
            "desk's are not saved there."
        )

    @property
    def _class_key(self) -> str:
        place = str(self.file.absolute())
        return f"{hashlib.sha256(place.encode(errors='replace')).hexdigest()[:KEY_LENGTH]}-classes"

    def _key(self, index: int) -> str:
        place = f"{self.file.absolute()}\0{self._content.images[self._pictures[index].name]}"
        return f"{hashlib.sha256(place.encode(errors='replace')).hexdigest()[:KEY_LENGTH]}-goods"

    def _put_classes(self, classes: ClassList) -> None:
        if classes is self._classes:
            return
        name = f"The list of classes of {sendable(self.file.name)}"
        try:
            self._class_files.write(self._class_key, name, classes)
        except DeskError:
            self._read_classes()
            raise
        self._classes = classes

    def _read_classes(self) -> None:
        """Take over what another window has made of the classes."""
        other = self._class_files.read(self._class_key)
        if other is not None:
            labels = [box.label for page in self._pages.values() for box in page.boxes]
            classes = other.in_newer_file(self._classes.base, self._content.used)
            self._classes = classes.including(labels)

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
            self._read_classes()
            raise
        self._pages[index] = page
        return page


def _values(page: GoodsPage) -> list[tuple[Any, ...]]:
    """Return classes and places of boxes, to compare them whatever their ids are."""
    return sorted((box.label, *(round(each, 1) for each in box.corners)) for box in page.boxes)
