"""A module or a function in a child process that answers one request after the other."""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import threading
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from .forking import Fork
from .outcome import Limits, Outcome
from .running import run, supervise

__all__ = ["ForkWorker", "Reply", "Worker", "answer_requests"]

# The sizes in bytes of the values, as JSON, and of the content that follows them.
_HEAD = struct.Struct(">IQ")
# What a fork sends when it has passed its check.
_SOUND = b"s"
FORKS = 3
"""How many forks are tried; that another thread holds a lock at each of them is improbable."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request.

    Parameters
    ----------
    values : mapping
        What can be written as JSON.
    content : bytes-like
        Bytes that would be slow as JSON.
    """

    values: Mapping[str, Any]
    content: bytes | bytearray | memoryview = b""


class Worker:
    """A child process that stays for further requests, since it takes long to start.

    Not thread-safe. The module calls `answer_requests`. The child ends with `close`, or when
    nothing refers to the worker any more.

    Parameters
    ----------
    module : str
        The module to run as `__main__`.
    limits : Limits
        Its time applies to each request, the first of which includes the start of the child; its
        output also to each reply.
    environment : mapping, optional
        As for `run`.
    """

    def __init__(
        self, module: str, *, limits: Limits, environment: Mapping[str, str] | None = None
    ) -> None:
        child_socket = self._open(limits)
        number = child_socket.fileno()
        stop = self._stop  # a worker that its thread knew would never be collected
        self._wait(
            lambda: run(
                module,
                str(number),
                limits=replace(limits, time_s=None),
                environment=environment,
                stop=stop,
                pass_fds=(number,),
            ),
            child_socket,
            name=f"worker {module}",
        )

    def _open(self, limits: Limits) -> socket.socket:
        """Prepare the conversation, and return the child's end of it."""
        self._limits = limits
        self._process_id = os.getpid()
        self._stop = threading.Event()
        self._outcome: Future[Outcome] = Future()
        self._socket, child_socket = socket.socketpair()
        weakref.finalize(self, _let_go, self._stop, self._socket, self._process_id).atexit = False
        return child_socket

    def _wait(
        self, run_child: Callable[[], Outcome], child_socket: socket.socket, *, name: str
    ) -> None:
        """Wait in a thread for the end of the child."""
        outcome = self._outcome

        def work() -> None:
            try:
                outcome.set_result(run_child())
            except BaseException as error:
                outcome.set_exception(error)
            finally:
                # Until then, a request waits for the child's end instead of failing.
                child_socket.close()

        threading.Thread(target=work, name=name, daemon=True).start()

    @property
    def is_usable(self) -> bool:
        """Whether the child may still answer: it runs, and this process has not been forked."""
        return self._process_id == os.getpid() and not self._outcome.done()

    def request(self, values: Mapping[str, Any]) -> Reply | Outcome:
        """Return the child's reply, or its outcome if it ended instead.

        Raises
        ------
        OSError
            If the child cannot be started.
        """
        if not self.is_usable:
            return self.close()
        deadline = None if self._limits.time_s is None else monotonic() + self._limits.time_s
        try:
            return self._ask(values, deadline)
        except TimeoutError:
            return replace(self.close(), status=None, limit="time")
        except (EOFError, ConnectionError):
            return self._end()
        except BaseException:
            # For example an interrupt, after which the rest of the reply is still to come.
            self.close()
            raise

    def close(self) -> Outcome:
        """End the child if it is still running, and return its outcome."""
        if self._process_id != os.getpid():  # a forked process, which lacks the thread
            self._socket.close()
            return Outcome(status=None, limit=None, limits=self._limits, stdout=b"", stderr=b"")
        self._stop.set()
        return self._end()

    def _end(self) -> Outcome:
        """Wait for the end of the child, and return its outcome."""
        try:
            return replace(self._outcome.result(), limits=self._limits)
        finally:
            self._socket.close()

    def _ask(self, values: Mapping[str, Any], deadline: float | None) -> Reply | Outcome:
        self._socket.settimeout(self._limits.time_s)
        self._socket.sendall(json.dumps(values).encode() + b"\n")
        values_bytes, content_bytes = _HEAD.unpack(self._receive(_HEAD.size, deadline))
        if values_bytes + content_bytes > self._limits.output_bytes:
            return replace(self.close(), status=None, limit="output")
        reply = json.loads(self._receive(values_bytes, deadline))
        return Reply(reply, self._receive(content_bytes, deadline))

    def _receive(self, size: int, deadline: float | None) -> bytearray:
        content = bytearray(size)
        rest = memoryview(content)
        while rest:
            if deadline is not None:
                self._socket.settimeout(max(deadline - monotonic(), 0.001))
            count = self._socket.recv_into(rest)
            if count == 0:
                raise EOFError
            rest = rest[count:]
        return content


