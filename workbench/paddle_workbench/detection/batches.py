"""Batches of augmented pictures, each of which follows from its number alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import DetectionError
from .augmentation import Sample, crop, fit, flip, jitter, mosaic
from .dataset import Dataset
from .loss import Truth, truth_of
from .recipe import Recipe

__all__ = ["DEVIATION", "MEAN", "Batch", "Batches", "normalised"]

MEAN: Final = (0.485, 0.456, 0.406)
DEVIATION: Final = (0.229, 0.224, 0.225)
"""Of the red, green and blue of ImageNet, on which backbones are trained."""

_SMALLEST_CROP: Final = 0.5
_COLOURS: Final = 0.3


@dataclass(frozen=True, eq=False)
class Batch:
    """The pictures of a step of training.

    Parameters
    ----------
    step : int
        From 0.
    names : tuple of str
        For each picture those in the data set that it was made of.
    pixels : uint8 array (B, S, S, 3)
    boxes : tuple of float32 arrays (N, 4)
        x1, y1, x2, y2 in pixels of the input.
    classes : tuple of int64 arrays (N,)
    """

    step: int
    names: tuple[str, ...]
    pixels: NDArray[np.uint8]
    boxes: tuple[NDArray[np.float32], ...]
    classes: tuple[NDArray[np.int64], ...]

    @cached_property
    def inputs(self) -> NDArray[np.float32]:
        """The normalised pictures, float32 (B, 3, S, S)."""
        return normalised(self.pixels)

    @cached_property
    def truth(self) -> Truth:
        """The boxes as the loss takes them."""
        return truth_of(self.boxes, self.classes, input_size=self.pixels.shape[1])


def normalised(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return RGB pictures, uint8 (B, S, S, 3), as a network takes them: float32 (B, 3, S, S)."""
    values = np.arange(256, dtype=np.float32)[:, None] / np.float32(255)
    table = (values - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
    out = np.empty((len(pixels), 3, *pixels.shape[1:3]), np.float32)
    for channel in range(3):
        out[:, channel] = table[:, channel][pixels[..., channel]]
    return out


class Batches:
    """The batches of a training.

    The order of the pictures is another one in each pass through the data set. Order and
    augmentation of a batch follow from the seed and its number, so training that is resumed gets
    the same batches.

    Parameters
    ----------
    dataset : Dataset
    recipe : Recipe

    Raises
    ------
    DetectionError
        If the data set has no pictures.
    """

    def __init__(self, dataset: Dataset, recipe: Recipe) -> None:
        if not len(dataset):
            raise DetectionError("The data set has no pictures.", "Add some to train with.")
        self._pictures = dataset.pictures
        self._recipe = recipe

    def __getitem__(self, step: int) -> Batch:
        recipe = self._recipe
        first = step * recipe.batch_size
        random = np.random.default_rng([recipe.seed, 1, step])
        rows = [self._row(place, random) for place in range(first, first + recipe.batch_size)]
        names, samples = zip(*rows, strict=True)
        return Batch(
            step,
            names,
            np.stack([sample.pixels for sample in samples]),
            tuple(sample.boxes for sample in samples),
            tuple(sample.classes for sample in samples),
        )

    def _row(self, place: int, random: np.random.Generator) -> tuple[str, Sample]:
        count, size = len(self._pictures), self._recipe.input_size
        number = self._order(place // count)[place % count]
        if random.random() >= self._recipe.mosaic:
            name, sample = self._augmented(number, random)
            return name, fit(sample, size)
        numbers = [number, *random.integers(count, size=3)]
        names, samples = zip(*(self._augmented(each, random) for each in numbers), strict=True)
        x, y = random.integers(size // 4, size - size // 4, size=2)
        return ", ".join(names), mosaic(samples, size=size, x=int(x), y=int(y))

    def _order(self, turn: int) -> NDArray[np.int64]:
        order = np.random.default_rng([self._recipe.seed, 0, turn])
        return order.permutation(len(self._pictures))

    def _augmented(self, number: int, random: np.random.Generator) -> tuple[str, Sample]:
        picture = self._pictures[int(number)]
        sample = Sample(picture.pixels, picture.boxes, picture.classes)
        recipe = self._recipe
        if random.random() < recipe.crop:
            height, width = sample.pixels.shape[:2]
            share = random.uniform(_SMALLEST_CROP, 1, size=2)
            rows, columns = max(1, int(share[0] * height)), max(1, int(share[1] * width))
            top = int(random.integers(height - rows + 1))
            left = int(random.integers(width - columns + 1))
            sample = crop(sample, top=top, left=left, height=rows, width=columns)
        if random.random() < recipe.flip:
            sample = flip(sample)
        if random.random() < recipe.colour:
            brightness, contrast, saturation = random.uniform(-_COLOURS, _COLOURS, size=3)
            sample = jitter(
                sample,
                brightness=brightness / 2,
                contrast=1 + contrast,
                saturation=1 + saturation,
            )
        return picture.name, sample
