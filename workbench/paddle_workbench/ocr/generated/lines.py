"""Generate single lines of text for training a recogniser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...picture_files.array import Picture
from ...text.stretches import TextSource
from .camera import Camera, photograph
from .canvas import Canvas

__all__ = ["LineSet", "generate_lines"]


@dataclass(frozen=True, slots=True, eq=False)
class LineSet:
    """Pictures of text lines, and their texts.

    Parameters
    ----------
    crops : tuple of ndarray of uint8, (height, width, 3)
    texts : tuple of str, equal length
    """

    crops: tuple[Picture, ...]
    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def __repr__(self) -> str:
        return f"LineSet({len(self)} lines, {sum(map(len, self.texts))} characters)"


def generate_lines(
    count: int,
    seed: int,
    source: TextSource,
    *,
    shortest: int = 2,
    longest: int = 7,
    size: int = 24,
) -> LineSet:
    """Generate lines of real text in both fonts, a third of them bold, slightly blurred and noisy.

    Parameters
    ----------
    count : int
    seed : int
        The same arguments always give the same lines.
    source : TextSource
    shortest, longest : int
        Length of a line, in characters.
    size : int
        Size of a character, in pixels; the pictures are a third higher.
    """
    rng = np.random.default_rng(seed)
    crops, texts = [], []
    for _ in range(count):
        text = source.line(rng, shortest=shortest, longest=longest)
        canvas = Canvas((int(size * (len(text) + 0.6)), size * 4 // 3), (255, 255, 255))
        ink = int(rng.integers(0, 90))
        at = size * 0.3 + rng.uniform(-2, 2), canvas.height / 2 + rng.uniform(-1.5, 1.5)
        canvas.write(
            text,
            (float(at[0]), float(at[1])),
            size=size,
            font="serif" if rng.random() < 0.5 else "sans",
            colour=(ink, ink, ink),
            bold=bool(rng.random() < 0.3),
            anchor="lm",
        )
        camera = Camera(
            blur=float(rng.uniform(0.1, 0.8)),
            noise=float(rng.uniform(0, 8)),
            contrast=float(rng.uniform(0.6, 1)),
        )
        picture, _lines = photograph(canvas.picture, (), camera, rng)
        crops.append(picture)
        texts.append(text)
    return LineSet(tuple(crops), tuple(texts))
