"""Reading the output of a child process, and waiting for its end."""

from __future__ import annotations

import contextlib
import math
import os
import selectors
import signal
import threading
from collections.abc import Callable
from time import monotonic, perf_counter
from typing import IO, Protocol

from .outcome import Limit, Limits, Message

__all__ = ["Process", "Supervision"]

# The delay until a request to stop is noticed, and, without pidfd (macOS), the end of the child.
TICK_S = 0.05
CHUNK_BYTES = 1 << 16


class Process(Protocol):
    """A child that leads a process group: `subprocess.Popen`, or a fork."""

    pid: int
    returncode: int | None

    @property
    def stdout(self) -> IO[bytes] | None: ...

    @property
    def stderr(self) -> IO[bytes] | None: ...

    def poll(self) -> int | None: ...

    def wait(self) -> int | None: ...

    def send_signal(self, number: int, /) -> None: ...


class Supervision:
    """Reads the output of a child without blocking, and waits for its end."""

    def __init__(
        self,
        process: Process,
        limits: Limits,
        *,
        timed: bool,
        stop: threading.Event | None,
        on_line: Callable[[str], None] | None,
    ) -> None:
        self._process = process
        self._limits = limits
        self._timed = timed
        self._stop = stop
        self._on_line = on_line
        # The position in stderr of the first line that was not yet passed to `on_line`.
        self._next_line = 0
        self.stdout, self.stderr = bytearray(), bytearray()
        # Times, and the length of stderr at each of them.
        self._arrivals: list[tuple[float, int]] = []
        self._printed_bytes = 0
        self._selector = selectors.DefaultSelector()
        for pipe, output in ((process.stdout, self.stdout), (process.stderr, self.stderr)):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                self._selector.register(pipe, selectors.EVENT_READ, output)
        self._pidfd: int | None = None
        with contextlib.suppress(AttributeError, OSError):
            self._pidfd = os.pidfd_open(process.pid)
            self._selector.register(self._pidfd, selectors.EVENT_READ)

    @property
    def is_over_output(self) -> bool:
        """Whether the child has printed more than its limit."""
        return self._printed_bytes > self._limits.output_bytes

    def watch(self, listener: Callable[[], None] | None, poll_s: float) -> Limit | None:
        """Wait until the child ends, should stop, or exceeds a limit, which is returned."""
        start = monotonic()
        deadline = math.inf if self._limits.time_s is None else start + self._limits.time_s
        next_call = math.inf if listener is None else start
        while self._stop is None or not self._stop.is_set():
            if listener is not None and monotonic() >= next_call:
                listener()
                next_call = monotonic() + poll_s
            has_ended = self._wait(min(deadline, next_call))
            self.report_lines()
            if has_ended:
                break
            if self.is_over_output:
                return "output"
            if monotonic() >= deadline:
                return "time"
        return None

    def end(self, grace_s: float) -> None:
        """End the child and its process group, and read the remaining output."""
        try:
            if grace_s and not self._wait(monotonic()):
                self._process.send_signal(signal.SIGINT)
                deadline = monotonic() + grace_s
                while not self._wait(deadline) and monotonic() < deadline:
                    pass
        finally:
            # Before the child is reaped, after which another group could have its number.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            for key in list(self._selector.get_map().values()):
                # A process that has left the group may print endlessly, hence the limit.
                while key.data is not None and not self.is_over_output and self._read(key):
                    pass
            self._selector.close()
            if self._pidfd is not None:
                os.close(self._pidfd)

    def report_lines(self) -> None:
        """Call `on_line` with new complete lines of stderr."""
        while self._on_line is not None and (end := self.stderr.find(b"\n", self._next_line)) >= 0:
            line = self.stderr[self._next_line : end].decode("utf-8", "replace")
            self._next_line = end + 1
            self._on_line(line.rstrip())

    def messages(self) -> tuple[Message, ...]:
        """Return the lines of stderr with the times of their arrival, if `timed` was set."""
        messages: list[Message] = []
        start = 0
        for seconds, size in self._arrivals:
            while (end := self.stderr.find(b"\n", start, size)) >= 0:
                messages.append(_message(seconds, self.stderr[start:end]))
                start = end + 1
        if self._arrivals and start < len(self.stderr):
            messages.append(_message(self._arrivals[-1][0], self.stderr[start:]))
        return tuple(messages)

    def _wait(self, until: float) -> bool:
        """Wait for output or the end of the child, and return whether the child has ended."""
        if self._stop is not None or self._pidfd is None:
            until = min(until, monotonic() + TICK_S)
        keys = self._selector.select(None if until == math.inf else max(0.0, until - monotonic()))
        for key, _ in keys:
            if key.data is not None:
                self._read(key)
        if self._pidfd is None:
            return self._process.poll() is not None
        return any(key.data is None for key, _ in keys)

    def _read(self, key: selectors.SelectorKey) -> bool:
        """Read from a pipe, drop output beyond the limit, and return whether there may be more."""
        try:
            chunk = os.read(key.fd, CHUNK_BYTES)
        except BlockingIOError:
            return False
        if not chunk:
            self._selector.unregister(key.fileobj)
            return False
        self._printed_bytes += len(chunk)
        if not self.is_over_output:
            key.data.extend(chunk)
            if self._timed and key.data is self.stderr:
                self._arrivals.append((perf_counter(), len(self.stderr)))
        return True


def _message(seconds: float, line: bytearray) -> Message:
    return Message(seconds, line.decode("utf-8", "replace").rstrip())
