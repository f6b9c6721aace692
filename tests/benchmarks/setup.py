"""The time of `make setup` if nothing has changed."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from .table import show

REPOSITORY = Path(__file__).parents[2]
RUNS = 5


def main() -> None:
    subprocess.run(["make", "setup"], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    seconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run(["make", "setup"], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - started)
    title = f"make setup, nothing changed, {RUNS} runs (goal: under 3 s)"
    show(title, [("make setup", seconds)], "s")
