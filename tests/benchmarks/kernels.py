"""Cold and warm kernels: time to the first result, and memory."""

from __future__ import annotations

import os
import queue
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from jupyter_client.manager import KernelManager

from paddle_workbench.kernels import client
from paddle_workbench.settings import KERNELS_VARIABLE, WARM_VARIABLE

from .table import show

RUNS = 3
LIMIT_S = 120.0
STEPS = {
    "import paddle": "import paddle",
    "all imports": "import paddlenlp.transformers, paddleocr, matplotlib, paddle_workbench",
    "first op": "float((paddle.ones([4]) + 1).sum())",
}
# The kernel's name, and whether it may be warm.
KINDS = {
    "ipykernel cold": ("python3", "0"),
    "paddle cold": ("paddle", "0"),
    "paddle warm": ("paddle", "1"),
}
MEGABYTE = 1e6


class Kernel:
    """A kernel, and the seconds from the request to each step.

    The steps are sent one after the other. Their replies are awaited on the shell channel, since
    `wait_for_ready` of Jupyter's client sleeps for up to 0.4 s.
    """

    def __init__(self, name: str, warm: str) -> None:
        os.environ[WARM_VARIABLE] = warm
        self.seconds: dict[str, float] = {}
        begin = time.perf_counter()
        self.manager = KernelManager(kernel_name=name)
        self.manager.start_kernel()
        self._client = self.manager.blocking_client()
        self._client.start_channels()
        self._reply_to(self._client.kernel_info)
        self.seconds["ready"] = time.perf_counter() - begin
        for step, code in STEPS.items():
            self._reply_to(lambda code=code: self._client.execute(code))
            self.seconds[step] = time.perf_counter() - begin

    def memory(self) -> tuple[float, float]:
        """Return private and proportional bytes."""
        return memory_of(int(self.manager.provisioner.pid))

    def close(self) -> None:
        self._client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()

    def _reply_to(self, ask: Callable[[], str]) -> None:
        message = ask()
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            try:
                reply = self._client.get_shell_msg(timeout=1)
            except queue.Empty:
                continue
            if reply["parent_header"].get("msg_id") == message:
                if reply["content"]["status"] != "ok":
                    raise RuntimeError(reply["content"]["evalue"])
                return
        raise TimeoutError(f"No reply within {LIMIT_S:g} s.")


def memory_of(pid: int) -> tuple[float, float]:
    """Return the private and the proportional bytes of a process."""
    values = {"Private_Clean:": 0.0, "Private_Dirty:": 0.0, "Pss:": 0.0}
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    for name, value, *_ in (line.split() for line in rollup.splitlines()):
        if name in values:
            values[name] = float(value) * 1024
    return values["Private_Clean:"] + values["Private_Dirty:"], values["Pss:"]


@contextmanager
def fork_server() -> Iterator[int]:
    """Start a fork server for the benchmark, with the default preloads."""
    folder = Path(tempfile.mkdtemp(prefix="pw-"))
    os.environ[KERNELS_VARIABLE] = str(folder)
    os.environ[WARM_VARIABLE] = "1"
    client.start_server({**os.environ, **client.kernel_variables()})
    status = client.wait_until_started()
    if status is None or status["state"] != "ready":
        raise RuntimeError(f"No fork server: {status}")
    seconds = sum(preload["seconds"] for preload in status["preloads"])
    print(f"\nFork server: {len(status['preloads'])} imports in {seconds:.1f} s, once")
    try:
        yield int(status["pid"])
    finally:
        client.stop_server()
        del os.environ[KERNELS_VARIABLE], os.environ[WARM_VARIABLE]
        shutil.rmtree(folder, ignore_errors=True)


def measure_times() -> None:
    times: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    memory: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(RUNS):
        for kind, (name, warm) in KINDS.items():
            kernel = Kernel(name, warm)
            times[kind].append(kernel.seconds)
            memory[kind].append(kernel.memory()[0] / MEGABYTE)
            kernel.close()
    for step in ["ready", *STEPS]:
        rows = [(kind, [run[step] for run in runs]) for kind, runs in times.items()]
        show(f"Request to {step}, {RUNS} runs in turn", rows, "s")
    show("Private memory after the first op, one kernel", list(memory.items()), "MB")


def measure_many(server: int) -> None:
    print("\nWarm kernels, each with all imports and an op, and the fork server")
    print(f"  {'kernels':>7} {'private each':>14} {'proportional each':>18} {'all together':>14}")
    for count in (1, 10, 30):
        with ThreadPoolExecutor(count) as pool:
            begin = time.perf_counter()
            kernels = list(pool.map(lambda _: Kernel("paddle", "1"), range(count)))
            seconds = time.perf_counter() - begin
        sizes = [kernel.memory() for kernel in kernels]
        private = sum(own for own, _ in sizes) / count / MEGABYTE
        proportional = sum(shared for _, shared in sizes) / count / MEGABYTE
        total = (sum(shared for _, shared in sizes) + memory_of(server)[1]) / MEGABYTE
        print(f"  {count:7} {private:11.1f} MB {proportional:15.1f} MB {total:11.1f} MB")
        for kernel in kernels:
            kernel.close()
    print(f"  30 at once, request to the last first op: {seconds:.1f} s")


def main() -> None:
    with fork_server() as server:
        measure_times()
        measure_many(server)
