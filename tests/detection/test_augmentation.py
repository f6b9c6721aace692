from __future__ import annotations

import numpy as np
import pytest

from paddle_workbench.detection.augmentation import (
    PADDING,
    Sample,
    crop,
    fit,
    flip,
    jitter,
    mosaic,
)

RED, BLUE, GREEN, WHITE = (250, 0, 0), (0, 0, 250), (0, 250, 0), (255, 255, 255)


def sample(*, height: int = 40, width: int = 60, colour: tuple[int, ...] = RED) -> Sample:
    """Return a picture with one rectangle, and its box."""
    pixels = np.full((height, width, 3), WHITE, np.uint8)
    pixels[10:30, 12:24] = colour
    return Sample(pixels, np.array([[12, 10, 24, 30]], np.float32), np.array([1]))


def box_of(pixels: np.ndarray, colour: tuple[int, ...]) -> list[float]:
    """Return the box around all pixels that are closer to a colour than to any other."""
    palette = np.array([colour, WHITE, (PADDING,) * 3, *({RED, BLUE, GREEN} - {colour})])
    distances = np.abs(pixels[:, :, None].astype(int) - palette).sum(axis=-1)
    y, x = np.nonzero(distances.argmin(axis=-1) == 0)
    return [x.min(), y.min(), x.max() + 1, y.max() + 1]


def test_flip_mirrors_boxes() -> None:
    mirrored = flip(sample())
    np.testing.assert_array_equal(mirrored.boxes, [[36, 10, 48, 30]])
    assert box_of(mirrored.pixels, RED) == [36, 10, 48, 30]
    back = flip(mirrored)
    np.testing.assert_array_equal(back.boxes, sample().boxes)
    np.testing.assert_array_equal(back.pixels, sample().pixels)


def test_crop_moves_and_cuts_boxes() -> None:
    part = crop(sample(), top=15, left=5, height=20, width=15)
    np.testing.assert_array_equal(part.boxes, [[7, 0, 15, 15]])
    assert box_of(part.pixels, RED) == [7, 0, 15, 15]


@pytest.mark.parametrize(("left", "remains"), [(20, True), (21, False), (30, False)])
def test_crop_leaves_out_boxes_that_are_hardly_visible(left: int, remains: bool) -> None:
    part = crop(sample(), top=0, left=left, height=40, width=20)
    assert len(part.boxes) == len(part.classes) == remains


def test_jitter_changes_only_colours() -> None:
    before = sample()
    darker = jitter(before, brightness=-0.1, contrast=1, saturation=1)
    assert darker.pixels.mean() < before.pixels.mean()
    assert darker.boxes is before.boxes
    grey = jitter(before, brightness=0, contrast=1, saturation=0)
    assert (grey.pixels == grey.pixels[..., :1]).all()
    same = jitter(before, brightness=0, contrast=1, saturation=1)
    np.testing.assert_array_equal(same.pixels, before.pixels)


def test_fit_keeps_proportions() -> None:
    square = fit(sample(), 96)
    assert square.pixels.shape == (96, 96, 3)
    np.testing.assert_allclose(square.boxes, [[19.2, 32, 38.4, 64]])
    np.testing.assert_allclose(box_of(square.pixels, RED), square.boxes[0], atol=1)
    assert (square.pixels[:16] == PADDING).all()
    assert (square.pixels[-16:] == PADDING).all()


def test_mosaic_keeps_boxes_on_their_things() -> None:
    colours = (RED, BLUE, GREEN, RED)
    samples = [sample(height=40, width=60, colour=colour) for colour in colours]
    square = mosaic(samples, size=96, x=40, y=50)
    assert square.pixels.shape == (96, 96, 3)
    assert (square.pixels != PADDING).any(axis=2).all()
    quarters = [(0, 0, 40, 50), (40, 0, 96, 50), (0, 50, 40, 96), (40, 50, 96, 96)]
    assert len(square.boxes) == 4
    for box, colour, (left, top, right, bottom) in zip(
        square.boxes, colours, quarters, strict=True
    ):
        there = box_of(square.pixels[top:bottom, left:right], colour)
        expected = np.array(there) + np.array([left, top, left, top])
        np.testing.assert_allclose(box, expected, atol=1)


def test_mosaic_of_pictures_without_boxes_has_none() -> None:
    empty = Sample(np.zeros((8, 8, 3), np.uint8), np.zeros((0, 4), np.float32), np.zeros(0, int))
    square = mosaic([empty] * 4, size=32, x=8, y=8)
    assert square.boxes.shape == (0, 4)


def test_random_chains_keep_boxes_inside() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        height, width = random.integers(30, 60, size=2)
        changed = sample(height=int(height), width=int(width))
        top, left = random.integers(0, 10, size=2)
        changed = crop(changed, top=int(top), left=int(left), height=25, width=25)
        changed = fit(flip(changed), 64)
        assert (changed.boxes >= 0).all()
        assert (changed.boxes <= 64).all()
        if len(changed.boxes):
            np.testing.assert_allclose(box_of(changed.pixels, RED), changed.boxes[0], atol=2)
