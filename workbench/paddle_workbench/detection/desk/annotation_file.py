"""The annotations that a desk has read: boxes of each picture, and what is written of them."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import PictureError
from ..annotations.updating import Box, PictureBoxes, id_key, places_by_picture, used_names
from ..dataset import Dataset, Picture
from .page import DeskBox, GoodsPage
from .sources import Opened

__all__ = ["AnnotationFile"]


class AnnotationFile:
    """What a desk has read.

    Parameters
    ----------
    opened : Opened

    Attributes
    ----------
    used : frozenset of str
        The classes that have objects.
    """

    def __init__(self, opened: Opened) -> None:
        self.path, self.images = opened.file, opened.images
        self.loaded, self.document = opened.loaded, opened.document
        self._objects = places_by_picture(self.document.get("annotations", ()))
        counts = self.loaded.dataset.box_counts()
        self.used = frozenset(name for name, count in counts.items() if count)
        if self.document:
            self.used |= used_names(self.document)

    def has(self, picture: Picture) -> bool:
        """Whether a picture is in the file, and not only in the folder."""
        return picture.name in self.loaded.origins

    def page(self, picture: Picture) -> GoodsPage:
        """Return a picture as the files of annotations have it."""
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
        image = self.document["images"][origin.picture]["id"]
        places = self._objects.get(id_key(image), [])
        objects = self.document["annotations"]
        owners = dict(zip(origin.objects, (box.id for box in boxes), strict=True))
        return GoodsPage(
            picture.size,
            boxes,
            next_id=len(boxes) + 1,
            base=tuple(objects[at] for at in places),
            owners=tuple(owners.get(at) for at in places),
            saved=boxes,
        )

    def change(self, picture: Picture, page: GoodsPage) -> PictureBoxes:
        """Return the boxes to write of a picture on the desk."""
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
            self.images[picture.name],
            page.base,
            tuple(owner is not None for owner in page.owners),
            tuple(boxes),
            page.size,
            origin.orientation if origin else 1,
        )

    def as_new(
        self, pictures: Sequence[Picture], classes: tuple[str, ...]
    ) -> tuple[Dataset, tuple[str, ...]]:
        """Return the pictures under their names in a new file, and those without a size."""
        named, unreadable = [], []
        for each in () if self.path.exists() else pictures:
            if each.path is None:
                continue
            try:
                name, size = self.images[each.name], each.size
            except PictureError:
                unreadable.append(each.name)
            else:
                named.append(Picture(name, each.path, [], [], size=size))
        return Dataset(classes, named), tuple(unreadable)

    def hidden_uses(self) -> frozenset[str]:
        """Return the classes of objects in the file that are not boxes on the desk."""
        if not self.document:
            return frozenset()
        shown = {at for each in self.loaded.origins.values() for at in each.objects}
        objects = self.document["annotations"]
        rest = [each for at, each in enumerate(objects) if at not in shown]
        return used_names({**self.document, "annotations": rest})
