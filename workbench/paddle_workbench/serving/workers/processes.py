"""The nursery and the workers of a model, as the server sees them."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...child_process import module_command, with_absolute_paths
from ...errors import ServingError
from .frames import pack, pack_arrays, read_frame, unpack_arrays
from .model import Answer, Item

__all__ = ["Nursery", "WorkerEndedError", "WorkerProcess"]

_log = logging.getLogger(__name__)

_CHILD = "paddle_workbench.child_process"
STATUS_S = 5.0
_NURSERY = "paddle_workbench.serving.workers.nursery"


class WorkerEndedError(Exception):
    """A worker ended while it held a batch."""


class WorkerProcess:
    """A worker that has opened its predictor; it answers one batch at a time.

    Attributes
    ----------
    pid : int
    ended : future
        The exit status, once it has one; it stays open if the nursery ends first.
    batch : int, optional
        The most inputs that one call should take, if it was told to measure that; once it is ready.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        pid: int,
        ended: asyncio.Future[int],
    ) -> None:
        self._reader, self._writer = reader, writer
        self.pid = pid
        self.ended = ended
        self.batch: int | None = None

    async def ready(self) -> float:
        """Wait until it has opened its predictor, and return the seconds that it took.

        Raises
        ------
        ServingError
            If the bundle cannot be opened or its samples differ, with what the worker says.
        WorkerEndedError
        """
        values, _ = await self._next()
        if "error" in values:
            raise ServingError(values["error"], values["hint"])
        self.batch = values["batch"]
        return float(values["ready_s"])

    async def answer(self, items: Sequence[Item]) -> tuple[list[Answer], float]:
        """Return the answers to a batch, and the seconds that its predictor took.

        Raises
        ------
        WorkerEndedError
        """
        described, parts = [], []
        for item in items:
            one, more = _described(item)
            described.append(one)
            parts += more
        try:
            self._writer.writelines(pack({"items": described}, parts))
            await self._writer.drain()
        except ConnectionError as error:
            raise WorkerEndedError from error
        values, content = await self._next()
        answers, start = [], 0
        for each in values["answers"]:
            arrays, start = unpack_arrays(each.pop("arrays", ()), content, start)
            answers.append(Answer(arrays=tuple(arrays), **each))
        return answers, values["predict_s"]

    def close(self) -> None:
        """Let it end, once it has answered what it holds."""
        self._writer.close()

    def kill(self) -> None:
        """End it at once."""
        self._writer.close()
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    async def _next(self) -> tuple[dict[str, Any], bytes]:
        try:
            return await read_frame(self._reader)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise WorkerEndedError from error


class Nursery:
    """The process that forks the workers of a model; see `serving.nursery`.

    Parameters
    ----------
    target : str
        What its workers run.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._lines: asyncio.StreamWriter | None = None
        self._ends: dict[int, asyncio.Future[int]] = {}
        self._listening: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Its process, while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    async def fork(
        self, folder: Path, threads: int, *, measures_batch: bool = False
    ) -> WorkerProcess:
        """Return a new worker, which opens its predictor next.

        With `measures_batch`, it also finds the batch that it is fastest with.

        Raises
        ------
        ServingError
            If the runtime cannot be imported, or no process be made.
        """
        own, other = socket.socketpair()
        own.setblocking(False)  # noqa: FBT003 - socket has no keyword
        request = {
            "folder": str(folder),
            "target": self._target,
            "threads": threads,
            "measures_batch": measures_batch,
        }
        try:
            async with self._lock:
                if self.pid is None:
                    await self._start()
                assert self._socket is not None  # noqa: S101 - it has been started
                socket.send_fds(self._socket, [json.dumps(request).encode()], [other.fileno()])
                other.close()
                reader, writer = await asyncio.open_unix_connection(sock=own, limit=1 << 20)
                values, _ = await read_frame(reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            own.close()
            other.close()
            raise ServingError(
                f"No worker can be started for {self._target}: {str(error) or 'it ended'}.",
                "See its messages above; memory or processes may be short.",
            ) from error
        pid = values["pid"]
        ended = self._ends.pop(pid, None)  # if it has ended already
        if ended is None:
            ended = self._ends[pid] = asyncio.get_running_loop().create_future()
        return WorkerProcess(reader, writer, pid, ended)

    async def end_of(self, worker: WorkerProcess) -> str:
        """Wait until a worker has ended, and return how, as a clause."""
        if self._listening is not None:  # it ends with the nursery
            either: set[asyncio.Future[Any]] = {worker.ended, self._listening}
            await asyncio.wait(either, timeout=STATUS_S, return_when=asyncio.FIRST_COMPLETED)
        return self._clause(worker.ended.result()) if worker.ended.done() else "ended"

    @staticmethod
    def _clause(status: int) -> str:
        if status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"ended with status {status}"

    async def close(self) -> None:
        """End the process, and its workers with it."""
        if self._listening is not None:
            self._listening.cancel()
        if self._lines is not None:
            self._lines.close()
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            assert self._process.stdin is not None  # noqa: S101 - it is a pipe
            self._process.stdin.close()
            await asyncio.to_thread(self._process.wait)

    async def _start(self) -> None:
        await self.close()
        own, other = socket.socketpair()
        command = module_command(_CHILD, "0", "0", _NURSERY, str(other.fileno()), self._target)
        self._process = subprocess.Popen(
            command,
            env=with_absolute_paths(os.environ),
            # It ends when this pipe is closed, which also happens if this process ends.
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(other.fileno(),),
        )
        other.close()
        own.setblocking(False)  # noqa: FBT003 - socket has no keyword
        self._socket = own
        # Without its writer, a reader closes its connection.
        reader, self._lines = await asyncio.open_unix_connection(sock=own.dup())
        if not await reader.readline():
            raise ServingError(
                f"The runtime of {self._target} cannot be imported.",
                "See its message above; `workbench doctor` checks the environment.",
            )
        self._listening = asyncio.create_task(self._listen(reader))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            values: Mapping[str, int] = json.loads(line)
            ended = self._ends.pop(values["ended"], None)
            if ended is None:  # before the server knew of it
                ended = self._ends[values["ended"]] = asyncio.get_running_loop().create_future()
            ended.set_result(values["status"])


def _described(item: Item) -> tuple[dict[str, Any], list[Any]]:
    if item.picture is not None:
        return {"picture": len(item.picture)}, [item.picture]
    if item.arrays is not None:
        described, parts = pack_arrays(item.arrays)
        return {"arrays": described}, list(parts)
    return {"text": item.text}, []
