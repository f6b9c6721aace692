from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from paddle_workbench.detection.batches import DEVIATION, MEAN, Batches, normalised
from paddle_workbench.detection.dataset import Dataset
from paddle_workbench.detection.recipe import Recipe
from paddle_workbench.errors import DetectionError

from .conftest import CLASSES

EVERYTHING = Recipe(input_size=32, batch_size=3, flip=0.5, crop=0.7, colour=0.7, mosaic=0.5)


def test_each_pass_contains_each_picture_once(dataset: Dataset) -> None:
    batches = Batches(dataset, Recipe(input_size=32, batch_size=2, flip=0))
    names = [name for step in range(6) for name in batches[step].names]
    every = sorted(picture.name for picture in dataset.pictures)
    assert sorted(names[:6]) == sorted(names[6:]) == every
    assert names[:6] != names[6:]


def test_a_batch_follows_from_its_number(dataset: Dataset) -> None:
    one, other = Batches(dataset, EVERYTHING), Batches(dataset, EVERYTHING)
    for step in range(3):
        other[step]
    first, second = one[5], other[5]
    assert first.names == second.names
    np.testing.assert_array_equal(first.pixels, second.pixels)
    np.testing.assert_array_equal(first.truth.boxes, second.truth.boxes)
    different = Batches(dataset, replace(EVERYTHING, seed=1))[5]
    assert (different.pixels != first.pixels).any()


def test_boxes_stay_in_the_input(dataset: Dataset) -> None:
    batches = Batches(dataset, EVERYTHING)
    for step in range(10):
        batch = batches[step]
        assert batch.pixels.shape == (3, 32, 32, 3)
        assert batch.inputs.shape == (3, 3, 32, 32)
        for boxes, classes in zip(batch.boxes, batch.classes, strict=True):
            assert len(boxes) == len(classes)
            assert (boxes >= 0).all()
            assert (boxes <= 32).all()


def test_normalised_is_the_usual_formula() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3)).astype(np.uint8)
    expected = (pixels / 255 - np.array(MEAN)) / np.array(DEVIATION)
    np.testing.assert_allclose(normalised(pixels), expected.transpose(0, 3, 1, 2), atol=1e-5)


def test_rejects_an_empty_data_set() -> None:
    with pytest.raises(DetectionError, match="has no pictures"):
        Batches(Dataset(CLASSES, []), EVERYTHING)
