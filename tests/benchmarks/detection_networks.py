"""YOLOv3 in two widths: steps of training, latency, and the same boxes on every target."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from paddle_workbench.boxes import Detections
from paddle_workbench.detection import (
    QUARTER_WIDTH,
    Dataset,
    Detector,
    Recipe,
    YOLOv3,
    evaluate,
    find_anchors,
    generate_goods,
    train,
)
from paddle_workbench.errors import ExportError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.targets.registry import TARGETS

from .detection_peers import peers_for, with_packages
from .export_lite import paddle_lite
from .table import print_table, show

WIDTHS = ("resnet34", "resnet34-quarter")
SIZES = (96, 128, 320)
TRAINING_PICTURES = 300
ANCHOR_PICTURES = 20
BEGINNER_STEPS = 40
PEER_SIZE = 320
LACKING = "PW-X105"
"""The code of a target that this machine cannot run."""
SAME_MAP = 1e-3
"""By which mAP of a target may differ."""
Call = Callable[[], object]
Rows = list[tuple[str, list[float]]]


def seconds_of(call: Call) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def network(width: Any, size: int) -> YOLOv3:
    dataset = generate_goods(ANCHOR_PICTURES, size=size)
    return YOLOv3(dataset.classes, find_anchors(dataset, input_size=size), backbone=width)


@cache
def beginner(width: Any) -> YOLOv3:
    """Return a network after a few steps, since an untrained one may see boxes by chance."""
    size = SIZES[0]
    net = network(width, size)
    recipe = Recipe(input_size=size, steps=BEGINNER_STEPS)
    train(net, generate_goods(ANCHOR_PICTURES, size=size), recipe, listener=lambda _: None)
    return net


def bundle_of(detector: Detector, path: Path, examples: Dataset, **options: Any) -> Bundle:
    from paddle.static import InputSpec

    size = detector.input_size
    return Bundle.create(
        path,
        detector.net,
        input_spec=[InputSpec([None, 3, size, size], "float32", "image")],
        examples=[each.pixels for each in examples],
        task="object-detection",
        labels=detector.net.classes,
        preprocessing=detector.preprocessing,
        postprocessing=detector.postprocessing,
        **options,
    )


def training(rounds: int, *, batch: int = 4) -> None:
    """Print how long a step takes, with the augmentation of its pictures."""
    rows: Rows = []
    for size in SIZES:
        dataset = generate_goods(batch, size=size)
        for width in WIDTHS:
            times: list[float] = []
            net = network(width, size)
            recipe = Recipe(input_size=size, batch_size=batch, steps=rounds + 1)
            train(net, dataset, recipe, listener=partial(_note_time, times))
            rows.append((f"{width}, {size} px", [1e3 * each / batch for each in np.diff(times)]))
    show(f"A step of training, batches of {batch}", rows, "ms a picture")


def _note_time(times: list[float], _record: object) -> None:
    times.append(time.perf_counter())


def inference(rounds: int) -> None:
    """Print the latency of one picture, from its pixels to its boxes."""
    for size in SIZES:
        (picture,) = (each.pixels for each in generate_goods(1, size=size))
        with tempfile.TemporaryDirectory() as folder:
            calls: dict[str, Call] = {}
            for width in WIDTHS:
                detector = Detector(net=beginner(width), input_size=size, threshold=0.3)
                bundle = bundle_of(detector, Path(folder, width), generate_goods(2, size=size))
                calls[f"{width}, eager"] = partial(detector.detect, [picture])
                for target in ("inference", "onednn", "onnx"):
                    bundle.export(target)
                    calls[f"{width}, {target}"] = partial(bundle.predict, picture, target=target)
            show(f"One picture of {size} px, {rounds} rounds in turn", in_turn(calls, rounds), "ms")


def in_turn(calls: dict[str, Call], rounds: int) -> Rows:
    """Return the milliseconds of each call, one after another in each round."""
    for call in calls.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(1e3 * seconds_of(call))
    return list(times.items())


@contextmanager
def trained(steps: int) -> Iterator[Detector]:
    """Train the quarter width as its recipe says, with fewer steps if asked."""
    recipe = replace(QUARTER_WIDTH, steps=steps)
    size = recipe.input_size
    dataset = generate_goods(TRAINING_PICTURES, size=size)
    anchors = find_anchors(dataset, input_size=size)
    net = YOLOv3(dataset.classes, anchors, backbone="resnet34-quarter")
    seconds = seconds_of(lambda: train(net, dataset, recipe, listener=lambda _: None))
    print(f"\nTrained for {steps} steps on {TRAINING_PICTURES} pictures: {seconds:.0f} s")
    yield Detector(net=net, input_size=size, threshold=0.05)


def parity(detector: Detector, count: int) -> bool:
    """Print what each target sees, how good that is, and how long it takes.

    Returns
    -------
    bool
        Whether all targets that this machine can run see the same boxes, with the same mAP.
    """
    pictures = generate_goods(count, part="test", size=200)
    pixels = [each.pixels for each in pictures]
    expected, times = _timed([partial(_first, detector.detect, each) for each in pixels])
    right = evaluate(pictures, expected)
    boxes = sum(map(len, expected))
    rows = [("eager", f"{boxes} boxes", "", f"{right.map:.4f}", f"{right.map50:.4f}", times)]
    is_same = True
    with tempfile.TemporaryDirectory() as folder, paddle_lite():
        bundle = bundle_of(detector, Path(folder, "goods"), generate_goods(4, size=200))
        for name in TARGETS:
            try:
                bundle.export(name)
            except ExportError as error:
                rows.append((name, f"refused: {error.code}", "", "", "", ""))
                print(f"{name}: {error.message}")
                is_same &= error.code == LACKING
                continue
            seen, times = _timed([partial(_detections, bundle, each, name) for each in pixels])
            result = evaluate(pictures, seen)
            distances = [_distance(*pair) for pair in zip(expected, seen, strict=True)]
            same = sum(np.isfinite(each) for each in distances)
            largest = max((each for each in distances if np.isfinite(each)), default=0.0)
            is_same &= same == count and abs(result.map - right.map) <= SAME_MAP
            cells = (f"{same} of {count}", f"{largest:.4f}")
            rows.append((name, *cells, f"{result.map:.4f}", f"{result.map50:.4f}", times))
    print(f"\n{count} pictures of 200 px: those with the same boxes, the largest distance of them,")
    print("and the median time of one, from its pixels to its boxes")
    print_table(("target", "same boxes", "pixels", "mAP", "mAP50", "ms"), rows)
    return is_same


def _first(detect: Callable[[list[Any]], list[Detections]], pixels: Any) -> Detections:
    return detect([pixels])[0]


def _timed(calls: list[Callable[[], Detections]]) -> tuple[list[Detections], str]:
    """Return the results of calls, and the median of their milliseconds."""
    calls[0]()
    results: list[Detections] = []
    times: list[float] = []
    for call in calls:
        started = time.perf_counter()
        results.append(call())
        times.append(1e3 * (time.perf_counter() - started))
    return results, f"{np.median(times):.1f}"


def _detections(bundle: Bundle, pixels: Any, target: str) -> Detections:
    boxes = bundle.predict(pixels, target=target).boxes
    labels = bundle.record.labels
    return Detections(
        np.array([each.corners for each in boxes], np.float32).reshape(-1, 4),
        np.array([each.score for each in boxes], np.float32),
        np.array([labels.index(each.label) for each in boxes], np.int64),
    )


def _distance(right: Detections, other: Detections) -> float:
    """Return by how many pixels an edge differs at most; infinite if other boxes are kept.

    Boxes whose scores are equal but for rounding may be in another order.
    """
    if sorted(right.classes.tolist()) != sorted(other.classes.tolist()):
        return float("inf")
    rest = list(range(len(other)))
    largest = 0.0
    for box, kind in zip(right.boxes, right.classes, strict=True):
        gaps = [
            np.abs(other.boxes[at] - box).max() if other.classes[at] == kind else np.inf
            for at in rest
        ]
        nearest = int(np.argmin(gaps))
        largest = max(largest, float(gaps[nearest]))
        del rest[nearest]
    return largest if largest <= 0.5 else float("inf")


def peers(rounds: int) -> None:
    """Print the latency of detectors whose weights are in a package, next to our own."""
    (picture,) = (each.pixels for each in generate_goods(1, size=PEER_SIZE))
    with tempfile.TemporaryDirectory() as folder:
        calls: dict[str, Call] = {}
        for width in WIDTHS:
            detector = Detector(net=beginner(width), input_size=PEER_SIZE, threshold=0.3)
            examples = generate_goods(1, size=PEER_SIZE)
            bundle = bundle_of(detector, Path(folder, width), examples)
            bundle.export("onnx")
            calls[f"{width}, onnx"] = partial(bundle.predict, picture, target="onnx")
        with with_packages():
            print()
            calls |= peers_for(picture)
            title = f"One picture of {PEER_SIZE} px, from its pixels to its boxes, {rounds} rounds"
            show(title, in_turn(calls, rounds), "ms")
    print("The others find other things, so their quality cannot be compared on shelves.")


def main(*, quick: bool = False) -> bool:
    """Print everything, and return whether all targets see the same."""
    training(2 if quick else 10)
    inference(3 if quick else 20)
    with trained(200 if quick else QUARTER_WIDTH.steps) as detector:
        is_same = parity(detector, 10 if quick else 100)
    peers(3 if quick else 20)
    return is_same
