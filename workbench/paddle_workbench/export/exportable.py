"""What a preflight needs of a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ..contract import BundleRecord
from ..program.model.structure import Program
from .samples import EagerSample

__all__ = ["Exportable"]


class Exportable(Protocol):
    """A bundle: its record, the program with its lines, and samples with their eager outputs."""

    @property
    def folder(self) -> Path: ...

    @property
    def record(self) -> BundleRecord: ...

    @property
    def samples(self) -> list[EagerSample]: ...

    @property
    def program(self) -> Program: ...
