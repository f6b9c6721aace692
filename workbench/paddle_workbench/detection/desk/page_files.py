"""What is stored of pictures and classes on the desk until they are written, with the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from ...desk.page import Change
from ...desk.page_files import StoredModel, StoredPage
from .classes import ClassList, DeskClass
from .page import ClassChange, DeskBox, GoodsPage

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["StoredClasses", "StoredGoodsPage"]


class _Box(StoredModel):
    id: int = Field(ge=1)
    label: str
    corners: tuple[float, float, float, float]


class _Change(StoredModel):
    kind: str
    at: int = Field(ge=0)
    before: list[_Box]
    after: list[_Box]
    # Of a change of the classes, which has no boxes.
    old: str | None = None
    new: str | None = None


class _Class(StoredModel):
    name: str
    origin: str | None = None


class StoredClasses(StoredPage):
    """The content of the file of the classes of a desk.

    Parameters
    ----------
    schema_version, name, revision
        As in `StoredPage`; the name is that of the file of annotations.
    items, base
        As in `ClassList`.
    """

    items: list[_Class]
    base: list[str] = Field(default_factory=list)

    def page(self) -> ClassList:
        """Return the stored classes."""
        items = (DeskClass(each.name, each.origin) for each in self.items)
        return ClassList(tuple(items), tuple(self.base))

    @classmethod
    def from_page(cls, page: ClassList, *, name: str, revision: int) -> Self:
        """Return what is stored of classes."""
        items = [_Class(name=each.name, origin=each.origin) for each in page.items]
        return cls(name=name, revision=revision, items=items, base=list(page.base))


class StoredGoodsPage(StoredPage):
    """The content of the file of a picture with boxes.

    Parameters
    ----------
    schema_version, name, revision
        As in `StoredPage`.
    size : (width, height)
    boxes, done, undone, next_id, base, owners, saved, deleted
        As in `GoodsPage`.
    """

    size: tuple[int, int]
    boxes: list[_Box]
    done: list[_Change] = Field(default_factory=list)
    undone: list[_Change] = Field(default_factory=list)
    next_id: int
    base: list[dict[str, Any]] = Field(default_factory=list)
    owners: list[int | None] = Field(default_factory=list)
    saved: list[_Box] = Field(default_factory=list)
    deleted: dict[int, dict[str, Any]] = Field(default_factory=dict)

    def page(self) -> GoodsPage:
        """Return the stored page."""
        return GoodsPage(
            size=self.size,
            items=_to_boxes(self.boxes),
            done=tuple(map(_to_change, self.done)),
            undone=tuple(map(_to_change, self.undone)),
            next_id=self.next_id,
            base=tuple(self.base),
            owners=tuple(self.owners),
            saved=_to_boxes(self.saved),
            deleted=dict(self.deleted),
        )

    @classmethod
    def from_page(cls, page: GoodsPage, *, name: str, revision: int) -> Self:
        """Return what is stored of a page."""
        return cls(
            name=name,
            revision=revision,
            size=page.size,
            boxes=_to_stored(page.boxes),
            done=list(map(_to_stored_change, page.done)),
            undone=list(map(_to_stored_change, page.undone)),
            next_id=page.next_id,
            base=[dict(each) for each in page.base],
            owners=list(page.owners),
            saved=_to_stored(page.saved),
            deleted={key: dict(each) for key, each in page.deleted.items()},
        )


def _to_boxes(boxes: list[_Box]) -> tuple[DeskBox, ...]:
    return tuple(DeskBox(box.id, box.label, box.corners) for box in boxes)


def _to_stored(boxes: tuple[DeskBox, ...]) -> list[_Box]:
    return [_Box(id=box.id, label=box.label, corners=box.corners) for box in boxes]


def _to_change(change: _Change) -> Change[DeskBox]:
    if change.old is not None or change.new is not None:
        return ClassChange(change.kind, change.at, (), (), change.old, change.new)
    return Change(change.kind, change.at, _to_boxes(change.before), _to_boxes(change.after))


def _to_stored_change(change: Change[DeskBox]) -> _Change:
    before, after = _to_stored(change.before), _to_stored(change.after)
    names = (change.old, change.new) if isinstance(change, ClassChange) else (None, None)
    old, new = names
    return _Change(kind=change.kind, at=change.at, before=before, after=after, old=old, new=new)
