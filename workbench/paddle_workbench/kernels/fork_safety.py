"""Test whether this process can be forked, by doing in a child what a kernel does.

A preload can make a process unsafe to fork: its threads do not exist in the child, and a lock that
another thread holds during the fork is never released there.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from _thread import LockType
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .readable import readable

__all__ = ["FORK_LIMIT_S", "fork_problem", "held_locks", "os_threads", "run_in_child"]

FORK_LIMIT_S = 30.0
_RLOCK = type(threading.RLock())


def os_threads() -> list[str]:
    """Return the names of this process's threads, as the operating system lists them."""
    names = []
    for task in sorted(Path("/proc/self/task").iterdir()):
        with contextlib.suppress(OSError):
            names.append((task / "comm").read_text(encoding="utf-8").strip())
    return names


def held_locks() -> set[int]:
    """Return the identities of the locks that are held now.

    The garbage collector does not track locks, only the objects that refer to them, and only if
    they are not frozen.
    """
    held: set[int] = set()
    for container in gc.get_objects():
        for value in gc.get_referents(container):
            if isinstance(value, LockType):
                if value.locked():
                    held.add(id(value))
            elif isinstance(value, _RLOCK) and repr(value).startswith("<locked"):
                held.add(id(value))
    return held


def fork_problem(
    threads: list[str], locks: set[int], *, threads_are_known: bool, limit_s: float = FORK_LIMIT_S
) -> str:
    """Return why this process is no longer safe to fork; empty if it is safe.

    Parameters
    ----------
    threads : list of str
        The threads before the last preload.
    locks : set of int
        The locks that were held before the last preload.
    threads_are_known : bool
        Whether the threads of this preload are known to be restarted after a fork, or not needed.
    limit_s : float
        Seconds after which the child counts as hanging.
    """
    python_threads = [
        thread.name for thread in threading.enumerate() if thread is not threading.main_thread()
    ]
    if python_threads:
        return f"it started the thread {python_threads[0]!r}, which a fork would not have"
    new_threads = len(os_threads()) - len(threads)
    if new_threads > 0 and not threads_are_known:
        return f"it started native threads ({new_threads}), which a fork would not have"
    new_locks = len(held_locks() - locks)
    if new_locks:
        return f"it left locks held ({new_locks}), which a fork could not release"
    return run_in_child(_exercise_process, limit_s=limit_s)


def run_in_child(work: Callable[[], None], *, limit_s: float) -> str:
    """Run a function in a fork of this process, and return the problem; empty if there is none."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reader)
            work()
            status = 0
        except BaseException:
            with contextlib.suppress(OSError):
                os.write(writer, traceback.format_exc(limit=-1).encode()[-2000:])
        finally:
            os._exit(status)
    os.close(writer)
    try:
        return _outcome(pid, reader, limit_s)
    finally:
        os.close(reader)


def _outcome(pid: int, reader: int, limit_s: float) -> str:
    descriptor = os.pidfd_open(pid)
    try:
        ended = readable(descriptor, timeout_s=limit_s)
        if not ended:
            os.kill(pid, signal.SIGKILL)
    finally:
        os.close(descriptor)
    _, status = os.waitpid(pid, 0)
    if not ended:
        return f"a fork of it did not finish within {limit_s:g} s"
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return f"a fork of it was killed by {signal.Signals(-code).name}"
    if code:
        lines = os.read(reader, 4000).decode(errors="replace").strip().splitlines()
        return f"a fork of it failed: {lines[-1] if lines else f'exit status {code}'}"
    return ""


def _exercise_process() -> None:
    """Use what kernels use: memory, threads, files, processes, numpy and a Paddle op."""
    gc.collect()
    blocks = [bytes(1 << 20) for _ in range(32)]
    del blocks
    logging.getLogger(__name__).debug("testing the locks of a fork")
    done = threading.Event()
    thread = threading.Thread(target=done.set)
    thread.start()
    thread.join()
    with tempfile.TemporaryFile() as file:
        file.write(json.dumps({"time": time.time()}).encode())
    subprocess.run([sys.executable, "-S", "-c", ""], check=True, stdin=subprocess.DEVNULL)
    modules: dict[str, Any] = dict(sys.modules)
    if "numpy" in modules:
        matrix = modules["numpy"].ones((256, 256))
        if (matrix @ matrix)[0, 0] != 256:
            raise ArithmeticError("numpy computes a wrong product")
    if "paddle" in modules:
        paddle = modules["paddle"]
        tensor = paddle.ones([256, 256])
        if float((tensor @ tensor)[0, 0]) != 256:
            raise ArithmeticError("Paddle computes a wrong product")
