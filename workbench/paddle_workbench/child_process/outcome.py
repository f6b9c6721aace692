"""How a child process ended, and its answer."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

__all__ = ["Limit", "Limits", "Message", "Outcome", "read_answer", "write_answer"]

ANSWER = "answer.json"
MIB = 1 << 20

Limit = Literal["time", "memory", "output"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use.

    Parameters
    ----------
    time_s : float, optional
    memory_bytes : int, optional
        Address space, of which a child that opens a GPU maps far more than it uses.
    output_bytes : int
        What it may print to stdout and stderr together, and the size of its answer.
    """

    time_s: float | None = None
    memory_bytes: int | None = None
    output_bytes: int = 64 * MIB


@dataclass(frozen=True, slots=True)
class Message:
    """A line of stderr, and when it arrived on the clock of `time.perf_counter`."""

    seconds: float
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a child process ended, and its answer.

    Parameters
    ----------
    status : int or None
        Its exit status, negative for a signal; None if it was ended at a limit.
    limit : {"time", "memory", "output"} or None
        The limit that it reached.
    limits : Limits
    stdout, stderr : bytes
    answer : dict or None
        What it passed to `write_answer`.
    messages : tuple of Message
        The lines of stderr, if they were to be timed.
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
        """The signal that killed the child; empty if none did."""
        number = -(self.status or 0)
        if number <= 0:
            return ""
        try:
            return signal.Signals(number).name
        except ValueError:
            return f"signal {number}"

    @property
    def problem(self) -> str:
        """What went wrong, to follow a subject: `was killed by SIGSEGV`."""
        if self.limit == "time":
            return f"did not finish within {self.limits.time_s:g} s"
        if self.limit == "memory":
            return f"needed more than {(self.limits.memory_bytes or 0) // MIB} MiB of memory"
        if self.limit == "output":
            return f"printed more than {self.limits.output_bytes // MIB} MiB"
        if self.signal_name:
            return f"was killed by {self.signal_name}"
        return f"failed with exit {self.status}" if self.status else "gave no answer"

    def last_lines(self, count: int = 3, *, length: int = 200) -> list[str]:
        """Return the last lines of stderr that are not empty, cut to a length, without colours."""
        # The end suffices: there may be very much of it.
        text = self.stderr[-MIB:].decode("utf-8", "replace")
        lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in text.splitlines()]
        return [line[:length] for line in lines if line][-count:]


def write_answer(answer: Mapping[str, Any]) -> None:
    """Leave an answer for the parent; called in a child whose working folder is its own."""
    part = Path(f"{ANSWER}.part")
    part.write_text(json.dumps(answer), encoding="utf-8")
    part.rename(ANSWER)


def read_answer(folder: Path, *, limit_bytes: int) -> dict[str, Any] | None:
    """Return what a child left in its folder; None if that is not an answer."""
    path = folder / ANSWER
    try:
        if not path.is_file() or path.stat().st_size > limit_bytes:
            return None
        answer = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
