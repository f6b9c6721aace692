"""Running a module in a child process, and waiting for it with or without an event loop."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

from .outcome import Limits, Outcome, read_answer
from .supervision import Process, Supervision

__all__ = ["module_command", "run", "run_async", "supervise", "with_absolute_paths"]

POLL_S = 0.2

_PACKAGE = "paddle_workbench.child_process"
_HAS_SAFE_PATH_FLAG = sys.version_info >= (3, 11)
# Python 3.10 lacks -P. The first entry of sys.path, the current folder, is removed before imports.
_RUN_MODULE = (
    "import sys; del sys.path[0]; import runpy; "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)
# As reported by Python, which may lose its MemoryError and say only that an exception is missing,
# by C++, the dynamic loader, and the C library.
_OUT_OF_MEMORY = re.compile(
    rb"MemoryError|error return without exception set|without setting an exception|bad_alloc"
    rb"|failed to map segment|Cannot allocate memory",
    re.IGNORECASE,
)


def module_command(module: str, *arguments: str, interpreter: str | None = None) -> list[str]:
    """Return a command like `python -m`, but without the current folder on `sys.path`.

    It uses a flag instead of the variable PYTHONSAFEPATH, since kernels would inherit the variable,
    and they must be able to import from their notebook's folder.

    Parameters
    ----------
    module : str
    *arguments : str
    interpreter : str, optional
        Another Python of any version; by default that of this process.
    """
    has_flag = _HAS_SAFE_PATH_FLAG and interpreter is None
    start = ["-P", "-m"] if has_flag else ["-c", _RUN_MODULE]
    return [interpreter or sys.executable, *start, module, *arguments]


def run(
    module: str,
    *arguments: str,
    limits: Limits,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    grace_s: float = 0.0,
    timed: bool = False,
    listener: Callable[[], None] | None = None,
    poll_s: float = POLL_S,
    on_line: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
    pass_fds: Sequence[int] = (),
) -> Outcome:
    """Run a module in a child process, and wait for its end.

    Parameters
    ----------
    module : str
        The module to run as `__main__`.
    *arguments : str
        Its command-line arguments.
    limits : Limits
    folder : Path, optional
        Its working folder, from which its answer is read. By default it is that of this process,
        and there is no answer.
    environment : mapping, optional
        Its environment variables, by default those of this process.
    grace_s : float
        How long it may take to end after SIGINT, if it has to be stopped. By default it is killed
        at once.
    timed : bool
        Whether to record the time at which each line of stderr arrives.
    listener : callable, optional
        Called at the start, every `poll_s` seconds, and after the end. An exception ends the child.
    on_line : callable, optional
        Called with each line of stderr as it arrives. An exception ends the child.
    stop : Event, optional
        Ends the child when another thread sets it. The outcome is then that of a killed child.
    pass_fds : sequence of int
        File descriptors that stay open in the child.
    """
    own_arguments = (str(limits.memory_bytes or 0), str(grace_s))
    with subprocess.Popen(
        module_command(_PACKAGE, *own_arguments, module, *arguments),
        cwd=folder,
        env=with_absolute_paths(os.environ if environment is None else environment),
        # The child ends when this pipe is closed, which also happens if this process ends.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
        pass_fds=pass_fds,
    ) as process:
        return supervise(
            process,
            limits=limits,
            folder=folder,
            grace_s=grace_s,
            timed=timed,
            listener=listener,
            poll_s=poll_s,
            on_line=on_line,
            stop=stop,
        )


def supervise(
    process: Process,
    *,
    limits: Limits,
    folder: Path | None,
    grace_s: float = 0.0,
    timed: bool = False,
    listener: Callable[[], None] | None = None,
    poll_s: float = POLL_S,
    on_line: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
) -> Outcome:
    """Wait for the end of a child that has started, as `run` does."""
    supervision = Supervision(process, limits, timed=timed, stop=stop, on_line=on_line)
    try:
        limit = supervision.watch(listener, poll_s)
    finally:
        supervision.end(grace_s)
    supervision.report_lines()
    if listener is not None:
        listener()
    if limit is None and supervision.is_over_output:
        limit = "output"
    status = process.returncode if limit is None else None
    stderr = bytes(supervision.stderr)
    if status and limits.memory_bytes and _OUT_OF_MEMORY.search(stderr[-1000:]):
        limit = "memory"
    return Outcome(
        status=status,
        limit=limit,
        limits=limits,
        stdout=bytes(supervision.stdout),
        stderr=stderr,
        answer=read_answer(folder, limit_bytes=limits.output_bytes) if folder is not None else None,
        messages=supervision.messages(),
    )


async def run_async(
    module: str, *arguments: str, limits: Limits, folder: Path | None = None
) -> Outcome:
    """Run a module as `run` does, in a thread; cancellation ends the child."""
    import asyncio  # not at the top, since every child imports this module

    stop = threading.Event()
    future: Future[Outcome] = Future()

    def work() -> None:
        try:
            future.set_result(run(module, *arguments, limits=limits, folder=folder, stop=stop))
        except BaseException as error:
            future.set_exception(error)

    # Not in the loop's executor, which has few threads and delays the exit of the process.
    threading.Thread(target=work, daemon=True).start()
    waiting = asyncio.wrap_future(future)
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([waiting])
        raise


def with_absolute_paths(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment whose PYTHONPATH does not name the process's working folder.

    An empty entry means that folder; `PYTHONPATH=$PYTHONPATH:/mine` often has one. The other
    entries keep their meaning if the process starts in another folder.
    """
    variables = dict(environment)
    entries = variables.pop("PYTHONPATH", "").split(os.pathsep)
    paths = [str(Path(entry).absolute()) for entry in entries if entry]
    return {**variables, "PYTHONPATH": os.pathsep.join(paths)} if paths else variables
