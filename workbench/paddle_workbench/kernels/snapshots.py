"""Snapshots of a running kernel: forks that wait, with all its variables, to continue from.

The kernel forks before a cell, and the fork sleeps at a UNIX socket. `resume` lets it fork again,
and that fork becomes a kernel (`resumed_kernel`), so a snapshot can be resumed any number of times.
Memory is shared with the kernel until one of them changes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import random
import selectors
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from .fork_safety import os_threads
from .messages import listen, peer_user, receive, send
from .snapshot_folder import KEPT, SOCKET_SUFFIX, end_snapshot, folder_path, sockets

__all__ = ["snapshot_problem", "take_snapshot"]

READY_LIMIT_S = 30.0
TICK_S = 1.0
RECEIVE_LIMIT_S = 2.0
# Below these parts of the memory none is taken, older ones end, and the newest ends.
_LEAST_TO_TAKE, _LEAST_FOR_OLDER, _LEAST_FOR_NEWEST = 0.2, 0.1, 0.05
# Threads of ipykernel and of IPython, which a resumed kernel starts again, and a timer of tqdm.
_OWN_THREADS = frozenset(
    {"MainThread", "IOPub", "Heartbeat", "Control", "Shell channel", "client-watch"}
)
_OWN_CLASSES = frozenset({"HistorySavingThread", "ParentPollerUnix", "ClientWatch", "TMonitor"})
_OWN_TARGETS = frozenset({"_watch_pipe_fd"})
_ZMQ_THREAD = "ZMQbg"

Task = Callable[[], None]


class _State(NamedTuple):
    """What a fork does not keep by itself: positions in open files, and `random`'s generator."""

    positions: dict[int, int]
    random: Any


def take_snapshot(folder: str, name: str, *, keep_s: float) -> str:
    """Fork this kernel, and return why that is not possible; empty if the fork waits.

    Call this in the main thread of a kernel, between two cells.

    Parameters
    ----------
    folder : str
        Where the socket of the snapshot is made; without it the snapshot ends.
    name : str
        The name of the snapshot. The oldest ones by their names end if there are too many.
    keep_s : float
        Seconds after which it ends.
    """
    place = Path(folder)
    if _free_part() < _LEAST_TO_TAKE:
        for path in sockets(place):
            end_snapshot(path)
        return "less than a fifth of the memory is free"
    problem = snapshot_problem()
    if problem:
        return problem
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    reader, writer = os.pipe()
    random_state = random.getstate()
    child = os.fork()
    if child == 0:
        _leave_kernel(place, name, writer, keep_s, random_state)
    os.close(writer)
    os.waitpid(child, 0)
    # OpenBLAS ends its threads before a fork, and starts them when it needs them again.
    problem = _native_thread_problem()
    is_ready = os.read(reader, 1) == b"r"
    os.close(reader)
    path = place / f"{name}{SOCKET_SUFFIX}"
    if problem:
        end_snapshot(path)
        return problem
    if not is_ready:
        return "the fork of the kernel did not start"
    for old in sockets(place)[:-KEPT]:
        end_snapshot(old)
    return ""


def snapshot_problem() -> str:
    """Return why a fork of this kernel could not continue its work; empty if it could."""
    for thread in threading.enumerate():
        if not _is_own(thread):
            return f"the notebook has started the thread {thread.name!r}, which a fork would lack"
    if _children():
        return "the notebook has started a process that is running"
    for target in _descriptors().values():
        if target.startswith("/dev/nvidia"):
            return "the notebook uses the GPU, whose state a fork cannot have"
    kernel = _kernel()
    if kernel is None:
        return "this process is not a kernel of ipykernel"
    if kernel.eventloop is not None:
        return "the kernel runs the event loop of a window"
    return ""


def _is_own(thread: threading.Thread) -> bool:
    target = getattr(getattr(thread, "_target", None), "__name__", "")
    is_own = thread.name in _OWN_THREADS or type(thread).__name__ in _OWN_CLASSES
    return is_own or target in _OWN_TARGETS


def _native_thread_problem() -> str:
    native = sum(not name.startswith(_ZMQ_THREAD) for name in os_threads())
    extra = native - threading.active_count()
    if extra <= 0:
        return ""
    return (
        f"a library has started native threads ({extra}), which a fork would lack; "
        "OMP_NUM_THREADS=1 before the start avoids those of Paddle"
    )


def _kernel() -> Any:
    from ipykernel.kernelbase import Kernel

    return Kernel.instance() if Kernel.initialized() else None


def _children() -> list[int]:
    children: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            children += map(int, (task / "children").read_text(encoding="ascii").split())
    return children


def _descriptors() -> dict[int, str]:
    """Return the targets of the open descriptors."""
    targets = {}
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            targets[int(entry.name)] = str(entry.readlink())
    return targets


def _free_part() -> float:
    """Return which part of the machine's memory is available."""
    sizes = {}
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        sizes[name] = int(value.split()[0])
    return sizes["MemAvailable"] / sizes["MemTotal"]


def _leave_kernel(
    folder: Path, name: str, ready: int, keep_s: float, random_state: Any
) -> NoReturn:
    """Become a process without parent that waits; its forks leave through `_Snapshot.wait`."""
    try:
        # No signal for the kernel and its group may reach it.
        os.setsid()
        if os.fork():
            os._exit(0)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with contextlib.suppress(OSError):
            # If the memory is used up, the system ends this process first.
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
        was_collecting = gc.isenabled()
        gc.disable()
        state = _State(_release_descriptors({ready}), random_state)
        snapshot = _Snapshot(folder, name, keep_s=keep_s)
        os.write(ready, b"r")
        os.close(ready)
        task = snapshot.wait(state)
        if was_collecting:
            gc.enable()
        if task is not None:
            task()
    finally:
        os._exit(1)


