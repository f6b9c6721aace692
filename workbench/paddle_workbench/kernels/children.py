"""The forks of the fork server: kernels, and spares that wait for a request."""

from __future__ import annotations

import contextlib
import math
import os
import selectors
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .hidden_modules import HiddenModules
from .messages import send

__all__ = ["Child", "Children"]

# A forked `workbench run` takes one and its kernel takes another.
MINIMUM_SPARES = 2
MAXIMUM_SPARES = 4
# The number of spares follows the number of launches in this time.
DEMAND_S = 60.0
# After a launch, no spare is forked for this time, so that the kernel can use the cores.
PAUSE_S = 0.5

Task = Callable[[], None]


@dataclass(slots=True)
class Child:
    """A fork of this process.

    Parameters
    ----------
    pid, descriptor : int
        The process id, and a pidfd of the process.
    control : socket or None
        The connection on which a spare waits for its request; None after it has received it.
    client : socket or None
        The connection to the client, which is informed when the child ends.
    """

    pid: int
    descriptor: int
    control: socket.socket | None
    client: socket.socket | None = None


class Children:
    """Forks spares, turns them into kernels, and reaps them.

    Parameters
    ----------
    selector : BaseSelector
        Each child is registered with its pidfd.
    hidden : HiddenModules
        The modules that kernels can import.
    """

    def __init__(self, selector: selectors.BaseSelector, hidden: HiddenModules) -> None:
        self.spares: list[Child] = []
        self.kernels: list[Child] = []
        self._selector = selector
        self._hidden = hidden
        # Those that libraries have opened, and the standard streams.
        self._library_descriptors = [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208
        self._library_descriptors = [
            number for number in self._library_descriptors if _is_for_kernels(number)
        ]
        self._launches: deque[float] = deque(maxlen=64)
        self._pause_until = 0.0

    def replenish(self) -> Task | None:
        """Fork one spare if there are too few; return None, and in the spare its task."""
        target = self._target()
        if len(self.spares) > target:
            # Removed at once: until it has ended, a launch might use it.
            self._dismiss(self.spares.pop())
        if len(self.spares) >= target or time.monotonic() < self._pause_until:
            return None
        with contextlib.suppress(OSError):
            return self._fork()
        self._pause_until = time.monotonic() + PAUSE_S
        return None

    def replenish_in_s(self) -> float:
        """Return the time until the next spare is to be forked; infinity if there are enough."""
        if len(self.spares) >= self._target():
            return math.inf
        return max(0.0, self._pause_until - time.monotonic())

    def launch(
        self, client: socket.socket, request: Mapping[str, Any], descriptors: list[int]
    ) -> Task | None:
        """Turn a spare into a kernel; return None, and in a new fork its task.

        Raises
        ------
        OSError
            If the process cannot be forked.
        """
        self._launches.append(time.monotonic())
        self._pause_until = time.monotonic() + PAUSE_S
        while True:
            if not self.spares:
                task = self._fork()
                if task is not None:
                    return task
            child = self.spares.pop(0)
            self.kernels.append(child)
            if child.control is None:
                continue
            try:
                send(child.control, dict(request), descriptors)
            except BrokenPipeError:  # the spare has died
                continue
            child.control.close()
            child.control = None
            break
        child.client = client
        send(client, {"pid": child.pid}, [child.descriptor])
        return None

    def _target(self) -> int:
        now = time.monotonic()
        recent = sum(now - launch < DEMAND_S for launch in self._launches)
        return min(MAXIMUM_SPARES, max(MINIMUM_SPARES, recent // 2))

    def reap(self, child: Child) -> int:
        """Reap a child that has ended, send its exit status to its client, and return it."""
        _, status = os.waitpid(child.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        for group in (self.spares, self.kernels):
            if child in group:
                group.remove(child)
        self._selector.unregister(child.descriptor)
        os.close(child.descriptor)
        if child.control is not None:
            child.control.close()
            self._pause_until = time.monotonic() + PAUSE_S
        if child.client is not None:
            with contextlib.suppress(OSError):
                send(child.client, {"exit": code})
            child.client.close()
        return code

    def dismiss(self) -> None:
        """End the spares."""
        for child in self.spares:
            self._dismiss(child)

    def _dismiss(self, child: Child) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(child.descriptor, signal.SIGKILL)

    def _fork(self) -> Task | None:
        own_end, child_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            pid = os.fork()
        except OSError:
            own_end.close()
            child_end.close()
            raise
        if pid == 0:
            number = child_end.detach()
            for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
                if int(name) != number and int(name) not in self._library_descriptors:
                    with contextlib.suppress(OSError):
                        os.close(int(name))
            # Already loaded. An import at the top would delay the start of the fork server.
            from .warm_fork import run_fork

            connection = socket.socket(fileno=number)
            return lambda: run_fork(connection, self._hidden, self._library_descriptors)
        child_end.close()
        child = Child(pid, os.pidfd_open(pid), own_end)
        self._selector.register(child.descriptor, selectors.EVENT_READ, child)
        self.spares.append(child)
        return None


def _is_for_kernels(number: int) -> bool:
    """Return whether an open descriptor belongs to a library rather than to the fork server."""
    if number <= 2:
        return True
    try:
        target = str(Path(f"/proc/self/fd/{number}").readlink())
    except OSError:
        return False
    return not target.endswith(("/lock", "/log")) and "[eventpoll]" not in target
