"""A rack with goods, flat and evenly lit, that remembers what is where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .colours import Colour, one_of, scaled
from .distractors import DISTRACTORS, draw_distractor
from .products import draw_product
from .shops import Range, Shop
from .tags import draw_tag

__all__ = ["Article", "Placement", "Rack", "stock"]

Rng: TypeAlias = np.random.Generator

PACKAGE, BOTTLE, TAG = range(3)
# So that the classes have about as many boxes.
PACKAGES_SHARE: Final = 0.5
# Height as a share of the height of a shelf, and width as a share of that height.
_PROPORTIONS: Final[dict[str, tuple[Range, Range]]] = {
    "box": ((0.5, 0.92), (0.5, 0.95)),
    "bag": ((0.55, 0.85), (0.6, 0.9)),
    "carton": ((0.6, 0.9), (0.38, 0.5)),
    "pouch": ((0.5, 0.8), (0.55, 0.8)),
    "bundle": ((0.6, 0.92), (0.6, 0.9)),
    "bottle": ((0.7, 0.97), (0.3, 0.42)),
    "can": ((0.4, 0.55), (0.5, 0.62)),
    "jar": ((0.4, 0.6), (0.6, 0.85)),
    "jug": ((0.65, 0.9), (0.55, 0.7)),
}


@dataclass(frozen=True, slots=True)
class Placement:
    """An article on a rack.

    Parameters
    ----------
    kind : int
        Its class.
    box : tuple of int
        Left, top, right, bottom in pixels of the rack, which it may leave.
    area : int
        Its pixels, visible or not.
    """

    kind: int
    box: tuple[int, int, int, int]
    area: int


@dataclass(frozen=True, slots=True)
class Article:
    """The picture of something that stands or hangs on a rack.

    Parameters
    ----------
    image : Image
        RGB.
    silhouette : Image
        Of mode `1`.
    area : int
        Pixels of the silhouette.
    """

    image: Image.Image
    silhouette: Image.Image
    area: int

    @classmethod
    def of(cls, image: Image.Image, *, brightness: float = 1.0, angle_deg: float = 0.0) -> Article:
        """Return the article of an RGBA picture, darkened and rotated."""
        if angle_deg:
            image = image.rotate(angle_deg, Image.Resampling.BILINEAR, expand=True)
        front = image.convert("RGB")
        if brightness != 1:
            front = Image.blend(Image.new("RGB", front.size), front, brightness)
        silhouette = image.getchannel("A").convert("1", dither=Image.Dither.NONE)
        return cls(front, silhouette, silhouette.histogram()[-1])


@dataclass(slots=True)
class Rack:
    """The front of a rack.

    Parameters
    ----------
    image : Image
        RGB.
    marks : Image
        For each pixel, which placement is visible there, counted from 1; 0 for none.
    placements : list of Placement
    """

    image: Image.Image
    marks: Image.Image
    placements: list[Placement] = field(default_factory=list)

    def put(self, article: Article, at: tuple[float, float], kind: int | None) -> None:
        """Put an article in front of what is there.

        Parameters
        ----------
        article : Article
        at : tuple of float
            Left and top, in pixels.
        kind : int or None
            Its class; None for a thing of no class.
        """
        left, top = round(at[0]), round(at[1])
        box = (left, top, left + article.image.width, top + article.image.height)
        self.image.paste(article.image, box, article.silhouette)
        mark = 0
        if kind is not None:
            self.placements.append(Placement(kind, box, article.area))
            mark = len(self.placements)
        self.marks.paste(mark, box, article.silhouette)

    def visible(self) -> NDArray[np.uint16]:
        """Return `marks` as an array, (height, width)."""
        return np.asarray(self.marks).astype(np.uint16)


def stock(rng: Rng, shop: Shop, size: tuple[int, int], unit: float) -> Rack:
    """Return a stocked rack.

    Parameters
    ----------
    rng : numpy.random.Generator
    shop : Shop
    size : tuple of int
        Width and height, in pixels.
    unit : float
        Shorter side of the picture that it is for, in pixels.
    """
    tint = rng.integers(-14, 15, size=3)
    wall = _tinted(int(rng.integers(70, 235)), tint)
    rack = Rack(Image.new("RGB", size, wall), Image.new("I", size, 0))
    row = unit / rng.uniform(*shop.rows)
    board = row * rng.uniform(0.19, 0.27)
    metal = _tinted(int(rng.integers(120, 246)), tint)
    y = -row * rng.uniform(0, 1)
    while y < size[1]:
        _stock_row(rng, shop, rack, (y, row, board), (wall, metal))
        y += row + board
    for _ in range(int(rng.uniform(shop.distractors[0], shop.distractors[1] + 1))):
        _put_distractor(rng, shop, rack, row)
    return rack


def _tinted(grey: int, tint: NDArray[np.int64]) -> Colour:
    red, green, blue = (min(max(grey + int(change), 0), 255) for change in tint)
    return red, green, blue


def _stock_row(
    rng: Rng,
    shop: Shop,
    rack: Rack,
    place: tuple[float, float, float],
    colours: tuple[Colour, Colour],
) -> None:
    """Stock one shelf: shadow, products from left to right, the board, and its price tags."""
    top, row, board = place
    wall, metal = colours
    floor = top + row
    draw = ImageDraw.Draw(rack.image)
    width = rack.image.width
    for step in range(6):
        begin = top + row * 0.06 * step
        shade = scaled(wall, 0.45 + 0.09 * step)
        draw.rectangle((0, begin, width, begin + row * 0.06), shade)
    x = -row * rng.uniform(0, 0.6)
    tags: list[float] = []
    while x < width:
        if rng.random() < 0.1:
            x += row * rng.uniform(0.2, 0.6)
        kind = PACKAGE if rng.random() < PACKAGES_SHARE else BOTTLE
        shapes = shop.packages if kind == PACKAGE else shop.bottles
        shape = one_of(rng, shapes)
        heights, slenderness = _PROPORTIONS[shape]
        height = row * rng.uniform(*heights)
        size = (max(int(height * rng.uniform(*slenderness)), 4), max(int(height), 4))
        product = draw_product(rng, shop, shape, size)
        begin, straight = x, Article.of(product)
        for _ in range(int(rng.integers(1, 4))):
            at = (x, floor + board * 0.15)
            x = _put_product(rng, shop, rack, (product, straight), kind, at)
            if x > width:
                break
        tags.append((begin + x) / 2)
    draw.rectangle((0, floor + board * 0.1, width, floor + board * 0.22), scaled(metal, 1.15))
    cover = Image.new("RGBA", (width, max(int(board * 0.78), 1)), (*metal, 255))
    rack.put(Article.of(cover), (0, floor + board * 0.22), None)
    _hang_tags(rng, shop, rack, tags, (floor + board * 0.2, row, board))


def _put_product(
    rng: Rng,
    shop: Shop,
    rack: Rack,
    product: tuple[Image.Image, Article],
    kind: int,
    at: tuple[float, float],
) -> float:
    """Put one piece of a product on the floor at a place; return where the next one may begin."""
    x, floor = at
    image, straight = product
    width, height = image.size
    if rng.random() < shop.behind:
        lift = height * rng.uniform(0.04, 0.14)
        behind = x + width * rng.uniform(-0.4, 0.4)
        rack.put(Article.of(image, brightness=0.68), (behind, floor - height - lift), kind)
    angle = _lean(rng, shop)
    piece = Article.of(image, angle_deg=angle) if angle else straight
    rack.put(piece, (x, floor - piece.image.height + rng.uniform(0, 2)), kind)
    return x + width * (1 - rng.uniform(*shop.overlap) * (rng.random() < 0.6))


def _lean(rng: Rng, shop: Shop) -> float:
    """Return the angle of an article in degrees; most stand straight."""
    angle = rng.normal(0, shop.leaning_deg)
    return float(angle) if abs(angle) > 1 else 0.0


def _hang_tags(
    rng: Rng,
    shop: Shop,
    rack: Rack,
    places: list[float],
    at: tuple[float, float, float],
) -> None:
    """Hang price tags below products, one for most of them."""
    y, row, board = at
    for x in places:
        if rng.random() < 0.08:
            continue
        height = board * rng.uniform(0.8, 1.1)
        width = height * rng.uniform(1.4, 2.3)
        image = draw_tag(rng, shop, (max(int(width), 6), max(int(height), 4)))
        tag = Article.of(image, angle_deg=_lean(rng, shop))
        left = x - tag.image.width / 2 + row * rng.uniform(-0.12, 0.12)
        rack.put(tag, (left, y + rng.uniform(-0.1, 0.15) * board), TAG)


def _put_distractor(rng: Rng, shop: Shop, rack: Rack, row: float) -> None:
    kind = one_of(rng, tuple(DISTRACTORS))
    width, height = {
        "crate": (0.9, 0.45),
        "poster": (0.7, 0.4),
        "sticker": (0.35, 0.45),
        "post": (0.1, 40.0),
        "basket": (0.9, 0.7),
    }[kind]
    scale = row * rng.uniform(0.7, 1.3)
    size = (max(int(width * scale), 4), max(int(min(height * scale, rack.image.height)), 4))
    x = rng.uniform(-size[0] / 2, rack.image.width - size[0] / 2)
    y = 0 if kind == "post" else rng.uniform(0, rack.image.height - size[1] / 2)
    rack.put(Article.of(draw_distractor(rng, shop, kind, size)), (x, y), None)
