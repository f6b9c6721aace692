"""What a target is: it writes a program for another runtime, and runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ...errors import BundleError

__all__ = ["PROGRAM", "PROGRAM_FOLDER", "Array", "Run", "Runner", "Target"]

Array = NDArray[Any]
Run = Callable[[Sequence[Array]], list[Array]]

PROGRAM_FOLDER = "inference"
PROGRAM = "inference"
"""The program of a bundle is `inference/inference.json` with `inference.pdiparams`."""


@dataclass(frozen=True, slots=True)
class Runner:
    """An exported program, ready to run.

    Parameters
    ----------
    inputs : tuple of str
        Names of its inputs, in the order of the arrays that `run` takes.
    run : callable
        Takes one array for each input; returns its output arrays. Not for two threads at once.
    """

    inputs: tuple[str, ...]
    run: Run


@dataclass(frozen=True, slots=True)
class Target:
    """A runtime that a bundle can be exported to.

    Parameters
    ----------
    name : str
        As on the command line, such as `onnx`.
    title : str
    folder : str
        The folder of a bundle that holds its files.
    packages : tuple of str
        Distributions whose versions the bundle records.
    write : callable, or None
        Writes the files into the second folder from the program in the first, in a child process,
        since converters abort. None if the target runs the program as it is.
    load : callable
        Opens what `write` wrote, with a number of threads.
    load_without : callable, or None
        Does so with passes left out. None if the runtime's passes cannot be left out.
    """

    name: str
    title: str
    folder: str
    packages: tuple[str, ...]
    write: Callable[[Path, Path], None] | None
    load: Callable[[Path, int], Runner]
    load_without: Callable[[Path, int, Sequence[str]], Runner] | None = None

    def open(self, folder: Path, threads: int, *, without: Sequence[str] = ()) -> Runner:
        """Open what `write` wrote, without some passes.

        Raises
        ------
        BundleError
            If passes cannot be left out.
        """
        if not without:
            return self.load(folder, threads)
        self.check_without(without)
        assert self.load_without is not None  # noqa: S101 - checked
        return self.load_without(folder, threads, without)

    def check_without(self, without: Sequence[str]) -> None:
        """Raise BundleError if passes cannot be left out."""
        if without and self.load_without is None:
            raise BundleError(
                f"{self.title} has no passes that can be left out, but {', '.join(without)} should "
                "be.",
                "Leave passes out of inference or onednn only.",
            )
