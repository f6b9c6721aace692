"""Become a kernel in a fork of a snapshot: new channels around the shell that there is.

The shell keeps its variables, history, hooks and formatters. ipykernel's application, sockets,
threads and event loop are made again, since those of the earlier kernel do not exist in a fork.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import fcntl
import os
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any, NoReturn

from ipykernel import kernelapp
from ipykernel.iostream import OutStream
from ipykernel.kernelbase import Kernel
from traitlets.utils.importstring import import_item

from .client_watch import ClientWatch
from .warm_fork import end_process, report_to_client
from .warm_kernel import kept_log_handlers

__all__ = ["run_resumed_kernel"]

# The other variables are those of the earlier kernel, as its cells may have changed them.
_RENEWED_VARIABLES = ("JPY_PARENT_PID", "TMPDIR")
# Objects of the earlier kernel: if they were collected, they would close what is open here.
_EARLIER: list[Any] = []


class ResumedKernelApp(kernelapp.IPKernelApp):
    """ipykernel's application around the shell of an earlier one."""

    name = "ipython-kernel"
    streams: tuple[Any, Any]

    def init_poller(self) -> None:
        """Watch the client, since the parent is the snapshot."""
        client = int(os.environ.get("JPY_PARENT_PID") or 0)
        self.parent_handle = client
        self.poller = ClientWatch(client, lambda: os._exit(1)) if client else None

    def init_io(self) -> None:
        """Connect the streams of the earlier kernel, to which objects of the notebook refer."""
        names = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        for stream in self.streams:
            _connect_stream(stream, self)
        sys.stdout, sys.stderr = names
        self.displayhook = import_item(str(self.displayhook_class))(self.session, self.iopub_socket)
        sys.displayhook = self.displayhook

    def init_pdb(self) -> None:
        """Nothing: the earlier application has replaced the debugger."""

    def init_crash_handler(self) -> None:
        """Nothing: the notebook may have set a handler."""

    def init_path(self) -> None:
        """Nothing: the paths are those of the notebook."""

    def init_gui_pylab(self) -> None:
        """Nothing: the backend is that of the notebook."""

    def init_extensions(self) -> None:
        """Nothing: they are loaded."""

    def init_code(self) -> None:
        """Nothing: it has run."""

    def configure_tornado_logger(self) -> None:
        """Nothing: it has its handler."""


def run_resumed_kernel(
    request: dict[str, Any], descriptors: Sequence[int], on_first_cell: Callable[[], object]
) -> NoReturn:
    """Run a kernel with the variables of this process, and end the process with it.

    Parameters
    ----------
    request : dict
        What `launching.launch` sends.
    descriptors : sequence of int
        The standard streams, and the pipe on which the kernel reports that its ports are open.
    on_first_cell : callable
        Called before the first cell.
    """
    kernel: Any = Kernel.instance()
    application = kernel.parent
    _EARLIER.extend((kernel, application, sys._getframe()))
    _set_process(request, descriptors)
    *_standard_streams, report = descriptors
    fcntl.fcntl(report, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    for function in (application.close, application.cleanup_connection_file):
        atexit.unregister(function)
    _leave_event_loop()
    with contextlib.suppress(AttributeError):
        # The request during which the kernel was forked has replaced `input`.
        kernel._restore_input()
    _renew_history(kernel.shell.history_manager)
    resumed = _start(kernel, application, list(request["argv"][3:]))
    _call_before_first_cell(kernel.shell.events, on_first_cell)
    report_to_client(report, b"ready")
    resumed.start()
    end_process(0)


def _set_process(request: dict[str, Any], descriptors: Sequence[int]) -> None:
    os.setsid()
    for number, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    earlier = os.environ.get("TMPDIR")
    for name in _RENEWED_VARIABLES:
        os.environ.pop(name, None)
        if name in request["env"]:
            os.environ[name] = request["env"][name]
    if tempfile.tempdir is not None and tempfile.tempdir == earlier:
        tempfile.tempdir = None
    os.chdir(request["cwd"])


def _leave_event_loop() -> None:
    """Forget the loop in one of whose callbacks this process was forked, and make another."""
    with contextlib.suppress(RuntimeError):
        _EARLIER.append(asyncio.get_running_loop())
    asyncio._set_running_loop(None)
    asyncio.set_event_loop(asyncio.new_event_loop())


def _renew_history(history: Any) -> None:
    """Connect to the database again: a connection must not be used on both sides of a fork."""
    _EARLIER.extend((history.db, history.save_thread))
    with contextlib.suppress(AttributeError):
        history._finalizer.detach()
    history.db_input_cache_lock = threading.Lock()
    history.db_output_cache_lock = threading.Lock()
    history.db_input_cache, history.db_output_cache = [], []
    if history.save_thread is not None:
        atexit.unregister(history.save_thread.stop)
    with contextlib.suppress(Exception):
        # Without it the notebook still runs.
        history.init_db()
        history.new_session()
        if history.save_thread is not None:
            history.save_thread = type(history.save_thread)(history)
            history.save_thread.start()


def _start(kernel: Any, application: Any, arguments: list[str]) -> Any:
    """Make the application and the kernel around the shell of the earlier ones."""
    shell = kernel.shell
    type(application).clear_instance()
    type(kernel).clear_instance()
    resumed: Any = ResumedKernelApp.instance()
    resumed.streams = kernel._stdout, kernel._stderr
    shell.configurables[:] = [
        each for each in shell.configurables if each not in (application, kernel.comm_manager)
    ]
    with kept_log_handlers():
        resumed.initialize(arguments)
    shell.parent = shell.kernel = resumed.kernel
    for comm in kernel.comm_manager.comms.values():
        if getattr(comm, "kernel", None) is not None:
            comm.kernel = resumed.kernel
    return resumed


def _call_before_first_cell(events: Any, function: Callable[[], object]) -> None:
    def call_once() -> None:
        events.unregister("pre_execute", call_once)
        function()

    events.register("pre_execute", call_once)


def _connect_stream(stream: Any, application: Any) -> None:
    """Connect an output stream to the new channel, and watch its file descriptor again."""
    if not isinstance(stream, OutStream):
        return
    values: Any = stream
    values.session = application.session
    values.pub_thread = application.iopub_thread
    values._io_loop = application.iopub_thread.io_loop
    values._master_pid = os.getpid()
    values._flush_pending = values._subprocess_flush_pending = False
    values._buffer_lock = threading.RLock()
    values._buffers = defaultdict(StringIO)
    if values._should_watch:
        copy = values._original_stdstream_copy
        values._setup_stream_redirects(values.name)
        # Handlers of logs write to the number of the copy.
        os.dup2(values._original_stdstream_copy, copy, inheritable=False)
        os.close(values._original_stdstream_copy)
        values._original_stdstream_copy = copy
