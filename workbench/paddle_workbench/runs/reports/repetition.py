"""The command that repeats a run."""

from __future__ import annotations

import json
import shlex
from typing import Any

from ...contract import RunRecord

__all__ = ["repeat_command"]


def repeat_command(record: RunRecord) -> str:
    """Return the shell command that repeats a run with the same parameters, kernel and limits.

    It can be pasted. Secrets are not in it: the command reads them from the environment, or asks.
    """
    words = ["workbench", "run"]
    for name, value in record.parameters.items():
        if record.given is None or name in record.given:
            words += ["-p", name, _text(value)]
    for name in record.secrets:
        words += ["--secret", name]
    if record.kernel is not None:
        words += ["--kernel", record.kernel]
    if record.timeout_s is not None:
        words += ["--timeout", f"{record.timeout_s:g}"]
    if record.cell_timeout_s is not None:
        words += ["--cell-timeout", f"{record.cell_timeout_s:g}"]
    if record.backend != "local":
        words += ["--backend", record.backend]
        words += ["--address", record.address] if record.address is not None else []
    words = [words[0], words[1], _path(record.notebook), *map(_quoted, words[2:])]
    return " ".join(words)


def _text(value: Any) -> str:
    """Return the value of a parameter in a record as the command line takes it."""
    if isinstance(value, str):
        return value
    return "None" if value is None else json.dumps(value, ensure_ascii=False)


def _path(portable: str) -> str:
    # In quotes the shell would not replace the tilde.
    if portable.startswith("~/"):
        return f"~/{shlex.quote(portable[2:])}"
    quoted = shlex.quote(portable)
    return f"./{quoted}" if portable.startswith("-") else quoted


def _quoted(word: str) -> str:
    if any(character < " " or character == "\x7f" for character in word):
        # As `$'…'`, which bash, zsh and ksh read: a terminal would obey pasted control characters.
        escapes = (f"\\x{byte:02x}" if byte < 32 or byte in b"'\\\x7f" else chr(byte)
                   if byte < 128 else f"\\x{byte:02x}" for byte in word.encode())  # fmt: skip
        return f"$'{''.join(escapes)}'"
    return shlex.quote(word)
