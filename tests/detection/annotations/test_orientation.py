"""Boxes and pixels agree, whatever the EXIF orientation of a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from paddle_workbench.detection import load_annotations

from .folders import boxes, picture, voc, voc_object

each_orientation = pytest.mark.parametrize("orientation", range(1, 9))
# The white corner of the stored picture.
STORED_BOX = (0, 0, 20, 10)


def size_of(width: int, height: int) -> str:
    return f"<width>{width}</width><height>{height}</height>"


def white_part(pixels: np.ndarray) -> list[float]:
    rows, columns = np.nonzero(pixels[..., 0] > 127)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


@each_orientation
def test_box_of_the_stored_view_is_rotated_with_its_picture(
    tmp_path: Path, orientation: int
) -> None:
    picture(tmp_path / "a.png", orientation=orientation)
    voc(tmp_path, voc_object(box=STORED_BOX), size=size_of(40, 30))
    loaded = load_annotations(tmp_path)
    pixels = loaded.dataset.pictures[0].pixels
    assert loaded.problems == ()
    if orientation in (1, 5, 6, 7, 8):
        assert boxes(loaded) == [white_part(pixels)]
        assert loaded.notes == ()
    else:
        # The sizes of both views are equal, so the file does not show which one it means.
        assert boxes(loaded) == [list(STORED_BOX)]
        assert loaded.notes[0].startswith("Rotated by EXIF")


@each_orientation
def test_box_of_the_upright_view_is_kept(tmp_path: Path, orientation: int) -> None:
    picture(tmp_path / "a.png", orientation=orientation)
    is_turned = orientation >= 5
    voc(tmp_path, voc_object(), size=size_of(30, 40) if is_turned else size_of(40, 30))
    assert boxes(load_annotations(tmp_path)) == [[1, 2, 11, 22]]


def test_notes_which_view_is_assumed(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", orientation=6)
    voc(tmp_path, voc_object(), size=size_of(0, 0))
    loaded = load_annotations(tmp_path)
    assert loaded.dataset.pictures[0].size == (30, 40)
    assert loaded.notes == (
        "Rotated by EXIF, with boxes that are taken for those of the upright view: 1 picture "
        "(a.png).",
    )
