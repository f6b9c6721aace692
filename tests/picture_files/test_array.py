"""What is not a picture array, and the code that makes one of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paddle_workbench.errors import ShapeError
from paddle_workbench.picture_files.array import check_picture

RGB = np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)
GREY = RGB[..., :1].repeat(3, axis=2)
DEEP = RGB.astype(np.uint16) * 257


def run_hint(value: Any) -> Any:
    """Follow the hints until there is a picture, at most twice."""
    for _ in range(2):
        try:
            return check_picture(value)
        except ShapeError as error:
            code = error.hint.removeprefix("Convert it: ")
            value = eval(code, {"np": np, "picture": value})  # noqa: S307 - our own hint
    return check_picture(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (GREY[..., 0], GREY),
        (GREY[..., :1], GREY),
        (np.dstack([RGB, GREY[..., 0]]), RGB),
        (RGB.transpose(2, 0, 1), RGB),
        (DEEP, RGB),
        (DEEP[..., 0], GREY),
        (RGB.astype(">u2") * 257, RGB),
        (RGB / 255, RGB),
        (RGB.astype(np.float32), RGB),
        (RGB.astype(np.int64), RGB),
        (RGB > 99, np.where(RGB > 99, 255, 0)),
        (Image.fromarray(GREY[..., 0]), GREY),
        (Image.fromarray(np.dstack([RGB, GREY[..., 0]])), RGB),
        (Image.fromarray(GREY[..., 0]).convert("P"), GREY),
        (Image.fromarray(DEEP[..., 0]), GREY),
        (Image.fromarray(GREY[..., 0]).convert("F"), GREY),
    ],
)
def test_hint_makes_the_right_picture(value: Any, expected: Any) -> None:
    with pytest.raises(ShapeError):
        check_picture(value)
    np.testing.assert_array_equal(run_hint(value), expected)


def test_hint_for_a_path_opens_the_file(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    Image.fromarray(GREY[..., 0]).save(path)
    with pytest.raises(ShapeError, match="got PosixPath") as caught:
        check_picture(path)
    names: dict[str, Any] = {"Path": Path, "path": path}
    *imports, code = caught.value.hint.removeprefix("Open its file: ").split("; ")
    exec("; ".join(imports), names)  # noqa: S102 - our own hint
    np.testing.assert_array_equal(eval(code, names), GREY)  # noqa: S307
