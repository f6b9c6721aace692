"""A kernel and its client for tests."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.manager import KernelManager

from paddle_workbench.kernels.warm_process import WarmProcess

LIMIT_S = 60.0


class Session:
    """One kernel `paddle` and a client.

    Parameters
    ----------
    ready : bool
        Whether to wait until the kernel answers, as `wait` does.
    options
        For `KernelManager.start_kernel`.
    """

    def __init__(self, *, ready: bool = True, **options: Any) -> None:
        self.manager = KernelManager(kernel_name="paddle", shutdown_wait_time=LIMIT_S)
        self.manager.start_kernel(**options)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        if ready:
            self.wait()

    def wait(self) -> None:
        """Wait until the kernel answers, and read its answers from the channels."""
        self.client.wait_for_ready(timeout=LIMIT_S)
        # Jupyter's client asks a slow kernel several times, and does not read the later answers.
        # After a restart it may read an answer of the old kernel, and miss the first messages of
        # the new one.
        wait_until(self._is_heard, limit_s=LIMIT_S)

    def _is_heard(self) -> bool:
        request_id = self.client.kernel_info()
        while self.client.get_shell_msg(timeout=LIMIT_S)["parent_header"]["msg_id"] != request_id:
            pass
        with contextlib.suppress(Empty):
            while True:
                message = self.client.get_iopub_msg(timeout=1)
                is_idle = message["content"].get("execution_state") == "idle"
                if is_idle and message["parent_header"].get("msg_id") == request_id:
                    return True
        return False

    @classmethod
    @contextmanager
    def several(cls) -> Iterator[Callable[..., Session]]:
        """Provide a function that starts sessions; all of them end with the block."""
        with ExitStack() as stack:

            def make(**options: Any) -> Session:
                session = cls(**options)
                stack.callback(session.close)
                return session

            yield make

    @property
    def process(self) -> Any:
        return self.manager.provisioner.process

    @property
    def pid(self) -> int:
        return int(self.manager.provisioner.pid)

    @property
    def is_warm(self) -> bool:
        return isinstance(self.process, WarmProcess)

    def run(self, code: str, *, timeout: float = LIMIT_S) -> str:
        """Run code; return its output, value and error, and last what it wrote to stderr."""
        texts: list[str] = []
        warnings: list[str] = []

        def hook(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                # The two streams arrive in any order.
                (warnings if content["name"] == "stderr" else texts).append(content["text"])
            elif message["msg_type"] in ("execute_result", "display_data"):
                texts.append(content["data"].get("text/plain", ""))
            elif message["msg_type"] == "error":
                texts.append(f"{content['ename']}: {content['evalue']}")

        # After an error ipykernel would abort requests for a moment.
        self.client.execute_interactive(
            code, output_hook=hook, timeout=timeout, stop_on_error=False
        )
        return "".join([*texts, *warnings]).strip()

    def close(self) -> None:
        """End the kernel if it is running."""
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


def is_running(pid: int) -> bool:
    """Return whether a process is running; a zombie is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(condition: Callable[[], bool], *, limit_s: float = 30.0) -> None:
    """Wait until a condition is true.

    Raises
    ------
    AssertionError
        If it is still false after `limit_s` seconds.
    """
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, f"not true after {limit_s:g} s"
        time.sleep(0.05)


def descriptors(pid: int | str = "self") -> list[str]:
    """Return the targets of the open file descriptors of a process."""
    targets = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            targets.append(os.readlink(entry))  # noqa: PTH115 - sockets have no path
        except OSError:
            continue
    return sorted(targets)