class ForkWorker(Worker):
    """A fork of this process that stays for further requests; see `run_fork` for its dangers.

    Parameters
    ----------
    answer : callable
        Returns the reply to a request, in the fork. An exception ends the fork.
    limits : Limits
        Those on time and output, as for `Worker`.
    folder : Path
        Its working folder.
    check : callable, optional
        Called once in the fork before the first request. It ends the fork if a lock was held by
        another thread when this process was forked; another fork then takes its place.

    Raises
    ------
    OSError
        If the process cannot be forked, for example because memory is short.
    """

    def __init__(
        self,
        answer: Callable[[dict[str, Any]], Reply],
        *,
        limits: Limits,
        folder: Path,
        check: Callable[[], None] | None = None,
    ) -> None:
        for attempts_left in reversed(range(FORKS if check is not None else 1)):
            self._fork(answer, limits, folder, check)
            # After the last one, the first request returns how the fork has ended.
            if check is None or self._is_sound() or not attempts_left:
                return
            self.close()

    def _fork(
        self,
        answer: Callable[[dict[str, Any]], Reply],
        limits: Limits,
        folder: Path,
        check: Callable[[], None] | None,
    ) -> None:
        child_socket = self._open(limits)
        own_socket, stop = self._socket, self._stop

        def work() -> None:
            own_socket.close()  # else the fork would not notice that this process has closed it
            if check is not None:
                check()
                child_socket.sendall(_SOUND)
            _answer_on(child_socket, answer, idle_s=None)

        # Here and not in the thread, so that the fork continues in the caller's thread.
        process = Fork(work, folder)

        def supervise_fork() -> Outcome:
            try:
                unlimited = replace(limits, time_s=None)
                return supervise(process, limits=unlimited, folder=None, stop=stop)
            finally:
                process.close()

        self._wait(supervise_fork, child_socket, name="fork worker")

    def _is_sound(self) -> bool:
        """Wait until the fork has passed its check, or has ended; return whether it has passed."""
        deadline = None if self._limits.time_s is None else monotonic() + self._limits.time_s
        try:
            return self._receive(len(_SOUND), deadline) == _SOUND
        except (EOFError, ConnectionError):
            return False
        except TimeoutError:
            self.close()
            return False
        except BaseException:
            self.close()
            raise


def _let_go(stop: threading.Event, connection: socket.socket, process_id: int) -> None:
    """End the child of a worker that was collected; a fork of its process leaves it alone."""
    connection.close()
    if process_id == os.getpid():
        stop.set()


def answer_requests(answer: Callable[[dict[str, Any]], Reply], *, idle_s: float) -> None:
    """Answer requests until the parent ends the conversation; for use in the child of a `Worker`.

    Parameters
    ----------
    answer : callable
        Returns the reply to a request. An exception ends the child.
    idle_s : float
        How long to wait for the next request before the child ends.
    """
    _answer_on(socket.socket(fileno=int(sys.argv[1])), answer, idle_s=idle_s)


def _answer_on(
    connection: socket.socket, answer: Callable[[dict[str, Any]], Reply], *, idle_s: float | None
) -> None:
    with connection:
        connection.settimeout(idle_s)
        requests = connection.makefile("rb")
        while True:
            try:
                request = requests.readline()
            except TimeoutError:
                return
            if not request:
                return
            reply = answer(json.loads(request))
            values = json.dumps(reply.values).encode()
            content = memoryview(reply.content).cast("B")
            connection.sendall(_HEAD.pack(len(values), len(content)) + values)
            connection.sendall(content)
            del reply, content
