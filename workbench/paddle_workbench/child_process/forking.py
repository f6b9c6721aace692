"""Running a function in a fork of this process, which has already imported what it needs."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO, NoReturn

from .outcome import Limits, Outcome
from .parent_watch import end_with_parent
from .running import supervise

__all__ = ["Fork", "StalledForkError", "run_fork"]

_RESTORED_SIGNALS = (signal.SIGALRM, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)


def run_fork(
    work: Callable[[], None],
    *,
    limits: Limits,
    folder: Path,
    timed: bool = False,
    on_line: Callable[[str], None] | None = None,
    stall_s: float | None = None,
) -> Outcome:
    """Run a function in a fork of this process, and wait for its end.

    The fork has only the thread that called this function. A lock that another thread holds at that
    moment is never released in it, so it may hang where a module in a new process would not.

    Parameters
    ----------
    work : callable
        Its exception is printed to stderr, and makes the exit status 1.
    limits : Limits
        Those on time and output: the fork already has the memory of this process.
    folder : Path
        Its working folder, from which its answer is read.
    timed, on_line
        As in `run`.
    stall_s : float, optional
        The time after which a fork that only waits, as for a lock, is killed. It may wait longer
        for its own child processes, but for nothing else.

    Raises
    ------
    OSError
        If the process cannot be forked, for example because memory is short.
    StalledForkError
        If the fork has only waited for `stall_s` seconds.
    """
    process = Fork(work, folder)
    listener = None if stall_s is None else _StallWatch(process.pid, stall_s)
    try:
        return supervise(
            process, limits=limits, folder=folder, timed=timed, listener=listener, on_line=on_line
        )
    finally:
        process.close()


class StalledForkError(Exception):
    """The fork only waits."""


class _StallWatch:
    """Raises an error when a process without children has only slept for too long."""

    def __init__(self, pid: int, limit_s: float) -> None:
        import psutil  # not at the top, since every child imports this module

        self._process = psutil.Process(pid)
        self._limit_s = limit_s
        self._used_s: tuple[float, ...] = ()
        self._active_at = time.monotonic()

    def __call__(self) -> None:
        import psutil

        now = time.monotonic()
        try:
            is_asleep = self._process.status() == psutil.STATUS_SLEEPING
            used_s = tuple(self._process.cpu_times()[:2])
            if not is_asleep or used_s != self._used_s:
                self._used_s, self._active_at = used_s, now
            elif now - self._active_at > self._limit_s and not self._process.children():
                raise StalledForkError
        except psutil.Error:  # it has ended
            return


class Fork:
    """A fork of this process that calls a function, with what is needed of `Popen`'s interface."""

    def __init__(self, work: Callable[[], None], folder: Path) -> None:
        self.returncode: int | None = None
        parent_read, self._parent_write = os.pipe()
        stdout_read, stdout_write = os.pipe()
        stderr_read, stderr_write = os.pipe()
        read_ends = (self._parent_write, stdout_read, stderr_read)
        write_ends = (parent_read, stdout_write, stderr_write)
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns of the other threads of this process.
                warnings.simplefilter("ignore", DeprecationWarning)
                self.pid = os.fork()
        except OSError:
            for descriptor in (*read_ends, *write_ends):
                os.close(descriptor)
            raise
        if self.pid == 0:
            for descriptor in read_ends:
                os.close(descriptor)
            _run_child(work, folder, *write_ends)
        for descriptor in write_ends:
            os.close(descriptor)
        # Also here, since this process may have to kill the group before the fork has made it.
        with contextlib.suppress(OSError):
            os.setpgid(self.pid, self.pid)
        self.stdout: IO[bytes] = os.fdopen(stdout_read, "rb", buffering=0)
        self.stderr: IO[bytes] = os.fdopen(stderr_read, "rb", buffering=0)

    def poll(self) -> int | None:
        return self._reap(os.WNOHANG)

    def wait(self) -> int | None:
        return self._reap(0)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def close(self) -> None:
        self.stdout.close()
        self.stderr.close()
        os.close(self._parent_write)

    def _reap(self, options: int) -> int | None:
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, options)
            except ChildProcessError:  # other code of this process has reaped it
                self.returncode = 0
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode


def _run_child(
    work: Callable[[], None], folder: Path, parent: int, stdout: int, stderr: int
) -> NoReturn:
    """Become a child like that of `run`, call a function, and end without clean-up.

    What this process registered for its own end, such as closing its sockets, must not run here.
    """
    import ctypes  # not at the top, since every child imports this module
    import traceback

    status = 1
    try:
        gc.disable()  # it would copy the memory that is shared with the parent
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in _RESTORED_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        with Path(os.devnull).open("rb") as null:
            os.dup2(null.fileno(), 0)
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
        os.chdir(folder)
        threading.Thread(target=end_with_parent, args=(parent, 0.0), daemon=True).start()
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            ctypes.CDLL(None).fflush(None)  # what C++ printed
        os._exit(status)
