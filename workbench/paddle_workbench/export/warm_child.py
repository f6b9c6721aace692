"""A child process that has imported Paddle, and forks for each attempt at an export.

A fork of the kernel itself would not do: once a Predictor has run there, creating one in a fork may
wait for ever for threads that only the kernel has. This child computes nothing itself.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..child_process import Limits, Outcome, Reply, Worker, answer_requests, run, run_fork
from . import worker

__all__ = ["main", "run_attempt"]

IDLE_S = 60.0
"""After this time without an attempt the child ends, and gives its memory back."""

START_S = 120.0
STDERR_BYTES = 1 << 16

_lock = threading.Lock()
_children: list[Worker] = []


def run_attempt(
    folder: Path, limits: Limits, listener: Callable[[], None] | None = None
) -> Outcome:
    """Run `worker` with a folder that contains its request, and return how it ended.

    A process that has not imported Paddle is taken to make one attempt only, in a new process. The
    listener is called while that works, since its answer changes.
    """
    if "paddle" in sys.modules and _lock.acquire(blocking=False):
        try:
            outcome = _ask(folder, limits)
        finally:
            _lock.release()
        if outcome is not None:
            return outcome
    return run(worker.__name__, limits=limits, folder=folder, listener=listener)


def _ask(folder: Path, limits: Limits) -> Outcome | None:
    """Let the warm child make the attempt; return None if it cannot."""
    child = next((each for each in _children if each.is_usable), None)
    if child is None:
        for ended in _children:
            ended.close()
        time_s = None if limits.time_s is None else limits.time_s + START_S
        child = Worker(__name__, limits=replace(limits, time_s=time_s))
    _children[:] = [child]
    request = {
        "environment": dict(os.environ),
        "folder": str(folder.resolve()),
        "time_s": limits.time_s,
        "output_bytes": limits.output_bytes,
    }
    with suppress(OSError):
        reply = child.request(request)
        if isinstance(reply, Reply):
            return Outcome(limits=limits, stdout=b"", stderr=bytes(reply.content), **reply.values)
    return None


def main() -> None:
    """Answer requests for attempts."""
    warnings.simplefilter("ignore")
    import paddle.inference  # noqa: F401 - the forks use it

    answer_requests(_answer, idle_s=IDLE_S)


def _answer(request: dict[str, Any]) -> Reply:
    limits = Limits(time_s=request["time_s"], output_bytes=request["output_bytes"])
    main = partial(_main, request["environment"])
    outcome = run_fork(main, limits=limits, folder=Path(request["folder"]))
    values = {"status": outcome.status, "limit": outcome.limit, "answer": outcome.answer}
    return Reply(values, outcome.stderr[-STDERR_BYTES:])


def _main(environment: dict[str, str]) -> None:
    """Make an attempt in a fork, with the variables that the kernel has by now."""
    os.environ.clear()
    os.environ.update(environment)
    worker.main()


if __name__ == "__main__":
    main()
