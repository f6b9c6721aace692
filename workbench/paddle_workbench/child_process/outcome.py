"""The outcome of a child process: how it ended, its output and its answer."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..terminal_text import printable

__all__ = ["ANSWER", "Limit", "Limits", "Message", "Outcome", "read_answer", "write_answer"]

ANSWER = "answer.json"
MIB = 1 << 20

# The words of the C library, with which Python and C++ report it.
_DISK_FULL = re.compile(rb"No space left on device|Disk quota exceeded")

Limit = Literal["time", "memory", "output"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a child process.

    Parameters
    ----------
    time_s : float, optional
    memory_bytes : int, optional
        Limit on its address space. A child that opens a GPU maps far more than it uses.
    output_bytes : int
        Limit on stdout and stderr together, and on the size of its answer.
    """

    time_s: float | None = None
    memory_bytes: int | None = None
    output_bytes: int = 64 * MIB


@dataclass(frozen=True, slots=True)
class Message:
    """A line of stderr and the time of its arrival, as of `time.perf_counter`."""

    seconds: float
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a child process ended, and what it produced.

    Parameters
    ----------
    status : int or None
        Its exit status, negative for a signal; None if it was killed at a limit.
    limit : {"time", "memory", "output"} or None
        The limit that it exceeded.
    limits : Limits
    stdout, stderr : bytes
    answer : dict or None
        What it passed to `write_answer`.
    messages : tuple of Message
        The lines of stderr, if `timed` was set.
    """

    status: int | None
    limit: Limit | None
    limits: Limits
    stdout: bytes
    stderr: bytes
    answer: dict[str, Any] | None = None
    messages: tuple[Message, ...] = ()

    @property
    def signal_name(self) -> str:
        """The signal that killed the child; empty if it exited by itself."""
        number = -(self.status or 0)
        if number <= 0:
            return ""
        try:
            return signal.Signals(number).name
        except ValueError:
            return f"signal {number}"

    @property
    def problem(self) -> str:
        """What went wrong, as a predicate, for example `was killed by SIGSEGV`."""
        if self.limit == "time":
            return f"did not finish within {self.limits.time_s:g} s"
        if self.limit == "memory":
            return f"needed more than {(self.limits.memory_bytes or 0) // MIB} MiB of memory"
        if self.limit == "output":
            return f"printed more than {self.limits.output_bytes // MIB} MiB"
        if self.signal_name:
            return f"was killed by {self.signal_name}"
        return f"failed with exit {self.status}" if self.status else "gave no answer"

    @property
    def is_disk_full(self) -> bool:
        """Whether it failed since it could not write a file."""
        return bool(self.status) and _DISK_FULL.search(self.stderr[-1000:]) is not None

    def last_lines(self, count: int = 3, *, length: int = 200) -> list[str]:
        """Return the last non-empty lines of stderr, truncated, as `printable` text."""
        # There may be a lot of output, and its end suffices.
        text = self.stderr[-MIB:].decode("utf-8", "replace")
        lines = [printable(line).rstrip() for line in text.splitlines()]
        return [line[:length] for line in lines if line][-count:]


def write_answer(answer: Mapping[str, Any]) -> None:
    """Write the answer for the parent into the working folder; for use in a child."""
    part = Path(f"{ANSWER}.part")
    part.write_text(json.dumps(answer), encoding="utf-8")
    part.rename(ANSWER)


def read_answer(folder: Path, *, limit_bytes: int) -> dict[str, Any] | None:
    """Return the answer in the folder of a child; None if there is no valid answer."""
    path = folder / ANSWER
    try:
        if not path.is_file() or path.stat().st_size > limit_bytes:
            return None
        answer = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
