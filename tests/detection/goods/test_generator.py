from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from paddle_workbench.detection import Dataset, generate_goods, generate_shelf
from paddle_workbench.detection.goods.shops import CLASSES, PARTS, GoodsPart
from paddle_workbench.errors import ParameterError

each_part = pytest.mark.parametrize("part", PARTS)

PRINT_DIGEST = """
import sys
from tests.detection.goods.test_generator import digest
from paddle_workbench.detection import generate_goods
print(digest(generate_goods(2, 5, part=sys.argv[1], size=96)))
"""


def digest(dataset: Dataset) -> str:
    """Return a digest of all pixels, boxes and classes."""
    content = hashlib.sha256()
    for picture in dataset:
        for array in (picture.pixels, picture.boxes, picture.classes):
            content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()


@pytest.fixture(scope="module")
def parts() -> dict[GoodsPart, Dataset]:
    """Twelve pictures of each part."""
    return {part: generate_goods(12, 7, part=part, size=96) for part in PARTS}


@pytest.mark.parametrize("part", ["train", "harder"])
def test_same_seed_gives_the_same_pictures_in_another_process(part: GoodsPart) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    output = subprocess.run(
        [sys.executable, "-c", PRINT_DIGEST, part],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    ).stdout
    assert output.strip() == digest(generate_goods(2, 5, part=part, size=96))
    assert output.strip() != digest(generate_goods(2, 6, part=part, size=96))


@each_part
def test_each_picture_depends_only_on_its_number(part: GoodsPart) -> None:
    several = generate_goods(3, 2, part=part, size=64)
    alone = generate_shelf(2, 2, part=part, size=64)
    assert alone.name == several.pictures[2].name == f"{part}_2_00002.png"
    np.testing.assert_array_equal(alone.pixels, several.pictures[2].pixels)
    np.testing.assert_array_equal(alone.boxes, several.pictures[2].boxes)


@each_part
def test_boxes_are_inside_and_not_tiny(part: GoodsPart, parts: dict[GoodsPart, Dataset]) -> None:
    assert parts[part].classes == CLASSES
    for picture in parts[part]:
        assert picture.size == (96, 96)
        assert (picture.boxes >= 0).all()
        assert (picture.boxes <= 96).all()
        assert (picture.boxes[:, 2:] - picture.boxes[:, :2] >= 3).all()


def test_classes_are_about_equally_frequent() -> None:
    counts = generate_goods(40, part="train", size=64).box_counts().values()
    assert max(counts) < 1.6 * min(counts)


def test_parts_have_different_pictures(parts: dict[GoodsPart, Dataset]) -> None:
    assert len({digest(dataset) for dataset in parts.values()}) == len(PARTS)


def test_harder_pictures_are_darker_and_more_crowded(
    parts: dict[GoodsPart, Dataset],
) -> None:
    train, harder = parts["train"], parts["harder"]
    assert grey(harder) < 0.85 * grey(train)
    assert boxes(harder) > 1.15 * boxes(train)


def grey(dataset: Dataset) -> float:
    return float(np.mean([picture.pixels.mean() for picture in dataset]))


def boxes(dataset: Dataset) -> float:
    return float(np.mean([len(picture.boxes) for picture in dataset]))


def test_size_may_be_a_pair() -> None:
    assert generate_shelf(0, size=(80, 48)).pixels.shape == (48, 80, 3)


def test_small_pictures_are_drawn_too() -> None:
    dataset = generate_goods(10, part="harder", size=32)
    assert len(dataset) == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": -1}, "Cannot generate -1 pictures."),
        ({"part": "hardest"}, "There is no part 'hardest'."),
        ({"size": 31}, "Cannot generate pictures of 31 x 31 pixels."),
        ({"size": (96, 20000)}, "Cannot generate pictures of 96 x 20000 pixels."),
        ({"size": 96.0}, "Cannot generate pictures of the size 96.0."),
        ({"size": (96, 64, 3)}, "Cannot generate pictures of the size (96, 64, 3)."),
        ({"count": "3"}, "Cannot generate '3' pictures."),
        ({"seed": -3}, "The seed -3 is negative."),
        ({"seed": "a"}, "The seed 'a' is not a number."),
    ],
)
def test_rejects_invalid_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        generate_goods(**{"count": 1, **arguments})
    assert caught.value.message == message
