"""What the tasks of `worker` that use a Predictor are given, and what is left of a failed one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...child_process import Outcome
from ..model.structure import Program
from .arrays import write_arrays
from .comparison import Array
from .worker import INPUTS
from .worker_process import LAST_LINES, LINE_LENGTH

__all__ = ["predictor_request", "problem_of"]

RUN_LIMIT_S = 60.0
"""For some programs the Predictor never returns."""


def predictor_request(
    program: Program, prefix: Path, folder: Path, inputs: Sequence[Array] | None, *, onednn: bool
) -> dict[str, Any]:
    """Return the request for a task, and write the inputs into its folder."""
    request: dict[str, Any] = {
        "prefix": str(prefix),
        "onednn": onednn,
        "threads": 1,
        "run": inputs is not None,
        "run_limit_s": RUN_LIMIT_S,
        "input_dtypes": [program.values[value].dtype for value in program.inputs],
        "output_dtypes": [program.values[value].dtype for value in program.outputs],
    }
    if inputs is not None:
        write_arrays(folder / INPUTS, inputs)
    return request


def problem_of(outcome: Outcome) -> str:
    """Return what happened to a task and its last words, to follow a colon."""
    if outcome.signal_name == "SIGALRM":
        return f"the Predictor did not return within {RUN_LIMIT_S:g} s"
    lines = outcome.last_lines(LAST_LINES, length=LINE_LENGTH)
    return "\n".join([f"the process of the Predictor {outcome.problem}", *lines])
