"""Set again what modules took from the process when they were imported: folder, pid, time, seeds.

In a kernel these modules were imported by the fork server, in its folder, under its process id, at
its time and with its random numbers. `renew` gives them the values of this process.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from functools import partial
from types import MappingProxyType, ModuleType
from typing import Any

__all__ = ["renew"]


def renew(names: Iterable[str]) -> None:
    """Set the values again in those of the named modules that are loaded and known to have some."""
    selected = set(names)
    for name, renewal in _RENEWALS.items():
        if name in selected and name in sys.modules:
            renewal(sys.modules[name])


def _set(module: object, name: str, value: Callable[[], Any]) -> None:
    """Set an attribute, which other versions of a library may lack, to a new value."""
    if hasattr(module, name):
        setattr(module, name, value())


def _renew_logging(module: ModuleType) -> None:
    """Set the time that `relativeCreated` counts from: seconds, since Python 3.13 nanoseconds."""
    _set(module, "_startTime", time.time if isinstance(module._startTime, float) else time.time_ns)


def _renew_main_alias(_module: ModuleType) -> None:
    """Set the name under which children that do not fork know the main module."""
    sys.modules["__mp_main__"] = sys.modules["__main__"]


def _renew_processes(module: ModuleType) -> None:
    """Set the folder in which children start, and the key with which processes connect.

    `spawn` and `forkserver` replace the entry "" in `sys.path` of a child by this folder.
    """
    _set(module, "ORIGINAL_DIR", _current_folder)
    module.current_process().authkey = os.urandom(32)


def _renew_numpy(module: ModuleType) -> None:
    """Seed the global generator."""
    module.random.seed()


def _renew_numpy_testing(module: ModuleType) -> None:
    """Set the file in which `memusage` and `jiffies` read about this process."""
    for name in ("memusage", "jiffies"):
        function: Any = getattr(module, name, None)
        defaults = getattr(function, "__defaults__", None)
        if defaults and str(defaults[0]).startswith("/proc/"):
            function.__defaults__ = (f"/proc/{os.getpid()}/stat", *defaults[1:])


def _renew_paddle(module: ModuleType) -> None:
    """Seed the generators."""
    module.seed(secrets.randbits(32))


def _renew_paddle_timer(module: ModuleType) -> None:
    """Start the profiler's timer."""
    hook = getattr(module, "_benchmark_", None) and module._benchmark_.hooks.get("timer_hook")
    for name in ("start_time", "start_reader"):
        _set(hook, name, time.perf_counter)


def _renew_debugger_log(module: ModuleType) -> None:
    """Set the process id that the debugger's log shows."""
    _set(module, "_pid", os.getpid)
    _set(module, "_pid_msg", lambda: f"{os.getpid()}: ")


def _renew_widgets(module: ModuleType) -> None:
    """Register the comm targets, as ipywidgets does at the end of its import."""
    module._handle_ipython()


def _renew_temporary_folder(module: ModuleType) -> None:
    """Forget the folder for temporary files, which depends on variables and the current folder."""
    _set(module, "tempdir", lambda: None)


def _current_folder() -> str:
    return os.path.abspath(os.getcwd())  # noqa: PTH100, PTH109 - as the libraries do


def _random_name() -> str:
    return uuid.uuid4().hex


# By the name of the module. A test in `tests/kernels/test_likeness.py` finds missing ones.
_RENEWALS: MappingProxyType[str, Callable[[ModuleType], None]] = MappingProxyType(
    {
        "_pydev_bundle.pydev_log": partial(_set, name="_last_log_time", value=time.time),
        "_pydevd_bundle._debug_adapter.pydevd_schema_log": _renew_debugger_log,
        "debugpy.common.timestamp": partial(_set, name="timestamp_zero", value=time.monotonic),
        "ipywidgets": _renew_widgets,
        "logging": _renew_logging,
        "modelscope_hub.utils": partial(_set, name="_FALLBACK_SESSION_ID", value=_random_name),
        "multiprocess": _renew_main_alias,
        "multiprocess.process": _renew_processes,
        "multiprocessing": _renew_main_alias,
        "multiprocessing.process": _renew_processes,
        "numpy": _renew_numpy,
        "numpy.testing._private.utils": _renew_numpy_testing,
        "paddle": _renew_paddle,
        "paddle.profiler.timer": _renew_paddle_timer,
        "rich": partial(_set, name="_IMPORT_CWD", value=_current_folder),
        "tempfile": _renew_temporary_folder,
    }
)
