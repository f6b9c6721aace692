"""Colours of articles, and their shading."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from typing import TypeAlias, TypeVar

import numpy as np
from PIL import Image

from .shops import Shop

__all__ = ["Colour", "ink_on", "one_of", "scaled", "shade_as_cylinder", "two_colours"]

Rng: TypeAlias = np.random.Generator
Colour: TypeAlias = tuple[int, int, int]
Choice = TypeVar("Choice")


def one_of(rng: Rng, choices: Sequence[Choice]) -> Choice:
    """Return one of the choices, all equally likely."""
    return choices[int(rng.integers(len(choices)))]


def two_colours(rng: Rng, shop: Shop) -> tuple[Colour, Colour]:
    """Return the colour of a product, and one that contrasts with it."""
    hue = rng.random()
    saturation, brightness = rng.uniform(*shop.saturation), rng.uniform(*shop.brightness)
    other = (hue + rng.uniform(0.2, 0.8)) % 1
    contrast = brightness - 0.45 if brightness > 0.65 else brightness + 0.4
    return _rgb(hue, saturation, brightness), _rgb(other, saturation * rng.random(), contrast)


def _rgb(hue: float, saturation: float, brightness: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, min(max(brightness, 0.0), 1.0))
    return int(red * 255), int(green * 255), int(blue * 255)


def scaled(colour: Colour, factor: float) -> Colour:
    """Return a lighter or darker colour."""
    red, green, blue = (min(int(value * factor), 255) for value in colour)
    return red, green, blue


def ink_on(background: Colour) -> Colour:
    """Return the colour of letters that are legible on a background."""
    return (255, 255, 255) if sum(background) < 380 else (30, 30, 40)


def shade_as_cylinder(image: Image.Image, strength: float) -> None:
    """Shade an article as a cylinder: a highlight left of its middle, dark edges."""
    x = np.linspace(-1, 1, image.width, dtype=np.float32)
    light = 1 - strength * 0.55 * np.abs(x + 0.2) ** 2.2
    light += strength * 0.45 * np.exp(-(((x + 0.35) / 0.13) ** 2))
    pixels = np.array(image)
    shaded = pixels[..., :3] * light[None, :, None]
    pixels[..., :3] = np.minimum(shaded, 255).astype(np.uint8)
    image.paste(Image.fromarray(pixels))
