"""Running a network on an edge case, which may end the process."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ..child_process import Limits, write_answer
from ..program.passes.comparison import Array
from ..program.passes.forks import can_fork, check_fork, run_sound_fork
from ..scratch import ScratchFolder
from ..storage import disk_full

__all__ = ["EdgeCaseError", "RunNetwork", "in_fork"]

RunNetwork = Callable[[tuple[Array, ...]], tuple[Array, ...]]

LIMITS = Limits(time_s=60.0)
OUTPUTS = "outputs.npz"
_NOT_RUN = "it was not run, since it may end this process, which cannot be forked"


class EdgeCaseError(Exception):
    """The reason why there are no outputs."""


def in_fork(run: RunNetwork, arrays: tuple[Array, ...]) -> tuple[Array, ...]:
    """Run a network in a fork of this process.

    Raises
    ------
    EdgeCaseError
        With the reason, if the network refuses the arrays, or ends the fork, or if this process
        cannot be forked.
    StorageError
        If the folder for temporary files is full.
    """
    if not can_fork():
        raise EdgeCaseError(_NOT_RUN)
    with ScratchFolder("edge-case") as folder:
        outcome = run_sound_fork(partial(_work, run, arrays), limits=LIMITS, folder=folder)
        if outcome is None:
            raise EdgeCaseError(_NOT_RUN)
        if outcome.is_disk_full:
            raise disk_full(folder)
        if outcome.answer is None:
            message = f"the process {outcome.problem}"
            raise EdgeCaseError(message)
        if "error" in outcome.answer:
            raise EdgeCaseError(outcome.answer["error"])
        with np.load(folder / OUTPUTS, allow_pickle=False) as outputs:
            return tuple(outputs[str(place)] for place in range(len(outputs.files)))


def _work(run: RunNetwork, arrays: tuple[Array, ...]) -> None:
    check_fork()
    try:
        outputs = run(arrays)
    except Exception as error:  # whatever the learner's network raises
        write_answer({"error": f"{type(error).__name__}: {error}"})
        return
    np.savez(OUTPUTS, **{str(place): array for place, array in enumerate(outputs)})
    write_answer({})
