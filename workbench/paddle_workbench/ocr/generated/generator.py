"""Realistic Chinese pictures with their truth, made from a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

import numpy as np

from ...errors import ParameterError
from ..pictures import Picture
from .camera import CLEAN, Camera, photograph
from .canvas import TrueLine
from .layouts import KINDS, Kind, draw
from .texts import Part, TextSource

__all__ = ["KINDS", "SyntheticPicture", "generate", "generate_many"]


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticPicture:
    """A generated picture and its text.

    Parameters
    ----------
    picture : ndarray of uint8, (height, width, 3)
        RGB.
    lines : tuple of TrueLine
        In the order they were written.
    kind : str
    seed : int
    camera : Camera
    """

    picture: Picture
    lines: tuple[TrueLine, ...]
    kind: Kind
    seed: int
    camera: Camera


def generate(
    kind: Kind, seed: int, *, camera: Camera | None = CLEAN, part: Part = "test"
) -> SyntheticPicture:
    """Return one picture. The same arguments give the same picture.

    Parameters
    ----------
    kind : str
        `price_tag`, `receipt`, `form`, `page` or `line`.
    seed : int
    camera : Camera or None
        None for a phone held by hand, its conditions chosen by the seed.
    part : str
        Whether text comes from the corpora's `train` or `test` part.

    Raises
    ------
    ParameterError
        If the kind is none of these.
    """
    if kind not in KINDS:
        raise ParameterError(
            f"No picture of the kind {kind!r} can be generated.",
            f"Use one of: {', '.join(get_args(Kind))}.",
        )
    # Content and camera have streams of their own: the same sheet can be seen in many ways.
    content, light = (np.random.default_rng([seed, stream]) for stream in range(2))
    canvas = draw(kind, content, _source(part))
    view = camera if camera is not None else Camera.phone(light)
    picture, lines = photograph(canvas.picture, canvas.lines, view, light)
    return SyntheticPicture(picture, lines, kind, seed, view)


def generate_many(
    count: int,
    seed: int = 0,
    *,
    kinds: Sequence[Kind] = KINDS,
    camera: Camera | None = None,
    part: Part = "test",
) -> Iterator[SyntheticPicture]:
    """Yield pictures of the kinds in turn, with the seeds `seed`, `seed + 1`, …

    Parameters
    ----------
    count : int
    seed : int
    kinds : sequence of str
    camera : Camera or None
        As for `generate`; None, a phone held by hand, is the default.
    part : str
    """
    for place in range(count):
        yield generate(kinds[place % len(kinds)], seed + place, camera=camera, part=part)


@lru_cache(maxsize=2)
def _source(part: Part) -> TextSource:
    return TextSource(part=part)
