"""Draw things that do not belong to any class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from .colours import Colour, one_of, scaled, shade_as_cylinder, two_colours
from .lettering import OFFERS, write
from .shops import Shop

__all__ = ["DISTRACTORS", "draw_distractor"]

Rng: TypeAlias = np.random.Generator


def draw_distractor(rng: Rng, shop: Shop, kind: str, size: tuple[int, int]) -> Image.Image:
    """Draw something that does not belong to any class, as RGBA.

    Parameters
    ----------
    kind : str
        One of `DISTRACTORS`.
    """
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    DISTRACTORS[kind](rng, shop, image)
    return image


def _crate(rng: Rng, shop: Shop, image: Image.Image) -> None:
    """Draw an open crate with fruit."""
    width, height = image.size
    draw = ImageDraw.Draw(image)
    fruit, _ = two_colours(rng, shop)
    radius = max(height * 0.16, 2)
    for x in np.arange(radius, width, radius * 1.3):
        y = height * 0.42 + rng.uniform(-1, 1) * radius * 0.4
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), scaled(fruit, 0.9))
    wood = one_of(rng, ((168, 128, 84), (70, 110, 70), (90, 90, 96)))
    draw.rectangle((0, height * 0.5, width, height), wood)
    for y in (0.62, 0.8):
        draw.line((0, height * y, width, height * y), scaled(wood, 0.55), 2)


def _poster(rng: Rng, shop: Shop, image: Image.Image) -> None:
    width, height = image.size
    draw = ImageDraw.Draw(image)
    paper = one_of(rng, ((214, 30, 36), (255, 214, 10), (30, 120, 60)))
    draw.rectangle((0, 0, width, height), paper)
    ink: Colour = (255, 255, 255) if sum(paper) < 400 else (200, 20, 20)
    box = (width * 0.08, height * 0.1, width * 0.92, height * 0.9)
    write(draw, rng, shop, one_of(rng, OFFERS), box, ink, bold=True)


def _sticker(rng: Rng, shop: Shop, image: Image.Image) -> None:
    """Draw a round sign on a stalk."""
    width, height = image.size
    draw = ImageDraw.Draw(image)
    radius = min(width, height) * 0.48
    colour = one_of(rng, ((214, 30, 36), (255, 214, 10), (250, 120, 20)))
    draw.line((width / 2, height / 2, width / 2, height), (120, 120, 120), 2)
    draw.ellipse((width / 2 - radius, 0, width / 2 + radius, 2 * radius), colour)
    box = (width / 2 - radius * 0.7, radius * 0.5, width / 2 + radius * 0.7, radius * 1.5)
    write(draw, rng, shop, one_of(rng, OFFERS), box, (255, 255, 255), bold=True)


def _post(rng: Rng, _: Shop, image: Image.Image) -> None:
    """Draw an upright of the rack."""
    width, height = image.size
    shade = int(rng.integers(90, 200))
    ImageDraw.Draw(image).rectangle((0, 0, width, height), (shade, shade, shade + 6))
    shade_as_cylinder(image, 0.5)


def _basket(rng: Rng, _: Shop, image: Image.Image) -> None:
    """Draw a shopping basket made of bars, through which the shelf is visible."""
    width, height = image.size
    draw = ImageDraw.Draw(image)
    colour = one_of(rng, ((190, 30, 36), (40, 70, 160), (60, 60, 64)))
    bar = max(int(min(width, height) * 0.06), 2)
    draw.arc((width * 0.15, -height * 0.4, width * 0.85, height * 0.6), 180, 360, colour, bar)
    draw.rectangle((0, height * 0.3, width, height * 0.42), colour)
    draw.rectangle((width * 0.06, height - bar, width * 0.94, height), colour)
    for share in np.linspace(0.06, 0.94, 7):
        draw.line((width * share, height * 0.4, width * share, height), colour, bar)


DISTRACTORS: Final[dict[str, Callable[[Rng, Shop, Image.Image], None]]] = {
    "crate": _crate,
    "poster": _poster,
    "sticker": _sticker,
    "post": _post,
    "basket": _basket,
}
