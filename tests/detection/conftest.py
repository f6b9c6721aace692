from __future__ import annotations

import numpy as np
import pytest

from paddle_workbench.detection.dataset import Dataset, Picture

CLASSES = ("盒", "瓶")
COLOURS = ((200, 40, 40), (40, 60, 200))


def make_dataset(count: int, *, seed: int = 0, size: int = 48) -> Dataset:
    """Return pictures of coloured rectangles; the colour is the class."""
    random = np.random.default_rng(seed)
    pictures = []
    for number in range(count):
        pixels = np.full((size, size, 3), 230, np.uint8)
        boxes, classes = [], []
        for _ in range(int(random.integers(1, 4))):
            x, y = random.integers(0, size - 20, size=2)
            width, height = random.integers(8, 20, size=2)
            kind = int(random.integers(len(CLASSES)))
            pixels[y : y + height, x : x + width] = COLOURS[kind]
            boxes.append((x, y, x + width, y + height))
            classes.append(kind)
        pictures.append(
            Picture(
                f"shelf-{number}.png",
                pixels,
                np.array(boxes, np.float32),
                np.array(classes, np.int64),
            )
        )
    return Dataset(CLASSES, pictures)


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return make_dataset(6)
