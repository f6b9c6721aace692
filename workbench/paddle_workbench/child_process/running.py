"""Running a module in a child process, and waiting for it here or in an event loop."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path

from .outcome import Limits, Outcome, read_answer
from .supervision import Supervision

__all__ = ["module_command", "run", "run_async", "with_absolute_paths"]

POLL_S = 0.2

_PACKAGE = "paddle_workbench.child_process"
_HAS_SAFE_PATH_FLAG = sys.version_info >= (3, 11)
# Python 3.10 has no -P. The first entry is the current folder, and nothing is imported before.
_RUN_MODULE = (
    "import sys; del sys.path[0]; import runpy; "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)
# The words of Python, C++, the loader of libraries, and the C library.
_OUT_OF_MEMORY = re.compile(
    rb"MemoryError|bad_alloc|failed to map segment|Cannot allocate memory", re.IGNORECASE
)


def module_command(module: str, *arguments: str) -> list[str]:
    """Return the command of `python -m` that does not import from the current folder.

    It has a flag, and the variable PYTHONSAFEPATH is not set: kernels would inherit it, and they
    have to import from their notebook's folder.
    """
    start = ["-P", "-m"] if _HAS_SAFE_PATH_FLAG else ["-c", _RUN_MODULE]
    return [sys.executable, *start, module, *arguments]


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
) -> Outcome:
    """Run a module in a child process and wait for its end.

    Parameters
    ----------
    module : str
        Run as `__main__`.
    *arguments : str
        Its command line.
    limits : Limits
    folder : Path, optional
        Its working folder, where its answer is read from. By default this process's, without an
        answer.
    environment : mapping, optional
        By default this process's.
    grace_s : float
        How long it may take to end after SIGINT, if it has to. By default it is killed at once.
    timed : bool
        Keep the moment at which each line of stderr arrives.
    listener : callable, optional
        Called at the start, every `poll_s` seconds and after the end. If it raises, the child ends.
    on_line : callable, optional
        Called with each line of stderr as it arrives. If it raises, the child ends.
    stop : Event, optional
        Ends the child from another thread; the outcome is then that of a child that was killed.
    """
    own_arguments = (str(limits.memory_bytes or 0), str(grace_s))
    with subprocess.Popen(
        module_command(_PACKAGE, *own_arguments, module, *arguments),
        cwd=folder,
        env=with_absolute_paths(os.environ if environment is None else environment),
        # The child reads its end from it: this process closes it, or ends.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    ) as process:
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
    """Run a module as `run` does, in a thread; cancelling this ends the child."""
    import asyncio  # here, since every child imports this module

    stop = threading.Event()
    future: Future[Outcome] = Future()

    def work() -> None:
        try:
            future.set_result(run(module, *arguments, limits=limits, folder=folder, stop=stop))
        except BaseException as error:
            future.set_exception(error)

    # Not in the loop's executor: its threads are few, and a process that exits waits for them.
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
    absolute = dict(environment)
    entries = absolute.pop("PYTHONPATH", "").split(os.pathsep)
    paths = [str(Path(entry).absolute()) for entry in entries if entry]
    return {**absolute, "PYTHONPATH": os.pathsep.join(paths)} if paths else absolute
