"""A server in a process of its own, for a notebook or a test."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from ..child_process import module_command, with_absolute_paths
from ..errors import ServingError
from ..scratch import ScratchFolder
from .token import TOKEN_VARIABLE

__all__ = ["LocalServer"]

GRACE_S = 60.0
_CHILD = "paddle_workbench.child_process"
_READY, _GRPC = "Ready on ", "gRPC on "


class LocalServer:
    """Starts `workbench serve` on the loopback, and waits until it is ready.

    It ends with `close`, at the end of a `with` block, or with this process.

    Parameters
    ----------
    bundles : str, Path, or a sequence of these
    port : int
        By default any that is free.
    token : str, optional
        What clients must send.
    **options
        Those of the command, such as `workers=2`, `batch=1`, `wait_ms=5`, `target="onnx"`.

    Attributes
    ----------
    url : str
        Such as `http://127.0.0.1:40123`.
    grpc_address : str
        Such as `127.0.0.1:40124`; empty without the option `grpc_port`, which may be 0.
    pid : int

    Raises
    ------
    ServingError
        If it does not start, with what it says.
    """

    def __init__(
        self,
        bundles: str | Path | Sequence[str | Path],
        *,
        port: int = 0,
        token: str | None = None,
        **options: Any,
    ) -> None:
        paths = [bundles] if isinstance(bundles, str | Path) else list(bundles)
        self._folder = ScratchFolder("server")
        self._messages = self._folder.path / "messages.txt"
        command = module_command(
            *(_CHILD, "0", f"{GRACE_S}", "paddle_workbench.cli", "serve"),
            *(str(Path(path).absolute()) for path in paths),
            f"--port={port}",
            *(f"--{name.replace('_', '-')}={value}" for name, value in options.items()),
        )
        environment = with_absolute_paths(os.environ)
        environment.pop(TOKEN_VARIABLE, None)
        with self._messages.open("wb") as messages:
            self._process = subprocess.Popen(
                command,
                env=environment | ({TOKEN_VARIABLE: token} if token else {}),
                # It ends when this pipe is closed, which also happens if this process ends.
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=messages,
                start_new_session=True,
                text=True,
            )
        self.pid = self._process.pid
        self.lines: list[str] = []
        self.grpc_address = ""
        try:
            self.url = self._wait()
        except BaseException:  # also an interrupt
            self.close()
            raise

    def __repr__(self) -> str:
        return f"LocalServer({self.url})"

    def __enter__(self) -> LocalServer:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def messages(self) -> str:
        """What it has written to stderr."""
        return self._messages.read_text(encoding="utf-8", errors="replace")

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll()

    def send_signal(self, number: int) -> None:
        """Send a signal, such as SIGHUP to take the bundles from their paths again."""
        self._process.send_signal(number)

    def close(self) -> str:
        """Let it answer what it has accepted and end, and return its messages."""
        if not self._folder.path.exists():
            return ""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._process.communicate()
        messages = self.messages
        self._folder.close()
        return messages

    def _wait(self) -> str:
        """Wait until it is ready, and return its address."""
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        for line in self._process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith(_GRPC):
                self.grpc_address = self.lines[-1].removeprefix(_GRPC)
            if line.startswith(_READY):
                return self.lines[-1].removeprefix(_READY)
        raise self._failure()

    def _failure(self) -> ServingError:
        lines = self.close().strip().splitlines()
        first = next((n for n, line in enumerate(lines) if line.startswith("workbench: ")), None)
        if first is None:
            return ServingError(
                f"The server ended with status {self._process.returncode}.", "\n".join(lines[-5:])
            )
        return ServingError(lines[first].removeprefix("workbench: "), "\n".join(lines[first + 1 :]))
