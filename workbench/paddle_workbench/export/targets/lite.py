"""Paddle Lite: converted from the legacy format, and run, by the CPython 3.10 that it needs."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NoReturn

import numpy as np

from ...errors import BundleError
from ...program.formats.saved import read
from ...settings import home_folder
from .legacy import legacy_weights
from .target import LEGACY_PROGRAM, Array, Runner, Target

__all__ = ["LITE", "MODEL", "VERSION"]

VERSION = "2.13rc0"
MODEL = "model.nb"
INPUTS = "inputs.json"
"""The names of the inputs: Opt renames one whose first op it removes, such as x * 1."""

_SCRIPT = Path(__file__).with_name("lite_process.py")
_LENGTH = struct.Struct(">Q")
_PLACE = re.compile(r"^\[F [^]]*\] ")
_PROBE = (
    "from importlib.metadata import version; import numpy, paddlelite.lite; "
    "print(version('paddlelite'))"
)
PROBE_LIMIT_S = 60.0
_LAST_PYTHON = (3, 10)
_PYTHONS: set[str] = set()
"""Those in which Paddle Lite was found; one without it may get it later."""


def check() -> None:
    """Look for a Python that has Paddle Lite.

    Raises
    ------
    BundleError
        If there is none, with the command that makes one, or one does not answer in time.
    """
    _python()


def write(source: Path, folder: Path) -> None:
    """Convert the legacy program in a folder to `model.nb` for x86."""
    paths = (source / LEGACY_PROGRAM, legacy_weights(source), folder / MODEL)
    command = [_python(), "-I", str(_SCRIPT), "write", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, env=_variables(1), check=False)
    if done.returncode or not paths[2].is_file():
        raise RuntimeError(f"Opt {_ending(done.returncode, done.stderr)}")
    program = read(source / LEGACY_PROGRAM).program
    names = [program.values[each].name for each in program.inputs]
    (folder / INPUTS).write_text(json.dumps(names), encoding="utf-8")


def load(folder: Path, threads: int) -> Runner:
    """Open `model.nb` in a process of the other Python."""
    process = _Process(folder / MODEL, threads)
    names = tuple(json.loads((folder / INPUTS).read_text("utf-8")))
    if len(names) != len(process.inputs):
        raise RuntimeError(
            f"Paddle Lite takes {len(process.inputs)} inputs instead of {len(names)}"
        )
    return Runner(names, process.run)


class _Process:
    """A process of the other Python that runs one file; it ends with this object."""

    def __init__(self, model: Path, threads: int) -> None:
        self._command = [_python(), "-I", str(_SCRIPT), "run", str(model)]
        self._variables = _variables(threads)
        self._start()

    def _start(self) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=self._variables,
        )
        self._end = weakref.finalize(self, _end, self._process, self._log)
        names = self._receive()["inputs"]
        self.inputs = tuple(str(name) for name in names)

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        if self._process.poll() is not None:
            self._end()  # it was killed on the last arrays
            self._start()
        content = io.BytesIO()
        np.savez(content, **{f"input {at}": array for at, array in enumerate(arrays)})
        stream = self._stream(self._process.stdin)
        try:
            stream.write(_LENGTH.pack(len(content.getvalue())) + content.getvalue())
            stream.flush()
        except BrokenPipeError:
            self._raise_ending()
        answer = self._receive()
        if "error" in answer:
            raise RuntimeError(str(answer["error"]))
        return list(answer.values())

    def _receive(self) -> dict[str, Array]:
        stream = self._stream(self._process.stdout)
        length = stream.read(_LENGTH.size)
        if len(length) < _LENGTH.size:
            self._raise_ending()
        with np.load(io.BytesIO(stream.read(_LENGTH.unpack(length)[0]))) as file:
            return {name: file[name] for name in file.files}

    def _stream(self, stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None  # noqa: S101 - it was opened with pipes
        return stream

    def _raise_ending(self) -> NoReturn:
        status = self._process.wait()
        self._log.seek(0)
        raise RuntimeError(f"Paddle Lite {_ending(status, self._log.read())}")


def _end(process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout, log):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):  # what it did not read
                stream.close()
    process.wait()


def _ending(status: int, stderr: bytes) -> str:
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    # Without the time and the place in the code of Paddle Lite.
    last = next((_PLACE.sub("", line)[:300] for line in reversed(lines) if line), "")
    how = f"was killed by {signal.Signals(-status).name}" if status < 0 else "failed"
    return f"{how}: {last}" if last else how


def _variables(threads: int) -> Mapping[str, str]:
    """Return the environment without what is meant for this Python."""
    left = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return left | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}


def _python() -> str:
    """Return the Python with Paddle Lite: in the home, this one, or on PATH."""
    home = home_folder() / "lite"
    own = sys.executable if sys.version_info[:2] <= _LAST_PYTHON else None
    candidates = (str(home / "bin" / "python"), own, shutil.which("python3.10"))
    for candidate in candidates:
        if candidate is not None and _has_paddle_lite(candidate):
            return candidate
    raise BundleError(
        f"Paddle Lite {VERSION} needs a Python from 3.8 to 3.10, and none with it was found.",
        f"uv venv --python 3.10 {home} && "
        f"uv pip install --python {home} paddlelite=={VERSION} numpy==1.26.4",
        code="PW-X105",
    )


def _has_paddle_lite(python: str) -> bool:
    if python in _PYTHONS:
        return True
    try:
        done = subprocess.run(
            [python, "-I", "-c", _PROBE],
            capture_output=True,
            env=_variables(1),
            timeout=PROBE_LIMIT_S,
            check=False,
        )
    except OSError:
        return False
    except subprocess.TimeoutExpired as error:
        raise BundleError(
            f"{python} did not say within {PROBE_LIMIT_S:g} s whether it has Paddle Lite.",
            "Try again when the machine has less to do.",
            code="PW-X105",
        ) from error
    if done.stdout.decode("utf-8", "replace").split()[-1:] != [VERSION]:
        return False
    _PYTHONS.add(python)
    return True


LITE = Target(
    name="lite",
    title="Paddle Lite",
    folder="lite",
    packages=("paddlepaddle", "paddlepaddle-gpu"),
    write=write,
    load=load,
    form="a Paddle Lite file, made of the program in the legacy format with fixed sizes",
    check=check,
    versions={"paddlelite": VERSION},
    needs_legacy_program=True,
)
