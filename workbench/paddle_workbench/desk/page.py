"""A page whose items can be edited, with undo and redo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final, Generic, Protocol, TypeVar

from ..errors import DeskError

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["HISTORY", "Change", "EditedPage"]

HISTORY: Final = 200
"""Number of changes that can be undone."""


class _HasId(Protocol):
    @property
    def id(self) -> int: ...


Item = TypeVar("Item", bound=_HasId)


@dataclass(frozen=True, slots=True)
class Change(Generic[Item]):
    """A replacement of items by others, which is all that an edit does.

    Parameters
    ----------
    kind : str
        Name of the edit, for example `delete`.
    at : int
        Index of the first replaced item.
    before, after : tuple
        The items before and after the edit.
    """

    kind: str
    at: int
    before: tuple[Item, ...]
    after: tuple[Item, ...]

    def reversed(self) -> Change[Item]:
        """Return the change that undoes this one."""
        return Change(self.kind, self.at, self.after, self.before)


@dataclass(frozen=True, slots=True)
class EditedPage(Generic[Item]):
    """The items of a page and their history. Pages are immutable; edits return new ones.

    Parameters
    ----------
    size : (width, height)
        Size of the upright picture, in pixels.
    items : tuple
        Each has an `id`, which never changes and is never used for another item of the page.
    done, undone : tuple of Change
        Changes that can be undone and redone, the latest last.
    next_id : int
        Id of the next new item.

    Raises
    ------
    DeskError
        By each edit, if there is no such item or if the edit is impossible.
    """

    NOUN: ClassVar[str] = "Item"

    size: tuple[int, int]
    items: tuple[Item, ...] = ()
    done: tuple[Change[Item], ...] = ()
    undone: tuple[Change[Item], ...] = ()
    next_id: int = 1

    def item(self, id: int) -> Item:  # noqa: A002 - it is the item's id
        """Return the item with an id."""
        return self.items[self._index_of(id)]

    def delete(self, id: int) -> Self:  # noqa: A002
        """Delete an item."""
        at = self._index_of(id)
        return self._splice("delete", at, self.items[at : at + 1], [])

    def undo(self) -> Self:
        """Undo the last edit."""
        if not self.done:
            raise DeskError("There is nothing to undo on this page.", "Undo works page by page.")
        *earlier, last = self.done
        items = self._items_after(last.reversed())
        return replace(self, items=items, done=tuple(earlier), undone=(*self.undone, last))

    def redo(self) -> Self:
        """Redo the edit that was undone last."""
        if not self.undone:
            raise DeskError("There is nothing to redo on this page.", "Redo works page by page.")
        *earlier, last = self.undone
        return replace(
            self, items=self._items_after(last), done=(*self.done, last), undone=tuple(earlier)
        )

    def _index_of(self, id: int) -> int:  # noqa: A002
        for at, item in enumerate(self.items):
            if item.id == id:
                return at
        raise DeskError(
            f"{self.NOUN} {id} is no longer on this page.",
            "It was deleted or merged; undo brings it back.",
        )

    def _change(self, kind: str, id: int, to: Callable[[Item], Item]) -> Self:  # noqa: A002
        at = self._index_of(id)
        item = self.items[at]
        return self._splice(kind, at, (item,), [to(item)])

    def _splice(self, kind: str, at: int, before: tuple[Item, ...], after: Sequence[Item]) -> Self:
        change = Change(kind, at, before, tuple(after))
        if change.before == change.after:
            return self
        return replace(
            self,
            items=self._items_after(change),
            done=(*self.done, change)[-HISTORY:],
            undone=(),
            next_id=max([self.next_id, *(item.id + 1 for item in after)]),
        )

    def _items_after(self, change: Change[Item]) -> tuple[Item, ...]:
        end = change.at + len(change.before)
        return (*self.items[: change.at], *change.after, *self.items[end:])
