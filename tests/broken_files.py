"""Broken files, each with the reason that the error for it should give."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

__all__ = ["NOT_JSON", "NOT_REGULAR", "Maker", "make_pipe"]

GIGABYTE = 2**30

Maker = Callable[[Path], None]


def make_pipe(path: Path) -> None:
    """Replace a file with a named pipe that nobody writes to."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def _make_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def _make_socket(path: Path) -> None:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as server:
        # The path of a socket must be short.
        folder = os.open(path.parent, os.O_RDONLY)
        server.bind(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)


def _link_to_device(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


def _make_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(GIGABYTE)  # uses no space on the disk


def _write(content: bytes) -> Maker:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def _case(name: str, make: Maker, reason: str) -> ParameterSet:
    return pytest.param(make, reason, id=name)


NOT_REGULAR = [
    _case("pipe", make_pipe, "it is a named pipe"),
    _case("folder", _make_folder, "it is a folder"),
    _case("socket", _make_socket, "it is not a regular file"),
    _case("device", _link_to_device, "it is a device"),
    _case("gigabyte", _make_large, "has 1024 MB; the limit for a "),
    _case("encoding", _write(b'{"a": "\xd6\xd0"}'), r"it is not UTF-8 text (byte 8 is 0xd6)"),
]
"""Broken files of any kind: functions that create one at a path, with the reason."""

NOT_JSON = [
    _case("empty", _write(b""), "it is not JSON, or only part of it"),
    _case("cut", _write(b'{"schema_version": 1'), "it is not JSON, or only part of it"),
    _case("brackets", _write(b"[" * 5000), "it is nested too deeply"),
    _case("balanced", _write(b"[" * 5000 + b"]" * 5000), "it is nested too deeply"),
    _case("objects", _write(b'{"a":' * 5000 + b"1" + b"}" * 5000), "it is nested too deeply"),
    _case("NaN", _write(b'{"a": NaN}'), "a is NaN, which JSON does not have"),
    _case(
        "infinity",
        _write(b'{"a": [1, {"b c": [2.5, -Infinity]}]}'),
        "a[1]['b c'][1] is -Infinity, which JSON does not have",
    ),
    _case("exponent", _write(b'{"a": 1e999}'), "the number 1e999 is too large"),
    _case(
        "digits", _write(b'{"a": 1' + b"0" * 4000 + b"}"), "the number 100000000000… is too large"
    ),
    _case("surrogate", _write(b'{"a": "\\ud83d"}'), "it is not JSON, or only part of it"),
    _case("list", _write(b"[]"), "it is not a JSON object"),
]
"""Broken JSON files: functions that create one at a path, with the reason."""
