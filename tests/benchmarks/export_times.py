"""How long an export to each target takes, and what `Bundle.predict` adds to the bare runtime.

python -m tests.benchmarks export_times
python -m tests.benchmarks.export_times sentiment          # only this model
python -m tests.benchmarks.export_times sentiment --only predict

The models are those of the ledger's benchmark: the course's text classifier, trained as in lesson
1.1, and the recogniser of PP-OCRv5.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from paddle_workbench.errors import ExportError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.ledger.intervals import ratio_interval
from paddle_workbench.export.processing import postprocess, prepare
from paddle_workbench.export.targets.registry import TARGETS, files_of_target, target_named

from .export_lite import paddle_lite
from .ledger import CASES, use_two_cores
from .table import print_table, show

EXPORTS = 3
ROUNDS = 101
BLOCK_S = 0.005
GOAL = 0.03

Call = Callable[[], object]


def print_export_times(bundle: Bundle) -> None:
    """Print the time to write, run and compare each target, with what it needs on disk."""
    # The child process of exports starts, which the first export would pay for.
    bundle.preflight("inference")
    rows = []
    for name in TARGETS:
        seconds = []
        try:
            for _ in range(EXPORTS):
                started = time.perf_counter()
                bundle.export(name)
                seconds.append(time.perf_counter() - started)
        except ExportError as error:
            rows.append((name, "", "", f"refused: {error.code}"))
            continue
        size = sum(file.bytes for file in files_of_target(bundle.record, name).values())
        row = (f"{min(seconds):.1f}", f"{statistics.median(seconds):.1f}", f"{size / 1e6:.1f} MB")
        rows.append((name, *row))
    print(f"\n{bundle.record.name}: an export, {len(bundle.samples)} samples, s")
    print_table(("target", "min", "median", "files"), rows)


def print_overhead(bundle: Bundle) -> None:
    """Print the time of `predict` for one input, next to the runtime and the steps by hand."""
    for target in ("inference", "onnx"):
        calls = dict(_calls(bundle, target))
        times = _times(calls)
        title = f"{bundle.record.name}, {target}: one input, one thread"
        factor, unit = (1e6, "µs") if min(times["predict"]) < 1e-3 else (1e3, "ms")
        rows = [(name, [factor * each for each in seconds]) for name, seconds in times.items()]
        show(title, rows, unit)
        for base in ("steps by hand", "runtime alone"):
            ratio = ratio_interval(times["predict"], times[base])
            assert ratio is not None
            goal = f" (goal: under {GOAL:.0%})" if base == "steps by hand" else ""
            print(
                f"  predict adds {ratio.middle - 1:.1%} to {base}, 95 % interval "
                f"{ratio.low - 1:.1%} to {ratio.high - 1:.1%}{goal}"
            )


def _calls(bundle: Bundle, target: str) -> Iterator[tuple[str, Call]]:
    """Yield what is compared: the runtime alone, with the bundle's steps, and `predict`."""
    record = bundle.record
    value = bundle.examples[0]
    steps = prepare(record.preprocessing, bundle.folder)
    exported = record.targets.get(target)
    folder = exported.folder if exported is not None else target_named(target).folder
    run = target_named(target).load(bundle.folder / folder, 1).run
    arrays = steps([value])
    yield "runtime alone", lambda: run(arrays)
    yield (
        "steps by hand",
        lambda: postprocess(run(steps([value])), record.postprocessing, record.labels),
    )
    yield "predict", lambda: bundle.predict(value, target=target, threads=1)


def _times(calls: dict[str, Call]) -> dict[str, list[float]]:
    """Return the seconds of each call by rounds: the fastest of a block in each."""
    seconds = max(_fastest_s(call, 3) for call in calls.values())
    count = max(1, round(BLOCK_S / seconds))
    times: dict[str, list[float]] = {name: [] for name in calls}
    order = np.random.default_rng(0)
    for _ in range(ROUNDS):
        # In turn, so that varying load affects all, and none always follows the same other.
        for name in order.permuted(list(calls)):
            times[name].append(_fastest_s(calls[name], count))
    return times


def _fastest_s(call: Call, count: int) -> float:
    seconds = []
    for _ in range(count):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", choices=[[], *CASES])
    parser.add_argument("--only", choices=("export", "predict"))
    options = parser.parse_args(arguments if arguments is not None else [])
    use_two_cores()
    for name in options.names or CASES:
        with tempfile.TemporaryDirectory() as folder, paddle_lite():
            bundle = CASES[name](Path(folder)).bundle
            if options.only != "predict":
                print_export_times(bundle)
            if options.only != "export":
                bundle.export("onnx")
                print_overhead(bundle)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
