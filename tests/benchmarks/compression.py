"""What compression costs and brings on models of the course, over three seeds.

python -m tests.benchmarks compression
python -m tests.benchmarks.compression reader --method minmax
python -m tests.benchmarks.compression detector --networks FOLDER    # keeps those it trains

The reader is PP-OCRv5's recogniser with int8. Each seed has other lines of text: to calibrate, to
choose the layers that stay in float32, and to measure with. The detector is YOLOv3 of a quarter of
the channels, trained once per seed. `distillation` and `pruning` are benchmarks of their own.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paddle_workbench.compression import quantize
from paddle_workbench.compression.distillation.seeds import SeedScores
from paddle_workbench.compression.quantization.sensitivity import Budget, sensitivity
from paddle_workbench.environment.devices import read_machine
from paddle_workbench.errors import ExportError
from paddle_workbench.export.bundle import Bundle

from .compression_detector import detector
from .compression_figures import ratio_of_times, shown, size_of
from .ledger import padded, recogniser, use_two_cores
from .resampling import interval_over_items
from .table import print_table

SEEDS = (0, 1, 2)
FIRST, CALIBRATION, CHOOSING, LINES = 10_000, 32, 16, 256
BUDGETS = (0.02, 0.01, 0.005)
"""Layers that change more of the decisions stay in float32, the smallest first. What is not equal
on the samples of the bundle is quantised again with the next."""
GOAL_SIZE, GOAL_POINTS = 0.25, 1.0

Array: TypeAlias = NDArray[np.float64]


def lines(first: int, count: int) -> tuple[list[Any], list[str]]:
    """Return pictures of lines and their texts."""
    from paddle_workbench.ocr import generate

    pages = [generate("line", first + number) for number in range(count)]
    return [page.picture for page in pages], [page.lines[0].text for page in pages]


def wrong_characters(bundle: Bundle, pictures: Sequence[Any], texts: Sequence[str]) -> Array:
    """Return for each line the edits between what is read and its text; float64 (lines,)."""
    from paddle_workbench.ocr import character_error_rate

    # One at a time, as a line is read; in a batch it would be as wide as the widest.
    read = [bundle.predict(picture, target="onnx").label for picture in pictures]
    return np.array(
        [
            character_error_rate([line], [text]) * len(text)
            for line, text in zip(read, texts, strict=True)
        ]
    )


def reader(folder: Path, options: argparse.Namespace) -> None:
    """Quantise PP-OCRv5's recogniser: a quarter of the size, with less than a point lost."""
    original, method = recogniser(folder).bundle, options.method
    original.export("onnx")
    rows, lost, lost_edits, sizes = [], [], [], []
    for seed in SEEDS:
        first = FIRST * (seed + 1)
        calibration = padded(lines(first, CALIBRATION)[0])
        choosing = padded(lines(first + 1_000, CHOOSING)[0])
        pictures, texts = lines(first + 2_000, LINES)
        whole = quantize(original, folder / f"whole-{seed}", calibration=calibration, method=method)
        measured = sensitivity(whole, choosing)
        for budget in BUDGETS:
            names = measured.within(Budget(changed=budget))
            place = folder / f"mixed-{seed}-{budget}"
            smaller = quantize(
                original, place, calibration=calibration, method=method, layers=names
            )
            try:
                smaller.export("onnx", weights="int8")
            except ExportError:
                if budget == BUDGETS[-1]:
                    raise
            else:
                break
        edits = [wrong_characters(each, pictures, texts) for each in (original, smaller)]
        characters = np.array([len(text) for text in texts])
        before, after = (100 * (1 - each.sum() / characters.sum()) for each in edits)
        lost_edits.append(edits[1] - edits[0])
        sizes.append(characters)
        size = size_of(smaller) / size_of(original)
        time = (
            shown(ratio_of_times(original, smaller, padded(pictures[:8])))
            if seed == SEEDS[0]
            else ""
        )
        lost.append(before - after)
        count = f"{len(names)} of {len(measured.layers)}, {budget:.1%}"
        every = f"{measured.all.changed:.1%}" if measured.all.changed is not None else ""
        rows.append((f"{seed}", every, count, f"{before:.2f}", f"{after:.2f}", f"{size:.3f}", time))
    print(f"\nPP-OCRv5's recogniser with int8, {method}: characters right on {LINES} lines, %")
    print_table(
        ("seed", "changed by all", "layers, budget", "float32", "int8", "size", "time, one thread"),
        rows,
    )
    interval = SeedScores(SEEDS, tuple(lost)).interval()
    low, high = interval_over_items(np.concatenate(lost_edits), np.concatenate(sizes))
    print(
        f"Points lost: {interval.middle:.2f}; over the seeds {interval.low:.2f} to "
        f"{interval.high:.2f}, over the lines {low:.2f} to {high:.2f}. The goal is below "
        f"{GOAL_POINTS:g} at a size of {GOAL_SIZE:g}."
    )


CASES: dict[str, Callable[[Path, argparse.Namespace], None]] = {
    "reader": reader,
    "detector": detector,
}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", choices=[[], *CASES])
    parser.add_argument("--method", default="mse")
    parser.add_argument("--networks", type=Path, help="folder of the trained detectors")
    options = parser.parse_args(arguments if arguments is not None else [])
    use_two_cores()
    machine = read_machine()
    print(f"{machine.processor}")
    for name in options.names or CASES:
        with tempfile.TemporaryDirectory() as folder:
            CASES[name](Path(folder), options)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
