"""Random detections with what is awkward: ties, duplicates, zero areas, NaN, nothing at all."""

from __future__ import annotations

from typing import Any

import numpy as np

from paddle_workbench.boxes import Detections

__all__ = ["random_detections", "random_heads"]


def random_detections(seed: int, *, with_nan: bool = True) -> Detections:
    random = np.random.default_rng(seed)
    count = int(random.integers(0, 30))
    # Whole numbers in a small picture: many overlaps are equal, and some are exactly the limit.
    corners = random.integers(0, 12, (count, 2))
    sizes = random.integers(0, 9, (count, 2))
    boxes = np.concatenate([corners, corners + sizes], axis=1).astype(np.float32)
    if count > 1:
        boxes[random.integers(0, count, count // 4)] = boxes[0]
    scores = random.integers(1, 9, count) / np.float32(8)
    if with_nan and count:
        boxes[random.integers(0, count, count // 8), random.integers(0, 4)] = np.nan
        boxes[random.integers(0, count, count // 8)] = [5, 5, 2, 2]  # turned inside out
        boxes[random.integers(0, count, count // 8), 2] = np.inf
        scores[random.integers(0, count, count // 8)] = np.nan
    return Detections(boxes, scores, random.integers(0, 3, count))


def random_heads(
    seed: int,
    *,
    batch: int,
    anchors: tuple[int, ...],
    cells: tuple[tuple[int, int], ...],
    classes: int,
) -> list[Any]:
    random = np.random.default_rng(seed)
    return [
        random.normal(0, 2, (batch, count * (5 + classes), *size)).astype(np.float32)
        for count, size in zip(anchors, cells, strict=True)
    ]
