"""Chinese names, prices and slogans on articles."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from PIL import ImageDraw

from ...environment.fonts import FontName, load_font
from ...text.stretches import Part, TextSource
from .colours import Colour, ink_on, one_of
from .shops import Shop

__all__ = [
    "BOTTLE_NAMES",
    "OFFERS",
    "PACKAGE_NAMES",
    "Box",
    "Names",
    "write",
    "write_name",
    "write_slogan",
]

Rng: TypeAlias = np.random.Generator
Box: TypeAlias = tuple[float, float, float, float]
Names: TypeAlias = Mapping[Part, tuple[str, ...]]

PACKAGE_NAMES: Final[Names] = {
    "train": (
        *("牛奶", "饼干", "大米", "薯片", "挂面", "红糖", "麦片", "奶粉", "咖啡", "绿茶"),
        *("抽纸", "洗衣粉"),
    ),
    "test": ("巧克力", "米粉", "海苔", "坚果", "汤圆", "面粉"),
}
BOTTLE_NAMES: Final[Names] = {
    "train": (
        *("可乐", "酱油", "陈醋", "花生油", "橙汁", "矿泉水", "蜂蜜", "果酱", "啤酒", "洗发水"),
        *("辣酱", "豆奶"),
    ),
    "test": ("凉茶", "料酒", "橄榄油", "苏打水", "酸奶", "沐浴露"),
}
OFFERS: Final = ("特价", "促销", "新品", "会员", "满减", "清仓")

# Smaller text is drawn as a bar: it would not be legible.
LEGIBLE: Final = 7


def write_name(
    draw: ImageDraw.ImageDraw,
    rng: Rng,
    shop: Shop,
    names: Names,
    box: Box,
    background: Colour,
) -> None:
    """Write one of the names as large as a box allows, in black or white."""
    write(draw, rng, shop, one_of(rng, names[shop.texts]), box, ink_on(background), bold=True)


def write_slogan(
    draw: ImageDraw.ImageDraw, rng: Rng, shop: Shop, box: Box, background: Colour
) -> None:
    """Write a line of the corpora, or a bar where it would not be legible."""
    left, top, right, bottom = box
    if bottom - top < LEGIBLE:
        draw.line((left, top, right, top), ink_on(background))
        return
    longest = max(int((right - left) / (bottom - top)), 2)
    text = _source(shop.texts).line(rng, shortest=2, longest=longest)
    write(draw, rng, shop, text, box, ink_on(background))


def write(
    draw: ImageDraw.ImageDraw,
    rng: Rng,
    shop: Shop,
    text: str,
    box: Box,
    ink: Colour,
    *,
    bold: bool = False,
) -> None:
    """Write a text as large as a box allows, in its middle."""
    left, top, right, bottom = box
    # Digits are half as wide as Chinese characters.
    characters = sum(1.0 if ord(each) > 0x2E80 else 0.6 for each in text)
    size = int(min((right - left) / characters, (bottom - top) * 0.9))
    middle = ((left + right) / 2, (top + bottom) / 2)
    if size < LEGIBLE:
        half = min(characters * max(size, 3), right - left) / 2
        bar = (middle[0] - half, middle[1], middle[0] + half, middle[1])
        draw.line(bar, ink, max(size // 2, 1))
        return
    font: FontName = "serif" if shop.texts == "test" and rng.random() < 0.4 else "sans"
    stroke = size // 14 if bold else 0
    draw.text(middle, text, ink, load_font(font, size), "mm", stroke_width=stroke)


@lru_cache(maxsize=2)
def _source(part: Part) -> TextSource:
    return TextSource(part=part)
