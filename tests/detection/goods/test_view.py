"""Boxes are around what is visible: known articles on an empty rack, photographed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from paddle_workbench.detection.goods.shelf import Article, Rack
from paddle_workbench.detection.goods.shops import SHOPS, Shop
from paddle_workbench.detection.goods.view import DETAIL, photograph, sheet_size

SIZE = (100, 80)
# Still zooms by a few per cent.
STRAIGHT = replace(
    SHOPS["train"],
    angle_deg=0.0,
    perspective=0.0,
    light=(1.0, 1.0),
    unevenness=(0.0, 0.0),
    cast=0.0,
    blur=(0.0, 0.0),
    noise=(0.0, 0.0),
    jpeg_quality=(95, 95),
)
TILTED = replace(STRAIGHT, angle_deg=12.0, perspective=0.06)


def rack(shop: Shop, *places: tuple[tuple[int, int, int, int], int | None]) -> Rack:
    """Return a black rack with white rectangles, in pixels of the photograph from its middle."""
    width, height = sheet_size(shop, SIZE)
    rack = Rack(Image.new("RGB", (width, height)), Image.new("I", (width, height), 0))
    for (left, top, right, bottom), kind in places:
        size = ((right - left) * DETAIL, (bottom - top) * DETAIL)
        colour = (255, 255, 255, 255) if kind is not None else (0, 0, 0, 255)
        at = (width / 2 + left * DETAIL, height / 2 + top * DETAIL)
        rack.put(Article.of(Image.new("RGBA", size, colour)), at, kind)
    return rack


@pytest.mark.parametrize("shop", [STRAIGHT, TILTED], ids=["straight", "tilted"])
@pytest.mark.parametrize("seed", range(4))
def test_box_is_around_the_visible_pixels(shop: Shop, seed: int) -> None:
    scene = rack(shop, ((-20, -15, 10, 12), 2))
    pixels, boxes, classes = photograph(np.random.default_rng(seed), shop, scene, SIZE)
    assert classes.tolist() == [2]
    rows, columns = np.nonzero(pixels[..., 0] > 127)
    bounds = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(boxes[0], bounds, atol=1.0)


def test_box_leaves_out_what_is_covered() -> None:
    scene = rack(STRAIGHT, ((-20, -10, 20, 10), 0), ((0, -30, 40, 30), None))
    _, boxes, _ = photograph(np.random.default_rng(0), STRAIGHT, scene, SIZE)
    assert boxes[0, 2] == pytest.approx(SIZE[0] / 2, abs=0.6)


@pytest.mark.parametrize(("covered", "count"), [(26, 1), (30, 0)])
def test_article_that_is_mostly_covered_has_no_box(covered: int, count: int) -> None:
    scene = rack(STRAIGHT, ((-20, -10, 20, 10), 0), ((20 - covered, -30, 40, 30), None))
    _, boxes, _ = photograph(np.random.default_rng(0), STRAIGHT, scene, SIZE)
    assert len(boxes) == count


@pytest.mark.parametrize(("left", "count"), [(30, 1), (48, 0)])
def test_article_that_is_mostly_outside_has_no_box(left: int, count: int) -> None:
    scene = rack(STRAIGHT, ((left, -10, left + 40, 10), 0))
    _, boxes, _ = photograph(np.random.default_rng(0), STRAIGHT, scene, SIZE)
    assert len(boxes) == count


def test_rack_fills_the_photograph_whatever_the_tilt() -> None:
    shop = TILTED
    size = sheet_size(shop, SIZE)
    white = Rack(Image.new("RGB", size, "white"), Image.new("I", size, 0))
    white.image.paste("red", (0, 0, size[0], 1))
    white.image.paste("red", (0, 0, 1, size[1]))
    white.image.paste("red", (size[0] - 1, 0, size[0], size[1]))
    white.image.paste("red", (0, size[1] - 1, size[0], size[1]))
    for seed in range(40):
        pixels, _, _ = photograph(np.random.default_rng(seed), shop, white, SIZE)
        assert pixels.min() > 200
