"""Waiting for the end of a child and for what it prints."""

from __future__ import annotations

import contextlib
import math
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Callable
from time import monotonic, perf_counter

from .outcome import Limit, Limits, Message

__all__ = ["Supervision"]

# How late a request to stop is noticed; without pidfd (macOS, old kernels) also the child's end.
TICK_S = 0.05
CHUNK_BYTES = 1 << 16


class Supervision:
    """Reads what a child prints and waits for its end; never blocks on a pipe."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
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
        # Where the first line of stderr begins that `on_line` has not been given.
        self._next_line = 0
        self.stdout, self.stderr = bytearray(), bytearray()
        # When stderr had grown to which length.
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
        return self._printed_bytes > self._limits.output_bytes

    def watch(self, listener: Callable[[], None] | None, poll_s: float) -> Limit | None:
        """Wait until the child ends, is to stop, or reaches a limit, which is returned."""
        started = monotonic()
        deadline = math.inf if self._limits.time_s is None else started + self._limits.time_s
        next_look = math.inf if listener is None else started
        while self._stop is None or not self._stop.is_set():
            if listener is not None and monotonic() >= next_look:
                listener()
                next_look = monotonic() + poll_s
            has_ended = self._wait(min(deadline, next_look))
            self.report_lines()
            if has_ended:
                break
            if self.is_over_output:
                return "output"
            if monotonic() >= deadline:
                return "time"
        return None

    def end(self, grace_s: float) -> None:
        """End the child with its process group, and read what is left in the pipes."""
        try:
            if grace_s and not self._wait(monotonic()):
                self._process.send_signal(signal.SIGINT)
                deadline = monotonic() + grace_s
                while not self._wait(deadline) and monotonic() < deadline:
                    pass
        finally:
            # Before the child is reaped: until then no other group can have its number.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            for key in list(self._selector.get_map().values()):
                # A process that has left the group may still print: not for ever.
                while key.data is not None and not self.is_over_output and self._read(key):
                    pass
            self._selector.close()
            if self._pidfd is not None:
                os.close(self._pidfd)

    def report_lines(self) -> None:
        """Call `on_line` with the lines of stderr that it has not been given."""
        while self._on_line is not None and (end := self.stderr.find(b"\n", self._next_line)) >= 0:
            line = self.stderr[self._next_line : end].decode("utf-8", "replace")
            self._next_line = end + 1
            self._on_line(line.rstrip())

    def messages(self) -> tuple[Message, ...]:
        """Return the lines of stderr with the time of their arrival, if they were timed."""
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
        """Wait for output or the end of the child, and return whether it has ended."""
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
        """Read from a pipe, and return whether there may be more; excess is dropped."""
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
