from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_workbench.detection.anchors import anchor_overlaps, box_sizes, find_anchors
from paddle_workbench.detection.dataset import Dataset, Picture
from paddle_workbench.errors import DetectionError

# Widths and heights of six kinds of boxes, in pixels of the input.
KINDS = ((4, 12), (9, 4), (10, 10), (30, 14), (24, 40), (60, 50))


def dataset_of(sizes: np.ndarray, *, height: int = 128, width: int = 64) -> Dataset:
    boxes = np.concatenate([np.ones_like(sizes), 1 + sizes], axis=1).astype(np.float32)
    pixels = np.zeros((height, width, 3), np.uint8)
    return Dataset(("盒",), [Picture("one", pixels, boxes, np.zeros(len(boxes), np.int64))])


def clusters(seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.concatenate([np.array(kind) * random.uniform(0.95, 1.05, (50, 2)) for kind in KINDS])


def test_finds_the_kinds_of_boxes() -> None:
    anchors = find_anchors(dataset_of(clusters()), input_size=128)
    assert len(anchors) == 2
    # The coarse scale has the large ones; in each scale the smallest is first.
    found = [anchor for scale in reversed(anchors) for anchor in scale]
    np.testing.assert_allclose(found, sorted(KINDS, key=lambda kind: kind[0] * kind[1]), atol=1.01)
    assert all(isinstance(length, int) for anchor in found for length in anchor)


def test_same_seed_gives_the_same_anchors() -> None:
    dataset = dataset_of(np.random.default_rng(1).uniform(3, 60, (200, 2)))
    first, second = (find_anchors(dataset, input_size=96, seed=3) for _ in range(2))
    assert first == second


def test_sizes_are_those_in_the_input() -> None:
    dataset = dataset_of(np.array([[32.0, 64.0]]), height=128, width=64)
    # 128 x 64 pixels become 96 x 48.
    np.testing.assert_allclose(box_sizes(dataset, input_size=96), [[24, 48]])


def test_overlap_of_sizes_is_that_of_centred_boxes() -> None:
    overlaps = anchor_overlaps(np.array([[10, 20], [5, 5]]), [[(10, 10)], [(20, 40), (5, 5)]])
    np.testing.assert_allclose(overlaps, [[0.5, 0.25, 0.125], [0.25, 25 / 800, 1]])


def test_anchors_cover_better_than_a_grid() -> None:
    dataset = dataset_of(np.random.default_rng(2).uniform(3, 60, (300, 2)))
    sizes = box_sizes(dataset, input_size=128)
    anchors = find_anchors(dataset, input_size=128)
    squares = [[(width, width) for width in (6, 15, 24, 33, 42, 51)]]
    ours, theirs = (anchor_overlaps(sizes, each).max(axis=1).mean() for each in (anchors, squares))
    assert ours > theirs


@pytest.mark.parametrize("sizes", [np.zeros((0, 2)), np.full((20, 2), 7.0)])
def test_rejects_too_few_sizes(sizes: np.ndarray) -> None:
    with pytest.raises(DetectionError, match="too few for 6 anchors"):
        find_anchors(dataset_of(sizes), input_size=96)


@pytest.mark.parametrize(
    "values",
    [{"scales": 0}, {"per_scale": -1}, {"input_size": "96"}, {"input_size": None}, {"seed": -1}],
)
def test_rejects_numbers_that_make_no_sense(values: dict[str, Any]) -> None:
    with pytest.raises(DetectionError, match=f"with {next(iter(values))}="):
        find_anchors(dataset_of(clusters()), **{"input_size": 96, **values})


def test_rejects_what_is_not_a_data_set() -> None:
    with pytest.raises(DetectionError, match="The data set is a list, and not a Dataset"):
        find_anchors([1], input_size=96)  # type: ignore[arg-type]
