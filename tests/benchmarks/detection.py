"""Pictures of shelves drawn a minute, annotations written and read, networks trained and deployed.

python -m tests.benchmarks detection
python -m tests.benchmarks.detection --quick      # whether it runs; the numbers mean little
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from . import detection_networks
from .ledger import use_two_cores
from .table import show

ROUNDS = 3
COUNT = 50
SIZES = (96, 128, 320)


def per_minute(call: Callable[[], Any], count: int) -> float:
    started = time.perf_counter()
    call()
    return count / (time.perf_counter() - started) * 60


def draw(part: str, size: int) -> None:
    from paddle_workbench.detection import generate_goods

    generate_goods(COUNT, part=part, size=size)


def drawing() -> None:
    """Draw pictures in one process and in two."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        rows: list[tuple[str, list[float]]] = []
        calls: list[tuple[Callable[[], Any], int]] = []
        for part in ("train", "harder"):
            for size in SIZES:
                rows.append((f"{part}, {size} px", []))
                calls.append((partial(draw, part, size), COUNT))
        rows.append(("train, 128 px, two processes", []))
        calls.append((lambda: list(pool.map(draw, ("train",) * 2, (128,) * 2)), 2 * COUNT))
        for call, _ in calls:
            call()
        for _ in range(ROUNDS):
            for (call, count), (_name, values) in zip(calls, rows, strict=True):
                values.append(per_minute(call, count))
    show(f"Pictures of shelves, {COUNT} at a time, {ROUNDS} rounds in turn", rows, "a minute")


def exchanging() -> None:
    """Write and read the same pictures in each format."""
    from paddle_workbench.detection import generate_goods, load_annotations, save_annotations
    from paddle_workbench.detection.annotations.loading import STYLES

    dataset = generate_goods(COUNT, size=320)
    rows: list[tuple[str, list[float]]] = [
        (f"{style}, {verb}", []) for style in STYLES for verb in ("written", "read")
    ]
    values = dict(rows)
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            for style in STYLES:
                folder = Path(name, style)
                save = partial(save_annotations, dataset, folder, style=style)
                values[f"{style}, written"].append(per_minute(save, COUNT))
                read = partial(load_annotations, folder)
                values[f"{style}, read"].append(per_minute(read, COUNT))
    show(f"{COUNT} pictures of 320 px with their annotations, {ROUNDS} rounds", rows, "a minute")


def main(arguments: list[str] | None = None) -> bool:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments if arguments is not None else [])
    use_two_cores()
    if not options.quick:
        drawing()
        exchanging()
    return not detection_networks.main(quick=options.quick)


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
