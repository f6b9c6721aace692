"""Import the stack into the fork server, one preload after the other, without risk.

An import cannot be undone. So this process forks for each preload. The child imports it, shows that
it can still be forked, and continues as the fork server, while the parent ends. If the child fails,
crashes or hangs, the parent continues and leaves the preload out.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

from .fork_safety import fork_problem, held_locks, os_threads
from .readable import readable
from .recording import ImportRecorder, package_of

__all__ = ["DEFAULT_PRELOADS", "Preload", "preload_all", "skip_releases"]

DEFAULT_PRELOADS = (
    "ipykernel",
    "IPython",
    "numpy",
    "matplotlib",
    "paddle",
    "paddlenlp.transformers",
    "paddleocr",
    "paddle_workbench",
    "paddle_workbench.runs.warm_up",
)
# The answer of a child is one write to a pipe, which is atomic up to 4096 bytes.
MAXIMUM_PROBLEM_LENGTH = 600
MAXIMUM_ANSWER_BYTES = 4096
# Their libraries start threads when they are imported: those of OpenBLAS, which are stopped before
# a fork and started again after it, and those of Paddle and pyarrow, which are idle before an op.
_PACKAGES_WITH_KNOWN_THREADS = frozenset(package_of(name) for name in DEFAULT_PRELOADS)


@dataclass(frozen=True, slots=True)
class Preload:
    """The result of one preload.

    Parameters
    ----------
    module : str
    seconds : float
    problem : str
        Why it was left out; empty if it was imported.
    """

    module: str
    seconds: float
    problem: str = ""


def preload_all(
    modules: Sequence[str],
    recorder: ImportRecorder,
    *,
    limit_s: float,
    listener: Callable[[list[Preload]], None],
) -> list[Preload]:
    """Import modules; return the results in the last of the processes that this forks.

    Parameters
    ----------
    modules : sequence of str
    recorder : ImportRecorder
    limit_s : float
        A preload that takes longer is left out.
    listener : callable
        Called after each preload, in the process that continues.
    """
    preloads: list[Preload] = []
    for module in modules:
        begin = time.monotonic()

        def note(problem: str, module: str = module, begin: float = begin) -> None:
            preloads.append(Preload(module, round(time.monotonic() - begin, 2), problem))
            listener(preloads)

        problem = _advance(module, recorder, limit_s, note)
        if problem:
            note(problem)
    return preloads


def skip_releases() -> None:
    """Unregister what Paddle frees at exit.

    Forks share that memory, and would copy it page by page in order to free it.
    """
    core = sys.modules.get("paddle.base.core")
    if core is not None:
        atexit.unregister(core.clear_kernel_factory)


def _advance(
    module: str, recorder: ImportRecorder, limit_s: float, note: Callable[[str], None]
) -> str:
    """Import a module in a child that continues, or return the problem in this process."""
    reader, writer = os.pipe()
    # A signal waits until its handler knows the child.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    pid = os.fork()
    # A group of its own, which includes the processes that the module starts. Both processes set
    # it, since either may be the first that needs it.
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)
    signal.signal(signal.SIGTERM, partial(_stop, pid) if pid else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    if pid == 0:
        os.close(reader)
        problem = "it exited"
        try:
            problem = _import(module, recorder)
            if not problem:
                # Before the parent ends, so that the status always names a running process.
                note("")
        except BaseException as error:  # a module may raise anything
            problem = f"{type(error).__name__}: {error}"
        finally:
            os.write(writer, json.dumps(problem[:MAXIMUM_PROBLEM_LENGTH]).encode())
            os.close(writer)
            if problem:
                os._exit(1)
        return ""
    os.close(writer)
    answer = _receive(reader, pid, limit_s)
    if answer == b'""':
        os._exit(0)
    _kill(pid)
    _, status = os.waitpid(pid, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if answer:
        return str(json.loads(answer))
    if answer is None:
        return f"importing it took more than {limit_s:g} s"
    code = os.waitstatus_to_exitcode(status)
    return f"importing it ended the process ({_describe_exit(code)})"


def _receive(reader: int, pid: int, limit_s: float) -> bytes | None:
    """Return the answer of a child: empty if it ended without one, None if it took too long.

    The pipe need not reach its end, since the module may have started processes that hold it open.
    """
    descriptor = os.pidfd_open(pid)
    try:
        readable(reader, descriptor, timeout_s=limit_s)
        if readable(reader, timeout_s=0):
            return os.read(reader, MAXIMUM_ANSWER_BYTES)
        return b"" if readable(descriptor, timeout_s=0) else None
    finally:
        os.close(descriptor)
        os.close(reader)


def _stop(pid: int, _number: int, _frame: object) -> None:
    """End this process and the child that imports; the child may not be able to do it itself."""
    _kill(pid)
    os._exit(0)


def _kill(pid: int) -> None:
    """Kill a child and the processes that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _import(module: str, recorder: ImportRecorder) -> str:
    threads, locks = os_threads(), held_locks()
    with _kernel_shell(), _captured_output() as captures, recorder.recording(module):
        importlib.import_module(module)
    for descriptor, file in captures.items():
        file.seek(0)
        data = file.read()
        if data:
            recorder.record_output(descriptor, data, module)
        file.close()
    gc.collect()
    is_known = package_of(module) in _PACKAGES_WITH_KNOWN_THREADS
    problem = fork_problem(threads, locks, threads_are_known=is_known)
    # Later collections, here or in a fork, do not touch frozen objects, so they stay shared.
    gc.freeze()
    return problem


@contextmanager
def _kernel_shell() -> Iterator[None]:
    """Provide a shell of IPython to modules, as in a kernel.

    pandas uses it to choose the width of its output, and tqdm to choose its progress bar.
    """
    from ipykernel.zmqshell import ZMQInteractiveShell
    from IPython.core.interactiveshell import InteractiveShell

    shell: Any = ZMQInteractiveShell.__new__(ZMQInteractiveShell)
    classes: tuple[Any, ...] = (InteractiveShell, ZMQInteractiveShell)
    builtins.get_ipython = lambda: shell  # type: ignore[attr-defined]
    for shell_class in classes:
        shell_class._instance = shell
    try:
        yield
    finally:
        del builtins.get_ipython  # type: ignore[attr-defined]
        for shell_class in classes:
            shell_class._instance = None


@contextmanager
def _captured_output() -> Iterator[dict[int, IO[bytes]]]:
    """Capture what is written to the file descriptors of stdout and stderr."""
    captures: dict[int, IO[bytes]] = {
        number: tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        for number in (1, 2)
    }
    originals = {number: os.dup(number) for number in captures}
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        for number, file in captures.items():
            os.dup2(file.fileno(), number)
        yield captures
    finally:
        for number, original in originals.items():
            os.dup2(original, number)
            os.close(original)


def _describe_exit(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
