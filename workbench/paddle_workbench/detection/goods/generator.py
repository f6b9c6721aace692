"""Generate data sets of shelves with goods from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, Final

import numpy as np

from ...errors import ParameterError
from ..dataset import Dataset, Picture
from .shelf import stock
from .shops import CLASSES, PARTS, SHOPS, GoodsPart
from .view import DETAIL, photograph, sheet_size

__all__ = ["generate_goods", "generate_shelf"]

SMALLEST: Final = 32
LARGEST: Final = 2048


def generate_goods(
    count: int,
    seed: int = 0,
    *,
    part: GoodsPart = "train",
    size: int | tuple[int, int] = 128,
) -> Dataset:
    """Generate pictures of shelves with packages, bottles, cans and price tags.

    The same arguments always give the same pictures, and a larger `count` begins with those of a
    smaller one.

    Parameters
    ----------
    count : int
    seed : int
    part : {"train", "validation", "test", "harder"}
        `validation` has other pictures of the same shops as `train`; `test` other names of products
        and other texts, too; `harder` also has shapes, colours and price tags that `train` lacks,
        and smaller and more crowded goods, more things of no class, more tilt, less light, blur
        and noise.
    size : int or tuple of int
        Width and height of each picture, in pixels; one number for a square.

    Returns
    -------
    Dataset
        With the classes 包装 (packages: boxes, bags, cartons), 瓶罐 (bottles and cans) and 价签
        (price tags). Boxes are around what is visible of an article. An article of which more than
        70 % are covered or outside the picture has no box, nor has one that is visibly smaller
        than 3 pixels in a direction.

    Raises
    ------
    ParameterError
        If an argument is not valid.
    """
    if not _is_whole(count) or count < 0:
        raise ParameterError(
            f"Cannot generate {count!r:.80} pictures.", "Give a whole number of at least 0."
        )
    return Dataset(
        CLASSES, [generate_shelf(number, seed, part=part, size=size) for number in range(count)]
    )


def generate_shelf(
    number: int,
    seed: int = 0,
    *,
    part: GoodsPart = "train",
    size: int | tuple[int, int] = 128,
) -> Picture:
    """Generate the picture with an index of `generate_goods`, without those before it."""
    if part not in PARTS:
        raise ParameterError(f"There is no part {part!r}.", f"Use one of: {', '.join(PARTS)}.")
    sides: Any = (size, size) if _is_whole(size) else size
    is_pair = isinstance(sides, Sequence) and len(sides) == 2
    if not is_pair or not all(map(_is_whole, sides)):
        raise ParameterError(
            f"Cannot generate pictures of the size {size!r:.80}.",
            "Give one whole number for a square, or a pair of them.",
        )
    width, height = sides
    if not SMALLEST <= min(width, height) <= max(width, height) <= LARGEST:
        raise ParameterError(
            f"Cannot generate pictures of {width} x {height} pixels.",
            f"Each side may have {SMALLEST} to {LARGEST}.",
        )
    for value in (number, seed):
        if not _is_whole(value):
            raise ParameterError(f"The seed {value!r:.80} is not a number.", "Use 0 or more.")
        if value < 0:
            raise ParameterError(f"The seed {value} is negative.", "Use 0 or more.")
    shop = SHOPS[part]
    rng = np.random.default_rng([seed, shop.stream, number])
    sheet = sheet_size(shop, (width, height))
    rack = stock(rng, shop, sheet, unit=min(width, height) * DETAIL)
    pixels, boxes, classes = photograph(rng, shop, rack, (width, height))
    return Picture(f"{part}_{seed}_{number:05d}.png", pixels, boxes, classes)


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral)
