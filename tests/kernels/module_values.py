"""The values in the globals of all loaded modules. Its source is sent to kernels."""

from __future__ import annotations

import contextlib
import pathlib
import re
import sys
import types
from collections.abc import Iterator
from typing import Any

DEPTH = 5
# Longer containers are tables, which are not derived from the process.
MAXIMUM_LENGTH = 3000
_SCALARS = (str, bytes, int, float, bool, complex, type(None), pathlib.PurePath)
_CONTAINERS = (dict, list, tuple)
_LEFT_OUT = {"__builtins__", "__doc__", "__cached__", "__warningregistry__", "__abstractmethods__"}


def module_values() -> dict[str, str]:
    """Return the text of each value by its path, for example `logging:_startTime`.

    Attributes, entries of containers, defaults and closures of functions are followed to `DEPTH`.
    Addresses are replaced by `#`, since they differ between processes that are not forks.
    """
    values: dict[str, str] = {}
    # The objects are kept alive, so that no two of them have the same identity.
    visited: dict[int, Any] = {}

    def visit(path: str, value: Any, depth: int) -> None:
        if _is_plain(value):
            values[path] = re.sub(r"0x[0-9a-f]{6,}|\d{12,}", "#", repr(value)[:300])
        elif depth and id(value) not in visited and not issubclass(type(value), types.ModuleType):
            visited[id(value)] = value
            for name, part in list(_parts(value)):
                visit(path + name, part, depth - 1)

    for name, module in sorted(sys.modules.items()):
        if type(module) is types.ModuleType and name != "__main__":
            for key, value in list(vars(module).items()):
                if key not in _LEFT_OUT:
                    visit(f"{name}:{key}", value, DEPTH)
    return values


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a container, function, class or other object consists of.

    No code of the object runs: containers of some libraries import modules when they are read.
    """
    kind = type(value)
    for base in _CONTAINERS:
        if issubclass(kind, base):
            parts = dict.items(value) if base is dict else enumerate(base.__iter__(value))
            if base.__len__(value) <= MAXIMUM_LENGTH:
                yield from ((f"[{key!r:.80}]", part) for key, part in list(parts) if _is_plain(key))
            return
    if issubclass(kind, set | frozenset):
        yield "{}", str(sorted(repr(part) for part in set.union(set(), value) if _is_plain(part)))
    elif issubclass(kind, types.FunctionType):
        yield ".__defaults__", value.__defaults__
        yield ".__kwdefaults__", value.__kwdefaults__
        for index, cell in enumerate(value.__closure__ or ()):
            with contextlib.suppress(ValueError):  # the cell is empty
                yield f".__closure__[{index}]", cell.cell_contents
    elif issubclass(kind, type):
        yield from (
            (f".{name}", part) for name, part in vars(value).items() if name not in _LEFT_OUT
        )
    else:
        yield from _attributes(value)


def _is_plain(value: object) -> bool:
    return issubclass(type(value), _SCALARS)


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the attributes of an object without running its code."""
    missing = object()
    names = ["__dict__"]
    for base in type(value).__mro__:
        slots = base.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else list(slots)
    for name in names:
        try:
            part = object.__getattribute__(value, name)
        except Exception:
            part = missing
        if part is missing:
            continue
        if name == "__dict__" and isinstance(part, dict):
            yield from ((f".{key}", content) for key, content in list(part.items()))
        else:
            yield f".{name}", part
