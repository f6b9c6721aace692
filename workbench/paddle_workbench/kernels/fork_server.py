"""The process that kernels are forked from: `python -m paddle_workbench.kernels.fork_server`.

It imports the stack (`preloading`), hides it (`hidden_modules`), and then waits for requests on a
UNIX socket. It has one thread and one loop, since a process that forks must not have other threads.
It never runs an op of Paddle itself.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import logging
import os
import selectors
import socket
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module

from ..errors import WorkbenchError
from ..terminal_text import printable
from .children import Child, Children
from .client import IDLE_S, MODULE, PRELOAD_LIMIT_S, start_server
from .environment_watch import EnvironmentWatch
from .gpu import gpu_problem
from .hidden_modules import HiddenModules
from .messages import PROTOCOL, listen, peer_user, receive, send
from .preloading import DEFAULT_PRELOADS, preload_all, skip_releases
from .process_attributes import differing_variable, foreign_namespace
from .recording import ImportRecorder
from .runtime_paths import RuntimePaths, ServerLock, runtime_paths
from .status import ServerStatus

__all__ = ["main"]

LOG = logging.getLogger("paddle_workbench.kernels")

# What ipykernel has imported when it waits for its first cell; it stays visible in kernels.
KERNEL_MODULES = (
    "paddle_workbench.kernels.warm_fork",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "faulthandler",
    "sqlite3",
    "tornado.platform.asyncio",
)
TICK_S = 1.0
FULL_CHECK_INTERVAL_S = 10.0
RECEIVE_LIMIT_S = 2.0
MAXIMUM_LOG_BYTES = 1 << 20
INLINE_BACKEND = "module://matplotlib_inline.backend_inline"

# What a fork does after it has left the loop: run a kernel or a command.
Task = Callable[[], None]


class ForkServer:
    """Answers requests until it is idle, stopped, or the environment changes.

    Parameters
    ----------
    paths : RuntimePaths
    lock : ServerLock
        Held while the server accepts requests.
    status : ServerStatus
    hidden : HiddenModules
    variables : set of str
        The environment variables that the hidden modules read when they were imported.
    watch : EnvironmentWatch
    idle_s : float
        How long the server stays without kernels and requests.
    """

    def __init__(
        self,
        paths: RuntimePaths,
        lock: ServerLock,
        *,
        status: ServerStatus,
        hidden: HiddenModules,
        variables: set[str],
        watch: EnvironmentWatch,
        idle_s: float,
    ) -> None:
        self._paths = paths
        self._lock = lock
        self._status = status
        self._variables = variables
        self._watch = watch
        self._idle_s = idle_s
        self._selector = selectors.DefaultSelector()
        self._children = Children(self._selector, hidden)
        self._environment = dict(os.environ)
        self._listener: socket.socket | None = None
        self._last_busy_at = self._last_full_check_at = time.monotonic()

    def serve(self) -> Task | None:
        """Run the loop; return None at its end, and in a fork the task of the fork."""
        self._listener = listen(self._paths.socket)
        self._selector.register(self._listener, selectors.EVENT_READ, self._listener)
        self._status.state = "ready"
        self._write_status()
        LOG.info("ready, process %d", os.getpid())
        while not self._is_over():
            task = self._children.replenish() if self._listener is not None else None
            if task is not None:
                return task
            wait_s = min(TICK_S, self._children.replenish_in_s()) if self._listener else TICK_S
            for key, _ in self._selector.select(wait_s):
                task = self._on_ready(key.data)
                if task is not None:
                    return task
            self._check_environment()
        self._children.dismiss()
        self._retire("")
        return None

    def _is_over(self) -> bool:
        if self._children.kernels:
            self._last_busy_at = time.monotonic()
            return False
        idle = time.monotonic() - self._last_busy_at > self._idle_s
        return self._listener is None or idle

    def _on_ready(self, source: object) -> Task | None:
        if source is self._listener and self._listener is not None:
            with contextlib.suppress(OSError):
                return self._on_connection(self._listener.accept()[0])
        elif isinstance(source, Child):
            status = self._children.reap(source)
            LOG.info("process %d ended with %d", source.pid, status)
            self._write_status()
        return None

    def _on_connection(self, connection: socket.socket) -> Task | None:
        descriptors: list[int] = []
        try:
            connection.settimeout(RECEIVE_LIMIT_S)
            if peer_user(connection) != os.geteuid():
                LOG.warning("refused user %d", peer_user(connection))
                connection.close()
                return None
            message = receive(connection)
            request, descriptors = message if message is not None else ({}, [])
            self._last_busy_at = time.monotonic()
            return self._answer(connection, request, descriptors)
        except (OSError, ValueError, KeyError, TypeError) as error:
            LOG.warning("a request failed: %s: %s", type(error).__name__, error)
            connection.close()
            return None
        finally:
            for descriptor in descriptors:
                with contextlib.suppress(OSError):
                    os.close(descriptor)

    def _answer(
        self, connection: socket.socket, request: dict[str, object], descriptors: list[int]
    ) -> Task | None:
        match request.get("do"):
            case "launch":
                return self._launch(connection, request, descriptors)
            case "status":
                send(connection, self._current_status().as_json())
                connection.close()
            case "stop":
                LOG.info("asked to stop; %d kernels keep running", len(self._children.kernels))
                self._retire("it was stopped")
                send(connection, {"stopped": os.getpid()})
                connection.close()
            case _:
                connection.close()
        return None

    def _launch(
        self, connection: socket.socket, request: dict[str, object], descriptors: list[int]
    ) -> Task | None:
        problem = self._objection(request)
        if problem:
            send(connection, {"refused": problem})
            connection.close()
            return None
        task = self._children.launch(connection, request, descriptors)
        if task is None:
            self._status.launched += 1
            self._write_status()
        return task

    def _objection(self, request: dict[str, object]) -> str:
        """Return why a request is declined; empty if it is not."""
        path = self._watch.quick_change()
        if path:
            self._retire(f"{path} changed")
            return f"the environment changed ({path}); a new fork server is starting"
        if request.get("protocol") != PROTOCOL:
            return f"the client uses protocol {request.get('protocol')}, this server {PROTOCOL}"
        attributes = request["attributes"]
        environment = request["env"]
        if not isinstance(attributes, dict) or not isinstance(environment, dict):
            raise TypeError("attributes and env must be objects")
        namespace = foreign_namespace(attributes)
        if namespace:
            return f"the client is in {namespace}"
        variable = differing_variable(self._environment, environment, self._variables)
        if variable:
            return (
                f"{variable} is {environment.get(variable)!r} for the kernel and "
                f"{self._environment.get(variable)!r} in the fork server, and imports read it"
            )
        return ""

    def _check_environment(self) -> None:
        now = time.monotonic()
        if self._listener is None or now - self._last_full_check_at < FULL_CHECK_INTERVAL_S:
            return
        self._last_full_check_at = now
        path = self._watch.full_change() or self._watch.quick_change()
        if path:
            self._retire(f"{path} changed")

    def _retire(self, problem: str) -> None:
        """Stop accepting requests, but stay until the last kernel ends."""
        if self._listener is None:
            return
        self._selector.unregister(self._listener)
        self._listener.close()
        self._listener = None
        self._paths.socket.unlink(missing_ok=True)
        self._children.dismiss()
        self._status.state, self._status.problem = "retired", problem
        with contextlib.suppress(OSError):
            self._current_status().write()
        LOG.info("retired: %s", problem or "idle")
        # From now on the files may belong to a successor.
        self._lock.release()
        if problem.endswith(" changed"):
            try:
                start_server(self._environment, sys.argv[1:])
            except (OSError, WorkbenchError) as error:
                LOG.warning("no successor: %s", error)

    def _current_status(self) -> ServerStatus:
        self._status.kernels = len(self._children.kernels)
        self._status.spares = len(self._children.spares)
        return self._status

    def _write_status(self) -> None:
        # After this server has retired, the file belongs to its successor.
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._current_status().write()


def main(argv: list[str] | None = None) -> None:
    """Start the fork server in a separate process, and return.

    This process waits until the other has written its status, or has found that it is not needed.
    """
    options = _options(argv)
    paths = runtime_paths()
    paths.make()
    start_signal = _detach(paths)
    if start_signal is None:
        return
    # Not the root logger, which kernels inherit and which must have no handlers there.
    handler = logging.StreamHandler()
    handler.setFormatter(_PrintableFormatter("%(asctime)s %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    lock = ServerLock(paths)
    if lock.acquire():
        modules = [name.strip() for name in options.preload.split(",") if name.strip()]
        watch = EnvironmentWatch()
        status = ServerStatus(paths.status, waiting=modules, environment=watch.digest)
        status.write()
        os.close(start_signal)
        recorder = _import_everything(modules, status, watch, limit_s=options.preload_limit)
        # A fork leaves the loop too. After its task, which runs a kernel, it ends.
        if recorder is not None:
            server = ForkServer(
                paths,
                lock,
                status=status,
                hidden=_hide(recorder),
                variables=recorder.variables,
                watch=watch,
                idle_s=options.idle,
            )
            task = server.serve()
            if task is not None:
                task()
    else:
        LOG.info("another fork server is running")
    # Skips destructors of C++, as `warm_fork` does.
    os._exit(0)


class _PrintableFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


def _import_everything(
    modules: Sequence[str], status: ServerStatus, watch: EnvironmentWatch, *, limit_s: float
) -> ImportRecorder | None:
    """Import the modules; return the record, or None if forking is not safe then."""
    for name in KERNEL_MODULES:
        import_module(name)
    recorder = ImportRecorder(set(sys.modules))
    _set_kernel_variables()
    gc.collect()
    gc.freeze()
    preload_all(
        modules,
        recorder,
        limit_s=limit_s,
        listener=lambda preloads: status.advance(preloads, modules),
    )
    for preload in status.preloads:
        LOG.info("%s %.2f s %s", preload.module, preload.seconds, preload.problem)
    skip_releases()
    status.problem = gpu_problem()
    if status.problem:
        status.state = "unfit"
        status.write()
        return None
    watch.remember_modules()
    return recorder


def _set_kernel_variables() -> None:
    """Set the environment variables that ipykernel sets before the first cell.

    Modules read them when they are imported. With the effects of the imports they are undone.
    """
    from ipykernel.zmqshell import ZMQInteractiveShell

    os.environ.setdefault("MPLBACKEND", INLINE_BACKEND)
    # Without `__init__`, which would set up the whole shell.
    ZMQInteractiveShell.__new__(ZMQInteractiveShell).init_environment()


def _hide(recorder: ImportRecorder) -> HiddenModules:
    """Undo the side effects of the imports, and hide the imported modules."""
    recorder.withdraw()
    hidden = HiddenModules(recorder.packages, recorder.visible)
    hidden.install()
    gc.collect()
    gc.freeze()
    return hidden


def _detach(paths: RuntimePaths) -> int | None:
    """Continue in a child that is detached from this process.

    Returns
    -------
    int or None
        In the child a descriptor to close when it has started. This process waits for that, and
        then returns None.
    """
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        os.read(reader, 1)
        os.close(reader)
        return None
    os.close(reader)
    os.setsid()
    os.chdir("/")
    if paths.log.exists() and paths.log.stat().st_size > MAXIMUM_LOG_BYTES:
        paths.log.replace(paths.log.with_suffix(".old"))
    null = os.open(os.devnull, os.O_RDWR)
    log = os.open(paths.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number, descriptor in ((0, null), (1, log), (2, log)):
        os.dup2(descriptor, number)
    for descriptor in (null, log):
        os.close(descriptor)
    return writer


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=MODULE, description=__doc__)
    parser.add_argument("--preload", default=",".join(DEFAULT_PRELOADS))
    parser.add_argument("--preload-limit", type=float, default=PRELOAD_LIMIT_S, metavar="S")
    parser.add_argument("--idle", type=float, default=IDLE_S, metavar="S")
    return parser.parse_args(argv)


if __name__ == "__main__":
    # As ipykernel's launcher does: modules are not imported from the current folder.
    del sys.path[0]
    main()
