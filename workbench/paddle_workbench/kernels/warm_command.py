"""Run a command of `workbench` in a fork, where everything that it imports is loaded.

The command that the user has started stays in front of the fork: it forwards signals, waits, and
ends as the fork ends.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from ..errors import WorkbenchError
from .client import are_supported, kernel_variables
from .client_watch import ClientWatch
from .launching import ColdStartError, launch
from .warm_process import WarmProcess

__all__ = ["COMMAND_MODULE", "run_command", "run_in_fork"]

COMMAND_MODULE = "paddle_workbench.cli.commands"
_FORWARDED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


def run_in_fork(arguments: Sequence[str]) -> int | None:
    """Run a command of `workbench` in a fork, and return its exit status, negative for a signal.

    Returns None, before anything has run, if it cannot be forked: no fork server is running, or
    this process differs from it in what imports depend on.

    Parameters
    ----------
    arguments : sequence of str
        The command and its arguments, without the program.
    """
    if not are_supported():
        return None
    # The fork server has imported everything with these. The command itself runs without.
    variables = {**kernel_variables(), **os.environ}
    added = sorted(variables.keys() - os.environ.keys())
    _open_standard_streams()
    try:
        process = launch(
            [sys.executable, "-m", COMMAND_MODULE, *arguments],
            folder=Path(),
            environment=variables,
            details={"client": os.getpid(), "added_variables": added},
            descriptors=[0, 1, 2],
        )
    except (ColdStartError, OSError, ValueError, WorkbenchError):
        return None
    for number in _FORWARDED:
        # What is ignored here, as under nohup, is ignored in the fork too.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _frame: process.send_signal(number))
    signal.signal(signal.SIGTSTP, partial(_suspend, process))
    # The fork reports its status before it ends, which takes a while with so much memory.
    status = process.read_report()
    return int(status) if status else process.wait()


def run_command(request: Mapping[str, Any]) -> int:
    """Run a command in this fork, and return its exit status, negative for a signal.

    If the process in front of this one is killed, this one is asked to end.

    Parameters
    ----------
    request : mapping
        As `run_in_fork` has sent it.
    """
    import runpy

    for name in request["added_variables"]:
        del os.environ[name]
    _module, *arguments = request["argv"][2:]
    ClientWatch(request["client"], lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
    sys.argv = ["workbench", *arguments]
    try:
        runpy.run_module(COMMAND_MODULE, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        # A command may end with a bool.
        return int(end.code) if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        return -signal.SIGINT
    except BaseException as error:  # as Python itself does
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return 0


def _open_standard_streams() -> None:
    """Open the null device as each standard stream that is closed, as Python does for a child.

    Otherwise the next descriptor that is opened would be taken for the stream.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # noqa: PERF203 - three streams
            # The lowest free number, which is this one.
            os.open(os.devnull, os.O_RDWR)


def _suspend(process: WarmProcess, _number: int, _frame: FrameType | None) -> None:
    """Stop the fork and this process, as Ctrl-Z does, until this process is continued."""
    process.send_signal(signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGSTOP)
    process.send_signal(signal.SIGCONT)
