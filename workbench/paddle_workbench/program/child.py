"""Paddle in a process of its own: what crashes or hangs there is an error here.

`environment.child` asks short questions whose answer is one file. Here the child's messages are
wanted line by line with the moment each arrived: that is how the duration of a pass is known.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import IO, Any

from ..errors import CaptureError

__all__ = ["ANSWER", "Message", "Outcome", "run_worker"]

REQUEST = "request.json"
ANSWER = "answer.json"
OUTPUT = "output.txt"
TIMEOUT_S = 300.0
LAST_LINES = 4


@dataclass(frozen=True, slots=True)
class Message:
    """A line that the child wrote to stderr.

    Parameters
    ----------
    seconds : float
        When it arrived, by a clock that only differences are taken of.
    text : str
    """

    seconds: float
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a child left behind.

    Parameters
    ----------
    answer : dict
    output : str
        What it printed.
    messages : tuple of Message
    """

    answer: dict[str, Any]
    output: str
    messages: tuple[Message, ...] = field(default=())


def run_worker(
    task: str, folder: Path, request: Mapping[str, Any], *, timeout_s: float = TIMEOUT_S
) -> Outcome:
    """Run a task of `worker` in a child process that works in a folder.

    Raises
    ------
    CaptureError
        If it crashes, fails, or does not finish in time; with its last lines.
    """
    (folder / REQUEST).write_text(json.dumps(request), encoding="utf-8")
    code = "import sys; from paddle_workbench.program.worker import main; main(sys.argv[1])"
    with (folder / OUTPUT).open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", code, task],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
        )
        messages: list[Message] = []
        if process.stderr is None:  # never, since a pipe was asked for
            raise CaptureError("The child process has no stderr.")
        reader = threading.Thread(target=_read, args=(process.stderr, messages), daemon=True)
        reader.start()
        try:
            status: int | None = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            process.kill()
            process.wait()
            reader.join(5)
    answer = folder / ANSWER
    if status != 0 or not answer.is_file():
        raise _failure(task, status, messages, timeout_s)
    return Outcome(
        answer=json.loads(answer.read_text("utf-8")),
        output=(folder / OUTPUT).read_text("utf-8", errors="replace"),
        messages=tuple(messages),
    )


def _environment() -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "GLOG_v"}
    return {
        **environment,
        # Statistics of passes are glog's lines on stderr, and colours would hide them.
        "GLOG_logtostderr": "1",
        "MPLBACKEND": "agg",
        # In the order of the program, so that the profiler's names tell which op was meant.
        "FLAGS_new_executor_serial_run": "1",
    }


def _read(stream: IO[bytes], messages: list[Message]) -> None:
    with stream:
        messages.extend(
            Message(perf_counter(), line.decode("utf-8", "replace").rstrip()) for line in stream
        )


def _failure(
    task: str, status: int | None, messages: list[Message], timeout_s: float
) -> CaptureError:
    lines = [message.text for message in messages if message.text.strip()]
    said = "".join(f"\n{line[:300]}" for line in lines[-LAST_LINES:])
    if status is None:
        return CaptureError(
            f"The child process for {task} did not finish within {timeout_s:g} s.{said}",
            "Try a smaller network, or fewer passes.",
        )
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        return CaptureError(
            f"The child process for {task} was killed by {name}; this process is unharmed.{said}",
            "Try the passes one at a time: capture(..., pipeline=[name]).",
        )
    return CaptureError(
        f"The child process for {task} failed with exit {status}.{said}",
        "The last line says why. Try the passes one at a time: capture(..., pipeline=[name]).",
    )
