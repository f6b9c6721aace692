"""A kernel that is not a child of this process, with the interface of `subprocess.Popen`."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from typing import IO

from .messages import receive
from .readable import readable

__all__ = ["UNKNOWN_STATUS", "WarmProcess"]

# For a kernel that ended after the fork server, which alone would know its status.
UNKNOWN_STATUS = 255
MAXIMUM_REPORT_BYTES = 16


class WarmProcess:
    """A process known by its pidfd; the fork server reports its exit status.

    Parameters
    ----------
    pid, descriptor : int
        The process id, and a pidfd of the process, which is closed here.
    connection : socket
        The connection on which the fork server sends the exit status.
    report : int
        A pipe on which the process reports once: a kernel that its ports are open, a command its
        exit status.
    stdin : file or None
        The writer of the stdin of the process.
    """

    stdout: None = None
    stderr: None = None

    def __init__(
        self,
        pid: int,
        descriptor: int,
        connection: socket.socket,
        *,
        report: int,
        stdin: IO[bytes] | None,
    ) -> None:
        self.pid = pid
        self.stdin = stdin
        self.returncode: int | None = None
        self._descriptor = descriptor
        self._report = report
        self._connection: socket.socket | None = connection

    def read_report(self, limit_s: float | None = None) -> bytes:
        """Wait until the process reports, and return what; call this once.

        Returns
        -------
        bytes
            Empty if the process ends without a report, or does not report within the limit.
        """
        readable(self._report, self.fileno(), timeout_s=limit_s)
        # Both may be ready.
        is_ready = bool(readable(self._report, timeout_s=0))
        data = os.read(self._report, MAXIMUM_REPORT_BYTES) if is_ready else b""
        os.close(self._report)
        return data

    def fileno(self) -> int:
        """Return a descriptor that can be read from when the process has ended."""
        return self._descriptor if self._connection is None else self._connection.fileno()

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal; None while the process is running."""
        return self._poll(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process ends, and return its exit status.

        Raises
        ------
        subprocess.TimeoutExpired
            If the process is still running after `timeout` seconds.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            remaining_s = None if end is None else max(0.0, end - time.monotonic())
            status = self._poll(remaining_s)
            if status is not None:
                return status
            if remaining_s == 0:
                import subprocess

                raise subprocess.TimeoutExpired(f"kernel {self.pid}", timeout or 0)

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _poll(self, wait_s: float | None) -> int | None:
        if self.returncode is None:
            # The fork server sends the status. Without it, the pidfd shows only that it ended.
            ready = readable(self.fileno(), timeout_s=wait_s)
            if ready and self._connection is None:
                self._end(UNKNOWN_STATUS)
            elif ready:
                self._receive_status()
        return self.returncode

    def _receive_status(self) -> None:
        assert self._connection is not None  # noqa: S101 - its caller has tested it
        try:
            message = receive(self._connection)
        except (OSError, ValueError):
            message = None
        if message is not None:
            self._end(int(message[0]["exit"]))
            return
        self._connection.close()
        self._connection = None

    def _end(self, status: int) -> None:
        self.returncode = status
        os.close(self._descriptor)
        if self.stdin is not None:
            self.stdin.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
