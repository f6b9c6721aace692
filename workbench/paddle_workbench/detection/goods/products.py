"""Draw packages, bottles and cans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from .colours import Colour, scaled, shade_as_cylinder, two_colours
from .lettering import BOTTLE_NAMES, PACKAGE_NAMES, Box, write_name, write_slogan
from .shops import Shop

__all__ = ["SHAPES", "draw_product"]

Rng: TypeAlias = np.random.Generator


def draw_product(rng: Rng, shop: Shop, shape: str, size: tuple[int, int]) -> Image.Image:
    """Draw a package, bottle or can.

    Parameters
    ----------
    rng : numpy.random.Generator
    shop : Shop
    shape : str
        One of `SHAPES`.
    size : tuple of int
        Width and height in pixels.

    Returns
    -------
    Image
        RGBA; transparent outside the product.
    """
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    SHAPES[shape](rng, shop, image)
    return image


def _box(rng: Rng, shop: Shop, image: Image.Image) -> None:
    width, height = image.size
    colour, other = two_colours(rng, shop)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, height), colour)
    _decorate(draw, rng, image.size, other)
    background = colour
    if rng.random() < 0.5:
        background = other
        draw.rectangle(_part(image, 0.08, 0.1, 0.92, 0.42), other)
    write_name(draw, rng, shop, PACKAGE_NAMES, _part(image, 0.1, 0.12, 0.9, 0.4), background)
    write_slogan(draw, rng, shop, _part(image, 0.1, 0.82, 0.9, 0.93), colour)
    # The side that is turned away from the light.
    side = width * rng.uniform(0.0, 0.14)
    if side > 1:
        draw.rectangle((width - side, 0, width, height), scaled(colour, 0.62))
    draw.rectangle((0, 0, width - 1, height - 1), outline=scaled(colour, 0.55))


def _bundle(rng: Rng, shop: Shop, image: Image.Image) -> None:
    """Draw two boxes in one wrapping."""
    width, height = image.size
    half = Image.new("RGBA", (width, height // 2 + 1))
    _box(rng, shop, half)
    image.paste(half, (0, 0))
    image.paste(half, (0, height // 2))
    draw = ImageDraw.Draw(image)
    draw.rectangle((width * 0.4, 0, width * 0.6, height), (235, 235, 230))


def _bag(rng: Rng, shop: Shop, image: Image.Image) -> None:
    width, height = image.size
    colour, other = two_colours(rng, shop)
    draw = ImageDraw.Draw(image)
    waist = width * rng.uniform(0.03, 0.09)
    draw.polygon(
        (
            *((0, 0), (width, 0), (width - waist, height * 0.1), (width, height * 0.5)),
            *((width - waist, height * 0.92), (width, height), (0, height)),
            *((waist, height * 0.92), (0, height * 0.5), (waist, height * 0.1)),
        ),
        colour,
    )
    for y in (height * 0.04, height * 0.95):
        draw.line((0, y, width, y), scaled(colour, 1.35))
    middle, radius = width / 2, width * 0.33
    at = height * 0.66
    draw.ellipse((middle - radius, at - radius, middle + radius, at + radius), other)
    box = _part(image, 0.1, 0.15, 0.9, 0.4)
    write_name(draw, rng, shop, PACKAGE_NAMES, box, colour)
    shade_as_cylinder(image, 0.35)


def _carton(rng: Rng, shop: Shop, image: Image.Image) -> None:
    """Draw a carton with a gable, as milk is sold in."""
    width, height = image.size
    colour, other = two_colours(rng, shop)
    draw = ImageDraw.Draw(image)
    gable = height * 0.2
    draw.rectangle((0, gable, width, height), colour)
    draw.polygon(
        ((0, gable), (width * 0.16, gable * 0.3), (width * 0.84, gable * 0.3), (width, gable)),
        scaled(colour, 0.8),
    )
    draw.rectangle((width * 0.12, 0, width * 0.88, gable * 0.35), scaled(colour, 1.2))
    wave = height * rng.uniform(0.6, 0.8)
    draw.rectangle((0, wave, width, height), other)
    box = _part(image, 0.1, 0.28, 0.9, 0.55)
    write_name(draw, rng, shop, PACKAGE_NAMES, box, colour)
    draw.rectangle((width * 0.82, gable, width, height), scaled(colour, 0.7))


def _pouch(rng: Rng, shop: Shop, image: Image.Image) -> None:
    """Draw a standing pouch with a window."""
    width, height = image.size
    colour, other = two_colours(rng, shop)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, width - 1, height - 1), width * 0.18, colour)
    draw.rectangle((0, 0, width, height * 0.12), scaled(colour, 1.2))
    draw.ellipse((width * 0.2, height * 0.5, width * 0.8, height * 0.85), other)
    box = _part(image, 0.1, 0.18, 0.9, 0.42)
    write_name(draw, rng, shop, PACKAGE_NAMES, box, colour)
    shade_as_cylinder(image, 0.45)


def _bottle(rng: Rng, shop: Shop, image: Image.Image) -> None:
    width, height = image.size
    colour, label = two_colours(rng, shop)
    draw = ImageDraw.Draw(image)
    neck, shoulder = width * rng.uniform(0.15, 0.24), height * rng.uniform(0.3, 0.42)
    middle, collar = width / 2, height * rng.uniform(0.16, 0.24)
    arms = shoulder + width * 0.14
    draw.rounded_rectangle((0, shoulder, width - 1, height - 1), width * 0.12, colour)
    draw.polygon(
        (
            *((middle - neck, collar), (middle + neck, collar), (width - 1, shoulder + 2)),
            *((width - 1, arms), (0, arms), (0, shoulder + 2)),
        ),
        colour,
    )
    draw.rectangle((middle - neck, height * 0.08, middle + neck, collar + 1), colour)
    cap = neck * 1.15
    _, cap_colour = two_colours(rng, shop)
    draw.rectangle((middle - cap, 0, middle + cap, height * 0.09), cap_colour)
    draw.rectangle((0, height * 0.52, width - 1, height * 0.84), label)
    box = _part(image, 0.08, 0.54, 0.92, 0.82)
    write_name(draw, rng, shop, BOTTLE_NAMES, box, label)
    shade_as_cylinder(image, 0.75)


def _jug(rng: Rng, shop: Shop, image: Image.Image) -> None:
    """Draw a canister with a handle, as oil is sold in."""
    width, height = image.size
    colour, label = two_colours(rng, shop)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, height * 0.2, width - 1, height - 1), width * 0.1, colour)
    draw.rectangle((width * 0.12, height * 0.06, width * 0.38, height * 0.24), colour)
    draw.rectangle((width * 0.1, 0, width * 0.4, height * 0.08), label)
    draw.ellipse((width * 0.55, height * 0.24, width * 0.88, height * 0.4), (0, 0, 0, 0))
    draw.rectangle((width * 0.06, height * 0.5, width * 0.94, height * 0.85), label)
    box = _part(image, 0.1, 0.52, 0.9, 0.82)
    write_name(draw, rng, shop, BOTTLE_NAMES, box, label)
    shade_as_cylinder(image, 0.5)


def _can(rng: Rng, shop: Shop, image: Image.Image) -> None:
    width, height = image.size
    colour, other = two_colours(rng, shop)
    draw = ImageDraw.Draw(image)
    rim = max(height * 0.08, 2)
    metal: Colour = (205, 208, 212)
    draw.rounded_rectangle((0, rim / 2, width - 1, height - 1), rim, colour)
    draw.rectangle((1, height - rim * 0.8, width - 2, height - rim * 0.3), metal)
    band = height * rng.uniform(0.25, 0.6)
    draw.rectangle((0, band, width - 1, band + height * 0.22), other)
    box = _part(image, 0.08, 0.3, 0.92, 0.6)
    write_name(draw, rng, shop, BOTTLE_NAMES, box, other)
    shade_as_cylinder(image, 0.8)
    draw.ellipse((1, 0, width - 2, rim * 1.6), metal, scaled(metal, 0.6))


def _jar(rng: Rng, shop: Shop, image: Image.Image) -> None:
    width, height = image.size
    colour, label = two_colours(rng, shop)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, height * 0.16, width - 1, height - 1), width * 0.16, colour)
    _, cap = two_colours(rng, shop)
    draw.rectangle((width * 0.08, 0, width * 0.92, height * 0.17), cap)
    draw.rectangle((0, height * 0.38, width - 1, height * 0.82), label)
    box = _part(image, 0.08, 0.42, 0.92, 0.78)
    write_name(draw, rng, shop, BOTTLE_NAMES, box, label)
    shade_as_cylinder(image, 0.7)


def _part(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Box:
    """Return a box in pixels whose sides are given as shares of an article's width and height."""
    return left * image.width, top * image.height, right * image.width, bottom * image.height


def _decorate(draw: ImageDraw.ImageDraw, rng: Rng, size: tuple[int, int], colour: Colour) -> None:
    """Draw a band, a disc or stripes on the front of a package."""
    width, height = size
    choice = int(rng.integers(4))
    if choice == 0:
        top = height * rng.uniform(0.45, 0.65)
        draw.rectangle((0, top, width, top + height * 0.2), colour)
    elif choice == 1:
        radius = min(width, height) * rng.uniform(0.25, 0.4)
        x, y = width * rng.uniform(0.35, 0.65), height * rng.uniform(0.55, 0.7)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour)
    elif choice == 2:
        draw.polygon(((0, height), (width, height * 0.45), (width, height)), colour)
    else:
        for share in (0.5, 0.6, 0.7):
            draw.rectangle((0, height * share, width, height * (share + 0.05)), colour)


SHAPES: Final[dict[str, Callable[[Rng, Shop, Image.Image], None]]] = {
    "box": _box,
    "bag": _bag,
    "carton": _carton,
    "pouch": _pouch,
    "bundle": _bundle,
    "bottle": _bottle,
    "can": _can,
    "jar": _jar,
    "jug": _jug,
}
