"""Starts the child process of a trace, and reads what it found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...child_process import ANSWER, Limits, Outcome, run
from ...program.passes.arrays import write_arrays
from ...program.passes.comparison import Array
from ...program.passes.forks import can_fork, run_sound_fork
from .worker import INPUTS, REQUEST, main_in_fork

__all__ = ["problem_of", "run_task"]

LIMITS = Limits(time_s=600.0, output_bytes=256 * 1024**2)


def run_task(
    task: str,
    folder: Path,
    request: Mapping[str, Any],
    inputs: Sequence[Array],
    *,
    may_crash: bool = False,
) -> Outcome:
    """Run a task of `worker` in a folder, and return how it ended.

    The child is a fork of this process if that is sound. If it crashes, a new process decides,
    unless a crash is one of the results that the caller expects.
    """
    write_arrays(folder / INPUTS, inputs)
    text = json.dumps({"task": task, **request})
    (folder / REQUEST).write_text(text, encoding="utf-8")
    if can_fork():
        outcome = run_sound_fork(main_in_fork, limits=LIMITS, folder=folder)
        if outcome is not None and (may_crash or outcome.signal_name in ("", "SIGALRM")):
            return outcome
        (folder / ANSWER).unlink(missing_ok=True)
    return run("paddle_workbench.export.differences.worker", limits=LIMITS, folder=folder)


def problem_of(outcome: Outcome) -> str:
    """Return what happened to a task that gave no result, to follow its subject."""
    lines = outcome.last_lines(1, length=300)
    return f"{outcome.problem}: {lines[0].strip()}" if lines else f"{outcome.problem}."
