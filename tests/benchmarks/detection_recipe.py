"""Both widths of ResNet34, trained as the lesson on YOLOv3 does, over three seeds.

The lesson's table of stored figures holds the rows that this prints last.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from typing import Any

from .table import print_table

SEEDS = (0, 1, 2)
PARTS = ("test", "harder")
PICTURES, HELD_OUT = 900, 100
SIZE = 128
# All goods have few pixels at these sizes.
STRIDES = (8,)


def training(backbone: Any, recipe: Any, seed: int, data: dict[str, Any]) -> list[float]:
    """Return the seconds of a training, and mAP50 on the test set and on the harder set."""
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
    return [seconds, *(evaluate(data[part], detector.detect(data[part])).map50 for part in PARTS)]


def main() -> bool:
    from paddle_workbench.detection import FULL_WIDTH, QUARTER_WIDTH, generate_goods

    data: dict[str, Any] = {"train": generate_goods(PICTURES, size=SIZE)}
    for part in PARTS:
        data[part] = generate_goods(HELD_OUT, part=part, size=SIZE)
    widths = {"resnet34": FULL_WIDTH, "resnet34-quarter": QUARTER_WIDTH}
    results: dict[str, list[list[float]]] = {name: [] for name in widths}
    # In turn, so that a machine that becomes slower slows both.
    for seed in SEEDS:
        for name, recipe in widths.items():
            results[name].append(training(name, recipe, seed, data))
    print(f"\nmAP50 on {HELD_OUT} pictures each, after training on {PICTURES} of {SIZE} px")
    header = ("", "seed", "pixels", "pictures seen", "seconds", *PARTS)
    rows = []
    for name, recipe in widths.items():
        seen = recipe.steps * recipe.batch_size
        for seed, (seconds, *figures) in zip(SEEDS, results[name], strict=True):
            numbers = (str(recipe.input_size), str(seen), f"{seconds:.0f}")
            rows.append((name, str(seed), *numbers, *(f"{each:.3f}" for each in figures)))
        middle = [statistics.median(values) for values in zip(*results[name], strict=True)]
        figures = [f"{each:.3f}" for each in middle[1:]]
        rows.append((name, "median", *numbers[:2], f"{middle[0]:.0f}", *figures))
    print_table(header, rows)
    print("\nFor the cell `stored` of notebooks/05_detection/01_yolov3_products.ipynb:")
    for name, recipe in widths.items():
        for seed, (seconds, *figures) in zip(SEEDS, results[name], strict=True):
            numbers = ", ".join(f"{each:.3f}" for each in figures)
            print(f'    ("{name}", {recipe.steps * recipe.batch_size}, {seed}, '
                  f"{seconds:.0f}, {numbers}),")  # fmt: skip
    return False


if __name__ == "__main__":
    main()
