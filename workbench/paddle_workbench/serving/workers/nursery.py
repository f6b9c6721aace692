"""The process that has imported a runtime, and forks the workers that use it.

A worker that ends is replaced by a fork within a fraction of a second, and not after seconds of
imports. It is the fork of a process that never opens a predictor: one that has threads of a runtime
cannot be forked safely.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import signal
import socket
import sys
import traceback
import warnings
from importlib import import_module
from typing import NoReturn

from ...errors import ServingError
from .worker import work

__all__ = ["LONGEST_LINE", "RUNTIMES", "check_target", "main"]

LONGEST_LINE = 1 << 16

RUNTIMES = {
    "inference": "paddle.inference",
    "onednn": "paddle.inference",
    "onnx": "onnxruntime",
    "mnn": "MNN",
}
"""The targets that are served, and what their workers import."""


def check_target(target: str) -> None:
    """Reject a target that is not served.

    Raises
    ------
    ServingError
    """
    if target not in RUNTIMES:
        raise ServingError(
            f"The target {target!r} is not served.", f"Use one of these: {', '.join(RUNTIMES)}."
        )


def main() -> None:
    """Import the runtime of a target, and fork a worker for each socket that arrives.

    Its arguments are the number of a socket and the target. A message is a line of JSON with the
    request of a worker, and the worker's end of its conversation. For each worker that ends, a line
    says how.
    """
    connection = socket.socket(fileno=int(sys.argv[1]))
    warnings.simplefilter("ignore")
    import_module(RUNTIMES[sys.argv[2]])
    gc.freeze()  # pages of objects stay shared, since collections do not write to them
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write)
    selector = selectors.DefaultSelector()
    selector.register(connection, selectors.EVENT_READ)
    selector.register(wake_read, selectors.EVENT_READ)
    connection.sendall(b'{"ready": true}\n')
    while True:
        for key, _ in selector.select():
            if key.fd == wake_read:
                os.read(wake_read, 4096)
                _report_ended(connection)
                continue
            try:
                message, descriptors, _, _ = socket.recv_fds(connection, LONGEST_LINE, 1)
            except ConnectionResetError:  # the server has ended without reading the last lines
                return
            if not message:
                return
            _fork(json.loads(message), descriptors[0], connection)


def _fork(request: dict[str, object], descriptor: int, connection: socket.socket) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the thread that watches the parent
        pid = os.fork()
    if pid == 0:
        _become_worker(request, descriptor, connection)
    os.close(descriptor)


def _become_worker(
    request: dict[str, object], descriptor: int, connection: socket.socket
) -> NoReturn:
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        connection.close()
        with socket.socket(fileno=descriptor) as own:
            work(own, request)
        status = 0
    except (BrokenPipeError, ConnectionResetError):  # the server has ended
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _report_ended(connection: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        line = json.dumps({"ended": pid, "status": os.waitstatus_to_exitcode(status)})
        connection.sendall(line.encode() + b"\n")


if __name__ == "__main__":
    main()
