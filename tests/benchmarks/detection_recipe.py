"""Both widths of ResNet34, trained as the lesson on YOLOv3 does, over three seeds.

The quarter width is also trained with smaller pictures, so that the time of a picture can be
compared at about the same quality. The lesson's table of stored figures holds the rows that this
prints last.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from .detection_networks import Call, bundle_of, in_turn
from .table import print_table, show

SEEDS = (0, 1, 2)
PARTS = ("test", "harder")
PICTURES, HELD_OUT = 900, 100
SIZE = 128
# All goods have few pixels at these sizes.
STRIDES = (8,)


ROUNDS = 50


def training(
    backbone: Any, recipe: Any, seed: int, data: dict[str, Any]
) -> tuple[Any, list[float]]:
    """Train a detector.

    Returns
    -------
    Detector
    list of float
        The seconds of the training, and mAP50 on the test set and on the harder set.
    """
    import paddle

    from paddle_workbench.detection import Detector, YOLOv3, evaluate, find_anchors, train

    train_set = data["train"]
    anchors = find_anchors(train_set, input_size=recipe.input_size, scales=len(STRIDES))
    paddle.seed(seed)
    net = YOLOv3(train_set.classes, anchors, backbone=backbone, strides=STRIDES)
    started = time.perf_counter()
    train(net, train_set, replace(recipe, seed=seed))
    seconds = time.perf_counter() - started
    detector = Detector(net=net, input_size=recipe.input_size)
    quality = [evaluate(data[part], detector.detect(data[part])).map50 for part in PARTS]
    return detector, [seconds, *quality]


def latency(detectors: dict[str, Any], data: dict[str, Any]) -> None:
    """Print the time of a picture in ONNX Runtime, from its pixels to its boxes."""
    pictures = data["test"].pictures
    examples = replace(data["test"], pictures=pictures[:4])
    with tempfile.TemporaryDirectory() as folder:
        calls: dict[str, Call] = {}
        for name, detector in detectors.items():
            bundle = bundle_of(replace(detector, threshold=0.3), Path(folder, name), examples)
            bundle.export("onnx")
            calls[name] = partial(bundle.predict, pictures[0].pixels, target="onnx")
        show(f"A picture in ONNX Runtime, {ROUNDS} rounds in turn", in_turn(calls, ROUNDS), "ms")


def main() -> bool:
    from paddle_workbench.detection import FULL_WIDTH, QUARTER_WIDTH, generate_goods

    data: dict[str, Any] = {"train": generate_goods(PICTURES, size=SIZE)}
    for part in PARTS:
        data[part] = generate_goods(HELD_OUT, part=part, size=SIZE)
    smaller = replace(QUARTER_WIDTH, input_size=FULL_WIDTH.input_size)
    recipes = [
        ("resnet34", FULL_WIDTH), ("resnet34-quarter", QUARTER_WIDTH), ("resnet34-quarter", smaller)
    ]  # fmt: skip
    results: list[list[list[float]]] = [[] for _ in recipes]
    detectors: dict[str, Any] = {}
    # In turn, so that a machine that becomes slower slows all.
    for seed in SEEDS:
        for (name, recipe), rows in zip(recipes, results, strict=True):
            detector, figures = training(name, recipe, seed, data)
            rows.append(figures)
            detectors[f"{name}, {recipe.input_size} px"] = detector
    print(f"\nmAP50 on {HELD_OUT} pictures each, after training on {PICTURES} of {SIZE} px")
    header = ("", "seed", "pixels", "pictures seen", "seconds", *PARTS)
    table = []
    for (name, recipe), rows in zip(recipes, results, strict=True):
        middle = [statistics.median(values) for values in zip(*rows, strict=True)]
        seen = str(recipe.steps * recipe.batch_size)
        for seed, (seconds, *quality) in zip((*SEEDS, "median"), (*rows, middle), strict=True):
            numbers = (str(seed), str(recipe.input_size), seen, f"{seconds:.0f}")
            table.append((name, *numbers, *(f"{each:.3f}" for each in quality)))
    print_table(header, table)
    latency(detectors, data)
    print("\nFor the cell `stored` of notebooks/05_detection/01_yolov3_products.ipynb:")
    for (name, recipe), rows in zip(recipes[:2], results, strict=False):
        for seed, (seconds, *quality) in zip(SEEDS, rows, strict=True):
            numbers = ", ".join(f"{each:.3f}" for each in quality)
            print(f'    ("{name}", {recipe.steps * recipe.batch_size}, {seed}, '
                  f"{seconds:.0f}, {numbers}),")  # fmt: skip
    return False


if __name__ == "__main__":
    main()
