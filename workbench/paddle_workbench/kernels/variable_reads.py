"""Record which environment variables Python code reads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    _Environment = os._Environ[str]
else:
    _Environment = os._Environ

__all__ = ["recorded_reads"]


@contextmanager
def recorded_reads(names: set[str]) -> Iterator[None]:
    """Add the names of the variables that are read in the block, whether they are set or not.

    Copies of all variables and loops over them do not count: whoever makes one seldom depends on
    each of them. Reads by libraries in C are not noticed.
    """
    copied: set[str] = set()

    class RecordingEnvironment(_Environment):
        def __getitem__(self, key: str) -> str:
            if key in copied:
                copied.discard(key)
            elif isinstance(key, str):
                names.add(key)
            return super().__getitem__(key)

        def __iter__(self) -> Iterator[str]:
            keys = list(super().__iter__())
            copied.update(keys)
            return iter(keys)

    original = os.environ.__class__
    os.environ.__class__ = RecordingEnvironment
    try:
        yield
    finally:
        os.environ.__class__ = original
