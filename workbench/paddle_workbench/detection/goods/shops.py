"""How the shelves of each part of the data are stocked and photographed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ...text.stretches import Part

__all__ = ["CLASSES", "PARTS", "SHOPS", "GoodsPart", "Range", "Shop"]

CLASSES: Final = ("包装", "瓶罐", "价签")
"""Packages (boxes, bags, cartons), bottles and cans, price tags."""

GoodsPart: TypeAlias = Literal["train", "validation", "test", "harder"]
Range: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shop:
    """A kind of shop, and how its shelves are photographed. Ranges are drawn from evenly.

    Parameters
    ----------
    stream : int
        Separates its random numbers from those of other shops.
    texts : str
        Part of the corpora that slogans come from; names of products are also divided so.
    packages, bottles : tuple of str
        Shapes; see `products.SHAPES`.
    tags : tuple of tuple of int
        Colours of the paper of price tags, RGB.
    saturation, brightness : tuple of float
        Of the colours of products, from 0 to 1.
    rows : tuple of float
        Number of shelves in the height of a square picture.
    overlap : tuple of float
        How much of a product its neighbour covers, as a share of its width; negative is a gap.
    behind : float
        Share of products that have another one behind them.
    leaning_deg : float
        Standard deviation of the angle of a product.
    distractors : tuple of float
        Number of things that do not belong to any class.
    angle_deg : float
        Greatest rotation of the camera.
    perspective : float
        How far each corner may move, as a share of the sides.
    light : tuple of float
        Brightness; 1 keeps the colours.
    unevenness : tuple of float
        How much darker one side is, from 0 to 1.
    cast : float
        Greatest change of one colour channel, as a share.
    blur : tuple of float
        Standard deviation of a Gaussian, in pixels of a picture whose shorter side has 128.
    noise : tuple of float
        Standard deviation, in grey levels of 255.
    jpeg_quality : tuple of float
        From 1 to 100.
    """

    stream: int
    texts: Part
    packages: tuple[str, ...] = ("box", "bag", "carton")
    bottles: tuple[str, ...] = ("bottle", "can", "jar")
    tags: tuple[tuple[int, int, int], ...] = ((255, 255, 255), (255, 246, 170), (255, 253, 236))
    saturation: Range = (0.45, 0.95)
    brightness: Range = (0.55, 1.0)
    rows: Range = (1.7, 2.3)
    overlap: Range = (-0.35, 0.12)
    behind: float = 0.15
    leaning_deg: float = 1.0
    distractors: Range = (0, 3)
    angle_deg: float = 3.0
    perspective: float = 0.03
    light: Range = (0.85, 1.15)
    unevenness: Range = (0.0, 0.3)
    cast: float = 0.06
    blur: Range = (0.0, 0.5)
    noise: Range = (1.0, 5.0)
    jpeg_quality: Range = (60, 96)


# Other texts, shapes and colours; smaller, more crowded, tilted, dark, blurred.
_HARDER: Final = Shop(
    stream=3,
    texts="test",
    packages=("box", "bag", "carton", "pouch", "bundle"),
    bottles=("bottle", "can", "jar", "jug"),
    tags=((255, 255, 255), (255, 214, 222), (206, 214, 206), (60, 64, 70), (255, 196, 92)),
    saturation=(0.05, 0.9),
    brightness=(0.2, 1.0),
    rows=(2.5, 3.9),
    overlap=(-0.25, 0.4),
    behind=0.45,
    leaning_deg=5.0,
    distractors=(3, 8),
    angle_deg=12.0,
    perspective=0.09,
    light=(0.5, 0.95),
    unevenness=(0.15, 0.55),
    cast=0.16,
    blur=(0.3, 1.0),
    noise=(4.0, 11.0),
    jpeg_quality=(25, 70),
)

SHOPS: Final[dict[GoodsPart, Shop]] = {
    "train": Shop(stream=0, texts="train"),
    "validation": Shop(stream=1, texts="train"),
    "test": Shop(stream=2, texts="test"),
    "harder": _HARDER,
}
PARTS: Final = tuple(SHOPS)
