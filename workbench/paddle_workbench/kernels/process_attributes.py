"""The attributes that a process inherits from its parent, and a forked kernel from its client."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
from collections.abc import Container, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from .. import processor, telemetry

__all__ = ["adopt_attributes", "differing_variable", "foreign_namespace", "process_attributes"]

# Variables that libraries read when they are loaded, also in C, which `recorded_reads` does not
# notice. A kernel whose values differ from the fork server's cannot be forked from it.
_READ_BY_IMPORTS = (
    "AISTUDIO_",
    "ARROW_",
    "BLIS_",
    "CUDA_",
    "CUDNN_",
    "CUSTOM_DEVICE",
    "FLAGS_",
    "FREETYPE_",
    "GFLAGS_",
    "GFORTRAN_",
    "GLOG_",
    "GOMP_",
    "GOOGLE_LOG",
    "HF_",
    "HOME",
    "IPYTHON",
    "KMP_",
    "LANG",
    "LC_",
    "LD_",
    "MALLOC_",
    "MKL_",
    "MPL",
    "NPY_",
    "NUMPY_",
    "NVIDIA_",
    "OMP_",
    "OPENBLAS_",
    "OPENCV_",
    "OPENSSL_",
    "ORT_",
    "PADDLE_",
    "PPNLP_",
    "PYTHON",
    "QT_API",
    "SOT_",
    "SPYDER",
    "TOKENIZERS_",
    "TQDM_",
    "TZ",
    "XDG_",
)
# Every kernel has a folder for temporary files of its own. Only `tempfile` keeps it, and
# `process_values` lets it forget.
_NOT_READ_BY_IMPORTS = ("PADDLE_WORKBENCH_", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_SESSION_")
# These differ from one terminal to the next. What imports take from them is of no consequence, such
# as whether a compiler is found, or ipykernel sets them itself before the first cell.
_OF_TERMINALS = frozenset(
    {
        *("CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "FORCE_COLOR", "GIT_PAGER", "LINES", "LOGNAME"),
        *("OLDPWD", "PAGER", "PATH", "PWD", "SHELL", "SHLVL", "TERM", "USER", "_"),
    }
)
_NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")


def process_attributes() -> dict[str, Any]:
    """Return what a child of this process would inherit, as JSON values."""
    return {
        "ignored_signals": _ignored_signals(),
        "umask": _umask(),
        "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "affinity": sorted(os.sched_getaffinity(0)),
        "limits": {str(number): resource.getrlimit(number) for number in _limits()},
        "cgroup": _cgroup(),
        "namespaces": _namespaces(),
    }


def foreign_namespace(attributes: Mapping[str, Any]) -> str:
    """Return what separates a client from this process, so that a fork would not be like its child.

    Empty if both are in the same control group and namespaces.
    """
    if attributes["cgroup"] != _cgroup():
        return "another control group"
    own = _namespaces()
    names = [name for name in _NAMESPACES if attributes["namespaces"].get(name) != own.get(name)]
    return f"another {names[0]} namespace" if names else ""


def differing_variable(
    own: Mapping[str, str], kernel: Mapping[str, str], variables: Container[str] = ()
) -> str:
    """Return a variable that imports read and that differs for a kernel; empty if none does.

    Parameters
    ----------
    own, kernel : mapping of str to str
        The variables of this process, and those that the kernel would have.
    variables : container of str
        The names that imports were observed to read.
    """
    kernel = dict(kernel)
    processor.set_defaults(kernel)  # as the shim in a cold kernel does
    telemetry.refuse_telemetry(kernel)
    for name in sorted(own.keys() | kernel.keys()):
        if own.get(name) != kernel.get(name) and _matters(name, variables):
            return name
    return ""


def _matters(name: str, variables: Container[str]) -> bool:
    """Return whether imports depend on a variable that cannot be changed after them."""
    if name in processor.THREAD_VARIABLES or name in _OF_TERMINALS:
        return False
    is_read = name in variables or name.startswith(_READ_BY_IMPORTS)
    return is_read and not name.startswith(_NOT_READ_BY_IMPORTS)


def adopt_attributes(attributes: Mapping[str, Any]) -> None:
    """Give this process the attributes that a child of the client would inherit.

    Raises
    ------
    OSError
        If this process may not set a limit as high as the client's.
    """
    for number in attributes["ignored_signals"]:
        signal.signal(number, signal.SIG_IGN)
    os.umask(attributes["umask"])
    for number, (soft, hard) in attributes["limits"].items():
        if resource.getrlimit(int(number)) != (soft, hard):
            try:
                resource.setrlimit(int(number), (soft, hard))
            except ValueError as error:
                raise OSError(f"limit {number}: {error}") from error
    if sorted(os.sched_getaffinity(0)) != attributes["affinity"]:
        os.sched_setaffinity(0, attributes["affinity"])
    if os.getpriority(os.PRIO_PROCESS, 0) != attributes["nice"]:
        os.setpriority(os.PRIO_PROCESS, 0, attributes["nice"])


def default_signals() -> None:
    """Set the signal handlers of a new Python process, and block no signal."""
    for number in signal.valid_signals():
        if number in (signal.SIGKILL, signal.SIGSTOP):
            continue
        ignored = number in (signal.SIGPIPE, getattr(signal, "SIGXFSZ", None))
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _ignored_signals() -> list[int]:
    """Return the signals that a child would ignore because this process does, as under `nohup`.

    Python itself ignores two signals, and resets them in its children.
    """
    pythons_own = {signal.SIGPIPE, getattr(signal, "SIGXFSZ", None)}
    return [
        int(number)
        for number in signal.valid_signals()
        if number not in pythons_own and signal.getsignal(number) == signal.SIG_IGN
    ]


def _limits() -> list[int]:
    return sorted({value for name, value in vars(resource).items() if name.startswith("RLIMIT_")})


def _umask() -> int:
    """Return the umask of this process, as the operating system reports it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = re.search(r"^Umask:\s*([0-7]+)$", status, re.MULTILINE)
    return int(line[1], 8) if line else _umask_at_first()


@cache
def _umask_at_first() -> int:
    """Read the umask by setting it, once, since files that other threads create would be affected.

    Linux before 4.7 and gVisor do not report the umask.
    """
    current = os.umask(0o077)
    os.umask(current)
    return current


def _cgroup() -> str:
    try:
        return Path("/proc/self/cgroup").read_text(encoding="utf-8")
    except OSError:
        return ""


def _namespaces() -> dict[str, str]:
    links = {}
    for name in _NAMESPACES:
        with contextlib.suppress(OSError):
            links[name] = str(Path(f"/proc/self/ns/{name}").readlink())
    return links
