"""Secrets on the command line, which any process of the machine could list."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["hide_secrets"]

# The fields of /proc/self/stat from its closing bracket on: where the arguments begin and end.
_ARG_START, _ARG_END = 48 - 3, 49 - 3


def hide_secrets(arguments: list[str]) -> None:
    """Overwrite the values of secret parameters in the memory from which the system lists them.

    Only Linux; elsewhere they stay visible, and `--secret NAME` is the way. This process and those
    that it starts are not affected.

    Parameters
    ----------
    arguments : list of str
        Those of the program, without its name.
    """
    # Imported only by a command with parameters: every start of `workbench` imports this module.
    from ..runs.parameters.secrets import is_secret

    values = [
        arguments[index + 2]
        for index, argument in enumerate(arguments[:-2])
        if argument == "-p" and is_secret(arguments[index + 1])
    ]
    status = Path("/proc/self/stat")
    if not values or sys.platform != "linux" or not status.is_file():
        return
    import ctypes

    fields = status.read_text(encoding="utf-8").rpartition(")")[2].split()
    start, end = int(fields[_ARG_START]), int(fields[_ARG_END])
    if not 0 < start < end:  # the system hides them from this process, too
        return
    memory = ctypes.string_at(start, end - start)
    for value in values:
        secret = value.encode(errors="surrogateescape")
        if secret:
            memory = memory.replace(b"\0" + secret + b"\0", b"\0" + b"*" * len(secret) + b"\0")
    ctypes.memmove(start, memory, end - start)
