"""Generate realistic Chinese pictures with their ground truth from a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

import numpy as np

from ...errors import ParameterError
from ...picture_files.array import Picture
from ...text.stretches import Part, TextSource
from .camera import CLEAN, Camera, photograph
from .canvas import TrueLine
from .layouts import KINDS, Kind, draw

__all__ = ["KINDS", "SyntheticPicture", "generate", "generate_many"]


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticPicture:
    """A generated picture and its text.

    Parameters
    ----------
    picture : ndarray of uint8, (height, width, 3)
        RGB.
    lines : tuple of TrueLine
        In the order in which they were drawn.
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
    """Generate one picture. The same arguments always give the same picture.

    Parameters
    ----------
    kind : str
        `price_tag`, `receipt`, `form`, `page` or `line`.
    seed : int
    camera : Camera or None
        None for a hand-held phone under conditions that depend on the seed.
    part : str
        Part of the corpora that the text comes from, `train` or `test`.

    Raises
    ------
    ParameterError
        If there is no such kind.
    """
    if kind not in KINDS:
        raise ParameterError(
            f"Cannot generate a picture of the kind {kind!r}.",
            f"Use one of: {', '.join(get_args(Kind))}.",
        )
    # Content and camera have separate random streams, so one sheet can have many photographs.
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
    """Yield pictures, cycling through the kinds, with the seeds `seed`, `seed + 1`, …

    Parameters
    ----------
    count : int
    seed : int
    kinds : sequence of str
    camera : Camera or None
        As in `generate`. By default None, a hand-held phone.
    part : str
    """
    for place in range(count):
        yield generate(kinds[place % len(kinds)], seed + place, camera=camera, part=part)


@lru_cache(maxsize=2)
def _source(part: Part) -> TextSource:
    return TextSource(part=part)
