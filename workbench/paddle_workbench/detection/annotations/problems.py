"""What is wrong with annotations, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...terminal_text import one_line

__all__ = ["Problem", "ProblemKind"]

ProblemKind: TypeAlias = Literal[
    "broken file",
    "encoding",
    "forbidden path",
    "missing picture",
    "unreadable picture",
    "wrong size",
    "invalid object",
    "unknown class",
    "outside",
    "no area",
    "duplicate",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong in a file of annotations.

    Parameters
    ----------
    kind : str
    file : str
        The file of annotations or the picture, as a path in its folder.
    place : str
        The object in it, such as `object 2 (瓶罐)`; empty if it concerns the whole file or picture.
    message : str
        What is wrong, with the value, and what became of it. Sentences.
    """

    kind: ProblemKind
    file: str
    place: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}, {self.place}" if self.place else self.file
        return one_line(f"{where}: {self.message}")
