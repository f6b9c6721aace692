"""A step of training with one and with two threads, on a quiet machine and next to other work.

MKL's threads wait for each other in a loop unless `KMP_BLOCKTIME=0` lets them sleep, which the
environment sets. The other work is one loop a core, at a low priority.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from paddle_workbench.processor import WAITING_VARIABLE

from .table import show

ROUNDS, SECONDS, CORES = 2, 6.0, 2
LOW_PRIORITY = 10
_WAITING_MS = "200"  # what MKL does without the variable

_TRAINING = """
import sys, time
import paddle
from paddle import nn

paddle.seed(0)
convolutions = [layer for channels in (3, 32, 32)
                for layer in (nn.Conv2D(channels, 32, 3, padding=1), nn.ReLU())]
net = nn.Sequential(*convolutions, nn.AdaptiveAvgPool2D(1), nn.Flatten(), nn.Linear(32, 10))
trainer = paddle.optimizer.Adam(1e-3, parameters=net.parameters())
x = paddle.randn([16, 3, 32, 96])

def step():
    net(x).mean().backward()
    trainer.step()
    trainer.clear_grad()

step()
begin, count = time.perf_counter(), 0
while count < 3 or time.perf_counter() - begin < float(sys.argv[1]):
    step()
    count += 1
print(1e3 * (time.perf_counter() - begin) / count)
"""


def step_ms(threads: int, waiting_ms: str) -> float:
    """Train in a process of its own, and return the milliseconds of a step."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), WAITING_VARIABLE: waiting_ms}
    done = subprocess.run(
        [sys.executable, "-c", _TRAINING, str(SECONDS)],
        env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return float(done.stdout.splitlines()[-1])


@contextmanager
def other_work() -> Iterator[None]:
    """Keep all cores busy."""
    command = ["nice", "-n", str(LOW_PRIORITY), sys.executable, "-c", "while True: pass"]
    loops = [subprocess.Popen(command) for _ in range(CORES)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def measured() -> list[tuple[str, list[float]]]:
    """Return the milliseconds of a step in each way, in turn."""
    ways = {
        "one thread": (1, "0"),
        "two threads that wait in a loop": (2, _WAITING_MS),
        "two threads that sleep": (2, "0"),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            times[name].append(step_ms(*way))
    return list(times.items())


def main() -> bool:
    show("A step of training", measured(), "ms")
    with other_work():
        rows = measured()
        show(f"A step of training, next to {CORES} busy loops", rows, "ms")
    looping, sleeping = (statistics.median(times) for _, times in rows[1:])
    return sleeping > looping


if __name__ == "__main__":
    sys.exit(main())
