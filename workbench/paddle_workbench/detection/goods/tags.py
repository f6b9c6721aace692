"""Draw price tags."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from .colours import Colour, one_of, scaled
from .lettering import BOTTLE_NAMES, PACKAGE_NAMES, write
from .shops import Shop

__all__ = ["draw_tag"]

Rng: TypeAlias = np.random.Generator


def draw_tag(rng: Rng, shop: Shop, size: tuple[int, int]) -> Image.Image:
    """Draw a price tag: a name, a price and bars, as RGBA."""
    width, height = size
    paper = one_of(rng, shop.tags)
    image = Image.new("RGBA", size, (*paper, 255))
    draw = ImageDraw.Draw(image)
    is_dark = sum(paper) < 300
    ink: Colour = (240, 240, 240) if is_dark else (25, 25, 25)
    accent = ink if is_dark else one_of(rng, ((200, 22, 29), (0, 122, 61), (0, 84, 166)))
    band = height * 0.32
    name = one_of(rng, one_of(rng, (PACKAGE_NAMES, BOTTLE_NAMES))[shop.texts])
    if not is_dark and rng.random() < 0.7:
        draw.rectangle((0, 0, width, band), accent)
        write(draw, rng, shop, name, (2, 0, width - 2, band), (255, 255, 255))
    else:
        write(draw, rng, shop, name, (2, 1, width * 0.7, band), ink)
    price = f"¥{rng.integers(2, 60)}.{rng.integers(0, 10)}"
    box = (width * 0.25, band, width - 2, height * 0.92)
    write(draw, rng, shop, price, box, accent, bold=True)
    x = 2.0
    while x < width * 0.22:
        draw.line((x, height * 0.55, x, height * 0.88), ink)
        x += float(rng.integers(2, 4))
    draw.rectangle((0, 0, width - 1, height - 1), outline=scaled(paper, 0.6))
    return image
