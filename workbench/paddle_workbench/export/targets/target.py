"""What a target is: it writes a program for another runtime, and runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contract import BundleRecord, Weights
from ...errors import BundleError
from ..processing import Prediction

__all__ = [
    "LEGACY_PROGRAM",
    "MOST_THREADS",
    "NO_OPTIONS",
    "PROGRAM",
    "PROGRAM_FOLDER",
    "Array",
    "Options",
    "Predict",
    "Run",
    "Runner",
    "Target",
    "Write",
]

Array = NDArray[Any]
Run = Callable[[Sequence[Array]], list[Array]]
Predict = Callable[[Sequence[Any]], list[Prediction]]
Write = Callable[[Path, Path], None]

PROGRAM_FOLDER = "inference"
PROGRAM = "inference"
"""The program of a bundle is `inference/inference.json` with `inference.pdiparams`."""
LEGACY_PROGRAM = f"{PROGRAM}.pdmodel"
"""The same program in Paddle's legacy format, where it could be traced."""
MOST_THREADS = 256
"""Paddle ends the process if it cannot start as many as it was told to."""

_NUMBERS = frozenset("biufc")
"""Kinds of dtypes, as numpy names them."""


@dataclass(frozen=True, slots=True)
class Runner:
    """An exported program, ready to run.

    Parameters
    ----------
    inputs : tuple of str
        Names of its inputs, in the order of the arrays that `run` takes.
    run : callable
        Takes one array for each input; returns its output arrays. That of `load` is not for two
        threads at once; that of `open` is.
    predict : callable, or None
        For a runtime with processing of its own: takes raw inputs, and returns their results.
    """

    inputs: tuple[str, ...]
    run: Run
    predict: Predict | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What can be chosen about an export, where the target has the choice.

    Parameters
    ----------
    weights : {"fp32", "fp16", "int8"}
        How the target stores the weights.
    without : tuple of str
        Passes of the runtime to leave out.
    """

    weights: Weights = "fp32"
    without: tuple[str, ...] = ()

    @classmethod
    def of(cls, weights: Weights, without: str | Sequence[str]) -> Options:
        """Return the options that a caller names; the name of one pass may be a text alone.

        Raises
        ------
        BundleError
            If `without` is not one name or a list of names.
        """
        names: Any = [without] if isinstance(without, str) else without
        passes = tuple(names) if isinstance(names, Iterable) else (names,)
        if not all(isinstance(each, str) for each in passes):
            raise BundleError(
                f"without is {without!r:.200}, and not a list of the names of passes.",
                'Such as without=["inplace_pass"].',
                code="PW-X506",
            )
        return cls(weights, passes)


NO_OPTIONS = Options()


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
    lighter : mapping
        For the targets that have a choice, what writes the files with smaller weights.
    check_lighter : callable, or None
        Raises a BundleError with the repair if a bundle lacks what smaller weights need.
    check : callable, or None
        Raises a BundleError with the repair if this machine lacks what the target needs.
    check_record : callable, or None
        Raises a BundleError with the repair if the runtime cannot express the processing of a
        bundle.
    versions : mapping of str to str
        Of what the target runs on that is not a distribution.
    needs_legacy_program : bool
        Whether it reads the program in Paddle's legacy format.
    program_suffix : str
        For a target that runs the program as it is: which of the formats in the folder.
    form : str
        What it runs, for people: format, version of the format, and flag if one is needed.
    converter : str
        `paddle2onnx` if that writes it, directly or on the way.
    """

    name: str
    title: str
    folder: str
    packages: tuple[str, ...]
    write: Write | None
    load: Callable[[Path, int], Runner]
    load_without: Callable[[Path, int, Sequence[str]], Runner] | None = None
    lighter: Mapping[Weights, Write] = field(default_factory=dict)
    check_lighter: Callable[[BundleRecord], None] | None = None
    check: Callable[[], None] | None = None
    check_record: Callable[[BundleRecord], None] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    needs_legacy_program: bool = False
    program_suffix: str = ".json"
    form: str = "the program as it is"
    converter: str = ""

    def check_options(self, options: Options) -> None:
        """Raise BundleError if the target does not have these options."""
        if options.without and self.load_without is None:
            raise BundleError(
                f"{self.title} has no passes that can be left out, but "
                f"{', '.join(options.without)} should be.",
                "Leave passes out of inference, onednn or legacy only.",
                code="PW-X506",
            )
        choices = ["fp32", *self.lighter]
        if options.weights not in choices:
            raise BundleError(
                f"{self.title} has no {options.weights!s:.80} weights.",
                f"Use one of these: {', '.join(choices)}."
                if self.lighter
                else "Leave out the weights.",
                code="PW-X506",
            )

    def writer(self, weights: Weights) -> Write | None:
        """Return what writes the files with weights of this precision, which it must have."""
        return self.write if weights == "fp32" else self.lighter[weights]

    def open(
        self,
        folder: Path,
        threads: int,
        *,
        without: Sequence[str] = (),
        are_checked: bool = False,
    ) -> Runner:
        """Open what was written, without some passes, which the target must be able to do.

        Several threads may call the functions of the result; one after another is served.

        Parameters
        ----------
        folder : Path
        threads : int
        without : sequence of str
        are_checked : bool
            Whether `run` only gets one array for each input, of numbers in the byte order of this
            machine. It does not look at them then.

        Raises
        ------
        BundleError
            If the number of threads is not one; `run` raises it for arrays that a runtime would not
            survive, or read as other numbers.
        """
        if not isinstance(threads, int) or not 1 <= threads <= MOST_THREADS:
            raise BundleError(
                f"The number of threads is {threads!r}.",
                f"Pass a whole number from 1 to {MOST_THREADS}.",
                code="PW-X506",
            )
        if not without:
            runner = self.load(folder, threads)
        else:
            assert self.load_without is not None  # noqa: S101 - `check_options` has been called
            runner = self.load_without(folder, threads, without)
        runner = _in_turn(runner)
        return runner if are_checked else replace(runner, run=_checking(runner))