def _release_descriptors(exceptions: set[int]) -> dict[int, int]:
    """Replace what belongs to the kernel by the null device; return the positions in open files.

    The numbers stay taken, since objects of the kernel close them when they are collected.
    """
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    positions = {}
    for number, target in _descriptors().items():
        if number == null or number in exceptions:
            continue
        with contextlib.suppress(OSError):
            if number <= 2 or target.startswith(("socket:", "pipe:", "anon_inode:")):
                os.dup2(null, number, inheritable=number <= 2)
            elif stat.S_ISREG(os.fstat(number).st_mode):
                positions[number] = os.lseek(number, 0, os.SEEK_CUR)
    os.close(null)
    return positions


def _restore_positions(positions: dict[int, int]) -> None:
    """Open files again at their positions, which the kernel and its forks share until then."""
    for number, position in positions.items():
        with contextlib.suppress(OSError):
            flags = fcntl.fcntl(number, fcntl.F_GETFL)
            closes = not os.get_inheritable(number)
            copy = os.open(f"/proc/self/fd/{number}", flags & ~(os.O_CREAT | os.O_TRUNC))
            os.lseek(copy, position, os.SEEK_SET)
            os.dup2(copy, number, inheritable=not closes)
            os.close(copy)


class _Snapshot:
    """Waits at a socket, and forks kernels."""

    def __init__(self, folder: Path, name: str, *, keep_s: float) -> None:
        self._folder = folder
        self._directory = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        self._name = f"{name}{SOCKET_SUFFIX}"
        self._end = time.monotonic() + keep_s
        self._path = folder_path(self._directory) / self._name
        self._listener = listen(self._path)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._clients: dict[int, tuple[int, Any]] = {}

    def wait(self, state: _State) -> Task | None:
        """Answer requests; return None at the end, and in a fork its task."""
        while not self._is_over():
            for key, _ in self._selector.select(TICK_S):
                if key.fd in self._clients:
                    self._reap(key.fd)
                    continue
                task = self._answer(state)
                if task is not None:
                    return task
        # A kernel that it has forked would lose its exit status, and nothing else.
        with contextlib.suppress(OSError):
            self._path.unlink()
        os._exit(0)

    def _is_over(self) -> bool:
        try:
            if not os.path.samestat(self._folder.stat(), os.fstat(self._directory)):
                return True
            (self._folder / self._name).lstat()
        except OSError:
            return True
        if self._clients:
            return False
        is_newest = sockets(self._folder)[-1:] == [self._folder / self._name]
        least = _LEAST_FOR_NEWEST if is_newest else _LEAST_FOR_OLDER
        return time.monotonic() > self._end or _free_part() < least

    def _answer(self, state: _State) -> Task | None:
        descriptors: list[int] = []
        try:
            connection = self._listener.accept()[0]
            connection.settimeout(RECEIVE_LIMIT_S)
            if peer_user(connection) != os.geteuid():
                connection.close()
                return None
            request, descriptors = receive(connection) or ({}, [])
            if request.get("do") == "launch":
                return self._launch(connection, request, descriptors, state)
            if request.get("do") == "status":
                send(connection, {"pid": os.getpid(), "memory_bytes": _private_bytes()})
            elif request.get("do") == "end":
                self._path.unlink(missing_ok=True)
                send(connection, {"ended": os.getpid()})
                os._exit(0)
            connection.close()
        except (OSError, ValueError):
            pass
        finally:
            for descriptor in descriptors:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        return None

    def _launch(
        self,
        connection: Any,
        request: dict[str, Any],
        descriptors: list[int],
        state: _State,
    ) -> Task | None:
        child = os.fork()
        if child == 0:
            kept = [os.dup(descriptor) for descriptor in descriptors]
            for number in (connection.fileno(), self._listener.fileno(), self._directory):
                os.close(number)
            for object_ in (connection, self._listener):
                object_.detach()
            self._selector.close()
            return lambda: _resume(request, kept, state)
        descriptor = os.pidfd_open(child)
        self._clients[descriptor] = (child, connection)
        self._selector.register(descriptor, selectors.EVENT_READ)
        send(connection, {"pid": child}, [descriptor])
        return None

    def _reap(self, descriptor: int) -> None:
        child, connection = self._clients.pop(descriptor)
        _, status = os.waitpid(child, 0)
        self._selector.unregister(descriptor)
        os.close(descriptor)
        with contextlib.suppress(OSError):
            send(connection, {"exit": os.waitstatus_to_exitcode(status)})
        connection.close()


def _resume(request: dict[str, Any], descriptors: list[int], state: _State) -> None:
    from .resumed_kernel import run_resumed_kernel

    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("0", encoding="ascii")
    _restore_positions(state.positions)
    # Python seeds the generator in every fork, and what starts a kernel draws numbers from it.
    run_resumed_kernel(request, descriptors, lambda: random.setstate(state.random))


def _private_bytes() -> int:
    """Return how much memory only this process uses."""
    total = 0
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]:
            name, _, value = line.partition(":")
            if name in ("Private_Clean", "Private_Dirty", "Swap"):
                total += int(value.split()[0]) * 1024
    return total
