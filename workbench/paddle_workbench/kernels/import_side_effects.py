"""Side effects of imports outside the imported modules, in a form that can be repeated."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

__all__ = [
    "AttributeChange",
    "DescriptorOutput",
    "IssuedWarning",
    "ListChange",
    "PrintedText",
    "SideEffect",
    "VariableChange",
    "process_state",
    "restore_state",
    "state_changes",
]


class SideEffect(Protocol):
    """A side effect of an import, which a kernel repeats."""

    def apply(self) -> None:
        """Repeat it in this process."""


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """An attribute of another package's module or class was set or removed."""

    owner: Any
    name: str
    value: Any
    absent: bool = False

    def apply(self) -> None:
        """Repeat it in this process."""
        if self.absent:
            with contextlib.suppress(AttributeError):
                delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.value)


@dataclass(frozen=True, slots=True)
class IssuedWarning:
    """A warning was issued."""

    message: Warning | str
    category: type[Warning]
    filename: str
    lineno: int

    def apply(self) -> None:
        """Repeat it in this process."""
        registry: dict[Any, Any] = {}
        warnings.warn_explicit(
            self.message, self.category, self.filename, self.lineno, registry=registry
        )


@dataclass(frozen=True, slots=True)
class PrintedText:
    """Text was printed to `stdout` or `stderr`."""

    stream: str
    text: str

    def apply(self) -> None:
        """Repeat it in this process."""
        getattr(sys, self.stream).write(self.text)


@dataclass(frozen=True, slots=True)
class DescriptorOutput:
    """A library wrote to a file descriptor, bypassing Python."""

    descriptor: int
    data: bytes

    def apply(self) -> None:
        """Repeat it in this process."""
        os.write(self.descriptor, self.data)


@dataclass(frozen=True, slots=True)
class VariableChange:
    """An environment variable was changed; None means that it is not set."""

    name: str
    old: str | None
    new: str | None

    def apply(self) -> None:
        """Repeat it in this process."""
        # If the kernel was started with a value that differs from the fork server's, it keeps it.
        if os.environ.get(self.name) != self.old:
            return
        if self.new is None:
            del os.environ[self.name]
        else:
            os.environ[self.name] = self.new


@dataclass(frozen=True, slots=True)
class ListChange:
    """Entries were added before or after those of a list in `_LISTS`, for example `sys.path`."""

    name: str
    before: tuple[Any, ...]
    after: tuple[Any, ...]

    def apply(self) -> None:
        """Repeat it in this process."""
        target = _LISTS[self.name]()
        target[:0] = [entry for entry in self.before if entry not in target]
        target += [entry for entry in self.after if entry not in target]
        if self.name == "filters":
            warnings._filters_mutated()  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class RootLevelChange:
    """The level of the root logger was set."""

    level: int

    def apply(self) -> None:
        """Repeat it in this process."""
        logging.root.setLevel(self.level)


_LISTS: MappingProxyType[str, Any] = MappingProxyType(
    {
        "filters": lambda: warnings.filters,
        "path": lambda: sys.path,
        "meta_path": lambda: sys.meta_path,
        "handlers": lambda: logging.root.handlers,
    }
)


@dataclass(frozen=True, slots=True)
class State:
    """The process state that imports are known to change."""

    lists: dict[str, tuple[Any, ...]]
    environment: dict[str, str]
    level: int


def process_state() -> State:
    """Return the state of this process."""
    return State(
        lists={name: tuple(get()) for name, get in _LISTS.items()},
        environment=dict(os.environ),
        level=logging.root.level,
    )


def restore_state(state: State) -> None:
    """Restore the state of this process."""
    for name, entries in state.lists.items():
        _LISTS[name]()[:] = entries
    warnings._filters_mutated()  # type: ignore[attr-defined]
    for variable in set(os.environ) - set(state.environment):
        del os.environ[variable]
    os.environ.update(state.environment)
    logging.root.setLevel(state.level)


def state_changes(old: State, new: State) -> list[SideEffect]:
    """Return the changes between two states."""
    changes: list[SideEffect] = []
    for name, entries in new.lists.items():
        old_entries = old.lists[name]
        if entries != old_entries:
            common = [entry for entry in entries if entry in old_entries]
            first = entries.index(common[0]) if common else len(entries)
            appended = [entry for entry in entries[first:] if entry not in old_entries]
            if first or appended:
                changes.append(ListChange(name, entries[:first], tuple(appended)))
    if new.environment != old.environment:
        names = sorted(new.environment.keys() | old.environment.keys())
        changes += [
            VariableChange(name, old.environment.get(name), new.environment.get(name))
            for name in names
            if new.environment.get(name) != old.environment.get(name)
        ]
    if new.level != old.level:
        changes.append(RootLevelChange(new.level))
    return changes
