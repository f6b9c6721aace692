"""The classes on the desk: those of the file, and what was added and renamed since."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from ...errors import DeskError
from ..dataset import check_classes

__all__ = ["ClassList", "DeskClass"]


@dataclass(frozen=True, slots=True)
class DeskClass:
    """A class on the desk.

    Parameters
    ----------
    name : str
    origin : str or None
        Its name in the file; None if it is not there.
    """

    name: str
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class ClassList:
    """The classes in their order. Lists are immutable; edits return new ones.

    Parameters
    ----------
    items : tuple of DeskClass
    base : tuple of str
        The names of all classes in the file, and of those that were asked for, when it was last
        read or written.
    """

    items: tuple[DeskClass, ...]
    base: tuple[str, ...] = ()

    @classmethod
    def in_file(cls, base: Iterable[str]) -> ClassList:
        """Return the classes of a file."""
        base = tuple(base)
        return cls(tuple(DeskClass(name, name) for name in base), base)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the classes."""
        return tuple(each.name for each in self.items)

    @property
    def is_changed(self) -> bool:
        """Whether the file has other classes."""
        return set(self.names) != set(self.base)

    @property
    def renamed(self) -> dict[str, str]:
        """The new names of classes by their names in the file."""
        return {
            each.origin: each.name
            for each in self.items
            if each.origin is not None and each.origin != each.name
        }

    @property
    def removed(self) -> tuple[str, ...]:
        """The names of classes in the file that are not on the desk."""
        origins = {each.origin for each in self.items}
        return tuple(name for name in self.base if name not in origins)

    def replaced(self, old: str | None, new: str | None) -> ClassList:
        """Rename a class, add one if there is no old name, or remove one if there is no new name.

        Raises
        ------
        AnnotationError
            If the new name cannot be the name of a class.
        DeskError
            If another class has it.
        """
        if new is not None:
            check_classes((new,))
        if new in self.names and new != old:
            raise DeskError(f"There is already a class {new!r}.", "Choose another name.")
        if old is None:
            return self.including([] if new is None else [new])
        items = [
            each if each.name != old else None if new is None else replace(each, name=new)
            for each in self.items
        ]
        return replace(self, items=tuple(each for each in items if each is not None))

    def including(self, names: Iterable[str]) -> ClassList:
        """Add those of the names that are missing; one that the file has is the file's."""
        missing = [name for name in dict.fromkeys(names) if name not in self.names]
        removed = self.removed
        new = (DeskClass(name, name if name in removed else None) for name in missing)
        return replace(self, items=(*self.items, *new)) if missing else self

    def in_newer_file(self, base: Iterable[str], used: Collection[str]) -> ClassList:
        """Return the classes after the file was read again or written.

        Parameters
        ----------
        base : iterable of str
            The names in the file.
        used : collection of str
            The classes of its boxes, which keep their names.
        """
        base = tuple(base)
        own = set(self.names)
        items = []
        for each in self.items:
            is_renamed = each.origin in base and each.origin not in {*used, *own}
            origin = each.name if each.name in base else each.origin if is_renamed else None
            items.append(DeskClass(each.name, origin))
        origins = {each.origin for each in items}
        # A class that was removed here stays removed while no box needs it.
        items += [
            DeskClass(name, name)
            for name in base
            if name not in origins and (name not in self.base or name in used)
        ]
        return ClassList(tuple(items), base)
