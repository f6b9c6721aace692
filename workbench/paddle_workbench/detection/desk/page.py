"""A picture on the desk: its boxes, and the edits of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from ...desk.page import HISTORY, Change, EditedPage
from ...errors import DeskError
from ..annotations.entries import Corners
from ..annotations.updating import CocoObject, id_key

__all__ = ["ClassChange", "DeskBox", "GoodsPage"]

# The width and height of the smallest box, in pixels.
SMALLEST: Final = 1.0
# Corners are drawn in hundredths of a pixel.
RESOLUTION: Final = 0.01


@dataclass(frozen=True, slots=True)
class DeskBox:
    """A box on the desk.

    Parameters
    ----------
    id : int
        Never changes, and is never used for another box of the picture.
    label : str
        The name of its class.
    corners : tuple of float
        x1, y1, x2, y2 in pixels of the upright picture.
    """

    id: int
    label: str
    corners: Corners


@dataclass(frozen=True, slots=True)
class ClassChange(Change[DeskBox]):
    """A change of the classes of all pictures, in the history of the picture where it was made.

    Parameters
    ----------
    kind, at, before, after
        As in `Change`; it changes no boxes.
    old, new : str or None
        The name before and after; None if the class was not there.
    """

    old: str | None = None
    new: str | None = None


@dataclass(frozen=True, slots=True)
class GoodsPage(EditedPage[DeskBox]):
    """The boxes of a picture and their history, and what the file of annotations has.

    Parameters
    ----------
    base : tuple of mapping
        All objects of the picture in the file, when it was last read or written.
    owners : tuple of int or None
        For each of them the id of its box; None for what is not edited, such as crowds.
    saved : tuple of DeskBox
        The boxes that the file has.
    deleted : mapping
        The objects of boxes that were deleted from the file, by the ids of the boxes.
    """

    NOUN: ClassVar[str] = "Box"

    base: tuple[CocoObject, ...] = ()
    owners: tuple[int | None, ...] = ()
    saved: tuple[DeskBox, ...] = ()
    deleted: Mapping[int, CocoObject] = field(default_factory=dict)

    @property
    def boxes(self) -> tuple[DeskBox, ...]:
        """The boxes, in the order of the file."""
        return self.items

    @property
    def is_changed(self) -> bool:
        """Whether the file has other boxes."""
        return set(self.items) != set(self.saved)

    def add(self, points: Sequence[Sequence[float]], label: str) -> GoodsPage:
        """Add a box."""
        box = DeskBox(self.next_id, label, self._corners(points))
        self._check_place(box)
        return self._splice("add", len(self.items), (), [box])

    def redraw(self, id: int, points: Sequence[Sequence[float]]) -> GoodsPage:  # noqa: A002
        """Move or resize a box."""
        corners = self._corners(points)
        pairs = zip(self.item(id).corners, corners, strict=True)
        # Corners are rounded; a box that was put where it was has not changed.
        if all(abs(old - new) < RESOLUTION for old, new in pairs):
            return self
        self._check_place(replace(self.item(id), corners=corners))
        return self._change("redraw", id, lambda box: replace(box, corners=corners))

    def relabel(self, id: int, label: str) -> GoodsPage:  # noqa: A002
        """Give a box another class."""
        self._check_place(replace(self.item(id), label=label))
        return self._change("relabel", id, lambda box: replace(box, label=label))

    def note(self, kind: str, old: str | None, new: str | None) -> GoodsPage:
        """Add a change of the classes to the history, to undo it in its place."""
        change = ClassChange(kind, 0, (), (), old, new)
        return replace(self, done=(*self.done, change)[-HISTORY:], undone=())

    def load(self, page: GoodsPage) -> GoodsPage:
        """Replace all boxes with those of the file, as a page that was read from it; undo restores.

        Boxes whose objects have the ids of objects that are known here are the same boxes.
        """
        known = {
            id_key(each["id"]): owner
            for owner, each in (*self.deleted.items(), *self._owned())
            if "id" in each
        }
        ids: dict[int, int] = {}
        next_id = self.next_id
        for owner, each in page._owned():
            same = known.get(id_key(each.get("id")))
            ids[owner] = next_id if same is None else same
            next_id += same is None
        boxes = tuple(replace(box, id=ids[box.id]) for box in page.items)
        loaded = self._splice("load", 0, self.items, boxes)
        owners = tuple(None if each is None else ids[each] for each in page.owners)
        present = set(ids.values())
        gone = {key: each for key, each in self._owned() if key not in present}
        deleted = {
            key: each for key, each in {**self.deleted, **gone}.items() if key not in present
        }
        return replace(loaded, base=page.base, owners=owners, saved=boxes, deleted=deleted)

    def written(self, objects: Sequence[tuple[CocoObject, int | None]]) -> GoodsPage:
        """Return the page after its boxes were written.

        Parameters
        ----------
        objects : sequence of pair
            The objects in the file, each with the index of its box.
        """
        present = {box.id for box in self.items}
        gone = {owner: each for owner, each in self._owned() if owner not in present}
        return replace(
            self,
            base=tuple(each for each, _ in objects),
            owners=tuple(None if at is None else self.items[at].id for _, at in objects),
            saved=self.items,
            deleted={
                key: each for key, each in {**self.deleted, **gone}.items() if key not in present
            },
        )

    def _check_place(self, box: DeskBox) -> None:
        """Check that no other box of the class is at the same place: readers leave out the second.

        Raises
        ------
        DeskError
            If there is one.
        """
        for other in self.items:
            if (other.label, other.corners) == (box.label, box.corners) and other.id != box.id:
                raise DeskError(
                    f"There is already a box of the class {box.label!r} at this place.",
                    "Draw it elsewhere, or give it another class.",
                )

    def _owned(self) -> Iterator[tuple[int, CocoObject]]:
        """Yield the boxes that the file has, by their ids, with their objects."""
        for owner, each in zip(self.owners, self.base, strict=True):
            if owner is not None:
                yield owner, each

    def _corners(self, points: Sequence[Sequence[float]]) -> Corners:
        """Return the rectangle around points, cut to the picture."""
        width, height = self.size
        try:
            xs, ys = ([float(point[at]) for point in points] for at in (0, 1))
            left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
        except (TypeError, ValueError, IndexError) as error:
            raise _no_corners(points) from error
        if not all(map(math.isfinite, (*xs, *ys))):
            raise _no_corners(points)
        shown = f"{left:g}, {top:g}, {right:g}, {bottom:g}"
        corners = (
            round(max(0.0, left), 2),
            round(max(0.0, top), 2),
            round(min(float(width), right), 2),
            round(min(float(height), bottom), 2),
        )
        is_valid = corners[2] - corners[0] >= SMALLEST and corners[3] - corners[1] >= SMALLEST
        if not is_valid:
            raise DeskError(
                f"The box {shown} has less than a pixel in the picture of {width} x {height}.",
                "Draw it inside the picture.",
            )
        return corners


def _no_corners(points: object) -> DeskError:
    return DeskError(f"{points!r:.80} are not corners.", "Draw the box again.")