def _in_turn(runner: Runner) -> Runner:
    """Let one thread at a time call the functions of a runner."""
    queue = SimpleQueue[str]()
    queue.put("turn")
    # A lock asks the system for each turn, which takes two microseconds after the run of a small
    # network has emptied the processor's caches; a queue only asks the interpreter. An interrupt
    # cannot lose the turn: no signal is handled between the step of a loop and its body.
    turns, end_turn = map(SimpleQueue.get, repeat(queue)), queue.put
    run, predict = runner.run, runner.predict

    def run_in_turn(arrays: Sequence[Array]) -> list[Array]:
        for turn in turns:
            try:
                return run(arrays)
            finally:
                end_turn(turn)
        raise AssertionError("turns do not end")

    if predict is None:
        return Runner(runner.inputs, run_in_turn)

    def predict_in_turn(values: Sequence[Any]) -> list[Prediction]:
        for turn in turns:
            try:
                return predict(values)
            finally:
                end_turn(turn)
        raise AssertionError("turns do not end")

    return Runner(runner.inputs, run_in_turn, predict_in_turn)


def _checking(runner: Runner) -> Run:
    """Return `run` of a runner for arrays that may be anything."""
    names, unchecked = runner.inputs, runner.run

    def run(arrays: Sequence[Array]) -> list[Array]:
        if len(arrays) != len(names):
            raise BundleError(
                f"The program takes one array for each of {', '.join(names)}, got {len(arrays)}.",
                "Pass a list with one array for each input.",
                code="PW-X504",
            )
        for array in arrays:
            if array.dtype not in _NATIVE:
                arrays = [_native(*each) for each in zip(arrays, names, strict=True)]
                break
        return unchecked(arrays)

    return run


_NATIVE = frozenset(map(np.dtype, f"?{np.typecodes['AllInteger']}{np.typecodes['AllFloat']}"))
"""The dtypes of numbers. Looking for one here takes less time than asking it what it is."""


def _native(array: Array, name: str) -> Array:
    """Return an array in the byte order of this machine; it must contain numbers."""
    dtype = array.dtype
    if dtype.kind not in _NUMBERS:
        raise BundleError(
            f"The input {name} is an array of {dtype}, which are not numbers.",
            "Pass an array with the dtype and shape that `workbench bundle show` prints.",
            code="PW-X504",
        )
    # ONNX Runtime would read the bytes as they are.
    return array if dtype.isnative else array.astype(dtype.newbyteorder("="))
