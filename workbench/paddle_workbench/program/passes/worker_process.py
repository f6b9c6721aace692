"""Runs the tasks of `worker` in a child process: a crash or hang there is an error here."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...child_process import ANSWER, Limits, Outcome, run
from ...errors import CaptureError
from .forks import can_fork, run_sound_fork
from .worker import CRASH_LOG, OUTPUTS, REQUEST, main_in_fork

__all__ = ["LAST_LINES", "LINE_LENGTH", "run_task", "run_worker"]

TIMEOUT_S = 300.0
# The Predictor prints a program before and after each of its passes: 50,000 ops take 1 GB.
OUTPUT_BYTES = 4 * 1024**3
LAST_LINES = 4
LINE_LENGTH = 300


def run_worker(
    task: str, folder: Path, request: Mapping[str, Any], *, timeout_s: float = TIMEOUT_S
) -> tuple[dict[str, Any], Outcome]:
    """Run a task of `worker` in a child process with this working directory.

    Returns
    -------
    dict
        The answer of the task.
    Outcome
        With the messages line by line and the time of each: they give the durations of passes.

    Raises
    ------
    CaptureError
        If the task crashes, fails, or does not finish in time; with its last lines.
    """
    outcome = run_task(task, folder, request, timeout_s=timeout_s)
    if outcome.status != 0 or outcome.answer is None:
        raise _failure(task, outcome)
    return outcome.answer, outcome


def run_task(
    task: str,
    folder: Path,
    request: Mapping[str, Any],
    *,
    timeout_s: float = TIMEOUT_S,
    on_line: Callable[[str], None] | None = None,
) -> Outcome:
    """Run a task as `run_worker` does, and return however it ended.

    `on_line` is called with each line of stderr.

    The child is a fork of this process, which has imported Paddle. If the fork is not sound, or
    crashes, the task runs in a new process: what it did there does not depend on this process.
    """
    (folder / REQUEST).write_text(json.dumps(request), encoding="utf-8")
    limits = Limits(time_s=timeout_s, output_bytes=OUTPUT_BYTES)
    if "GLOG_v" not in os.environ and can_fork():
        outcome = _run_in_fork(task, folder, limits, on_line)
        if outcome is not None:
            return _with_last_words(outcome, folder)
    outcome = run(
        "paddle_workbench.program.passes.worker",
        task,
        limits=limits,
        folder=folder,
        environment=_environment(),
        timed=True,
        on_line=on_line,
    )
    return _with_last_words(outcome, folder)


def _with_last_words(outcome: Outcome, folder: Path) -> Outcome:
    try:
        words = (folder / CRASH_LOG).read_bytes()
    except FileNotFoundError:
        return outcome
    return replace(outcome, stderr=outcome.stderr + words)


def _run_in_fork(
    task: str, folder: Path, limits: Limits, on_line: Callable[[str], None] | None
) -> Outcome | None:
    """Run a task in a fork of this process; return None if that proves nothing."""
    outcome = run_sound_fork(
        lambda: main_in_fork(task), limits=limits, folder=folder, timed=True, on_line=on_line
    )
    if outcome is not None and outcome.signal_name in ("", "SIGALRM"):
        return outcome
    for name in (ANSWER, OUTPUTS, CRASH_LOG):
        (folder / name).unlink(missing_ok=True)
    return None


def _environment() -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "GLOG_v"}
    return {
        **environment,
        # Passes report statistics through glog, on stderr; colours would hide them.
        "GLOG_logtostderr": "1",
        "MPLBACKEND": "agg",
        # In program order, so that the names in the profile identify the ops.
        "FLAGS_new_executor_serial_run": "1",
    }


def _failure(task: str, outcome: Outcome) -> CaptureError:
    lines = outcome.last_lines(LAST_LINES, length=LINE_LENGTH)
    message = f"The child process for {task} {outcome.problem}"
    if outcome.signal_name:
        message += "; this process is unharmed"
    if outcome.limit is not None:
        hint = "Try a smaller network, or fewer passes."
    else:
        hint = "Try the passes one at a time: capture(..., pipeline=[name])."
        if not outcome.signal_name:
            hint = f"The last line says why. {hint}"
    return CaptureError("\n".join([f"{message}.", *lines]), hint)
