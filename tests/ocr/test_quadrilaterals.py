from __future__ import annotations

import numpy as np
import pytest

from paddle_workbench.errors import DeskError
from paddle_workbench.ocr.quadrilaterals import (
    check_quadrilateral,
    crop_line,
    join,
    split,
    to_quadrilateral,
    turn,
)

BOX = ((10.0, 20.0), (110.0, 20.0), (110.0, 50.0), (10.0, 50.0))
SIZE = (200, 100)


def test_four_turns_restore_the_box() -> None:
    assert turn(BOX)[0] == (110.0, 20.0)
    assert turn(turn(turn(turn(BOX)))) == BOX


def test_joining_split_halves_restores_the_box() -> None:
    first, second = split(BOX, 0.25)
    assert first[1] == second[0] == (35.0, 20.0)
    assert first[2] == second[3] == (35.0, 50.0)
    assert join(first, second) == BOX


def test_joined_boxes_keep_their_slant() -> None:
    slant = ((0.0, 0.0), (40.0, 30.0), (34.0, 38.0), (-6.0, 8.0))
    first, second = split(slant, 0.4)
    assert np.array(join(first, second)) == pytest.approx(np.array(slant), abs=0.05)


def test_joined_boxes_keep_their_reading_direction() -> None:
    down = turn(turn(BOX))
    first, second = split(down, 0.5)
    assert first[0] == (110.0, 50.0)
    assert join(first, second) == down


def test_converts_polygon_to_the_rectangle_around_it() -> None:
    polygon = ((10.0, 20.0), (60.0, 20.0), (110.0, 20.0), (110.0, 50.0), (10.0, 50.0))
    assert to_quadrilateral(polygon) == BOX
    assert to_quadrilateral(BOX) is BOX


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([[0, 0], [9, 0], [9, 9]], "needs four corners"),
        ([[0, 0], [9, 0], [9, float("nan")], [0, 9]], "needs four corners"),
        ([[5, 5], [5, 5], [5, 5], [5, 5]], "has no area"),
        ([[-9, 0], [-5, 0], [-5, 50], [-9, 50]], "has no area"),
        ([[0, 0], [50, 50], [50, 0], [0, 50]], "has no area"),
        ([[0, 0], [100, 90], [100, 0], [0, 20]], "cross"),
        ([[0, 0], [50, 0], [10, 10], [0, 50]], "points inwards"),
    ],
)
def test_rejects_impossible_boxes(points: list[list[float]], message: str) -> None:
    with pytest.raises(DeskError, match=message):
        check_quadrilateral(points, SIZE)


def test_moves_corners_into_the_picture() -> None:
    corners = check_quadrilateral([[-5, -5], [250, 0], [250, 120], [0, 90]], SIZE)
    assert corners == ((0, 0), (200, 0), (200, 100), (0, 90))


def test_crop_starts_at_the_first_corner() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[20:50, 10:60] = 255
    crop = crop_line(pixels, BOX)
    assert crop.shape == (30, 100, 3)
    assert (crop[:, 2:48].min(), crop[:, 52:].max()) == (255, 0)
    crop = crop_line(pixels, turn(turn(BOX)))
    assert (crop[2:-2, :48].max(), crop[2:-2, 52:98].min()) == (0, 255)


def test_vertical_crop_is_laid_on_its_side() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    upright = ((10.0, 10.0), (30.0, 10.0), (30.0, 90.0), (10.0, 90.0))
    assert crop_line(pixels, upright).shape == (20, 80, 3)


def test_limits_crop_of_corners_far_outside_the_picture() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    far = ((0.0, 0.0), (1e6, 0.0), (1e6, 1e6), (0.0, 1e6))
    assert crop_line(pixels, far).shape == (300, 300, 3)
