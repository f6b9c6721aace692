"""The last stage, recognition: CTC probabilities for each step, then text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ...picture_files.array import Picture, check_picture
from ..models import OcrModel
from ..results import CtcSteps, Reading
from .predictor import Predictor

__all__ = ["CropBatch", "Recogniser", "batches_by_width", "greedy_decode", "likeliest"]

WIDEST: Final = 3200  # pixels; longer lines are squeezed


@dataclass(frozen=True, slots=True, eq=False)
class CropBatch:
    """A batch of crops for the network.

    Parameters
    ----------
    places : tuple of int
        Index of each crop among all crops.
    pixels : ndarray of float32, (batch, 3, height, width)
        From -1 to 1. Narrower crops are padded on the right with 0, a middle grey.
    """

    places: tuple[int, ...]
    pixels: NDArray[np.float32]


class Recogniser:
    """A recognition network and its characters.

    Parameters
    ----------
    model : OcrModel
        An official model, or a custom one exported in the same format.
    threads : int
        CPU threads.
    narrowest : int or None
        Width to which narrower crops are padded, in pixels; None for the width in the model's
        settings, as in PaddleOCR. A smaller width is faster on pages of short lines, but may
        change a few characters.
    """

    def __init__(self, model: OcrModel, *, threads: int = 2, narrowest: int | None = None) -> None:
        self.model = model
        settings = model.settings
        shape = next(
            step["RecResizeImg"]["image_shape"]
            for step in settings["PreProcess"]["transform_ops"]
            if "RecResizeImg" in step
        )
        self.height: int = shape[1]
        self.narrowest: int = narrowest or shape[2]
        # Class 0 is the blank; PaddleOCR appends the space to its list.
        self.characters: tuple[str, ...] = ("", *settings["PostProcess"]["character_dict"], " ")
        self._predictor = Predictor(model.folder, threads=threads)

    def probabilities(self, batch: CropBatch) -> NDArray[np.float32]:
        """Return the probability of each character at each step, (batch, steps, characters)."""
        return self._predictor(batch.pixels)

    def read(
        self, crops: Sequence[Picture], *, batch_size: int = 6, keep_steps: int = 0
    ) -> tuple[Reading, ...]:
        """Return the text of each crop.

        Parameters
        ----------
        crops : sequence of ndarray of uint8, (height, width, 3)
            RGB, one line of text each.
        batch_size : int
            Crops per batch. Padding changes the last digits of the probabilities, and sometimes
            a character; PaddleOCR uses 6.
        keep_steps : int
            Number of candidates to keep for each step; 0 for none.

        Raises
        ------
        ShapeError
            If a crop is not such an array.
        """
        readings: dict[int, Reading] = {}
        for batch in batches_by_width(
            crops, height=self.height, narrowest=self.narrowest, batch_size=batch_size
        ):
            probabilities = self.probabilities(batch)
            for place, steps in zip(batch.places, probabilities, strict=True):
                text, confidence = greedy_decode(steps, self.characters)
                candidates = likeliest(steps, self.characters, keep_steps) if keep_steps else None
                readings[place] = Reading(text, confidence, candidates)
        return tuple(readings[place] for place in range(len(crops)))


def batches_by_width(
    crops: Sequence[Picture], *, height: int = 48, narrowest: int = 320, batch_size: int = 6
) -> Iterator[CropBatch]:
    """Yield the crops in batches of similar width, resized to one height and padded to one width.

    Parameters
    ----------
    crops : sequence of ndarray of uint8, (height, width, 3)
        RGB.
    height, narrowest : int
        Height and smallest width of the network's input, in pixels.
    batch_size : int
    """
    for crop in crops:
        check_picture(crop)
    order = sorted(
        range(len(crops)), key=lambda place: crops[place].shape[1] / crops[place].shape[0]
    )
    for start in range(0, len(order), batch_size):
        places = tuple(order[start : start + batch_size])
        pictures = [_normalised(crops[place], height, narrowest) for place in places]
        width = max(picture.shape[2] for picture in pictures)
        pixels = np.zeros((len(places), 3, height, width), dtype=np.float32)
        for row, picture in zip(pixels, pictures, strict=True):
            row[..., : picture.shape[2]] = picture
        yield CropBatch(places, pixels)


def _normalised(crop: Picture, height: int, narrowest: int) -> NDArray[np.float32]:
    """Return a crop as network input, (3, height, width), padded to at least `narrowest`."""
    ratio = crop.shape[1] / crop.shape[0]
    padded = int(height * max(narrowest / height, ratio))
    width = min(math.ceil(height * ratio), padded)
    if padded > WIDEST:
        width = padded = WIDEST
    # The official models expect BGR.
    resized = cv2.resize(np.ascontiguousarray(crop[..., ::-1]), (width, height))
    values = (resized.astype(np.float32).transpose(2, 0, 1) / 255 - 0.5) / 0.5
    pixels = np.zeros((3, height, padded), dtype=np.float32)
    pixels[..., :width] = values
    return pixels


def greedy_decode(
    probabilities: NDArray[np.float32], characters: Sequence[str]
) -> tuple[str, float]:
    """Decode the most likely path: merge equal neighbours, drop blanks.

    Parameters
    ----------
    probabilities : ndarray of float32, (steps, characters)
        Class 0 is the blank.
    characters : sequence of str

    Returns
    -------
    text : str
    confidence : float
        Mean probability of the steps that emitted a character; 0 if there are none.

    References
    ----------
    Graves et al. 2006, "Connectionist Temporal Classification".
    """
    path = probabilities.argmax(axis=-1)
    emits = path != 0
    emits[1:] &= path[1:] != path[:-1]
    if not emits.any():
        return "", 0.0
    text = "".join(characters[i] for i in path[emits])
    return text, float(np.mean(probabilities.max(axis=-1)[emits]))


def likeliest(probabilities: NDArray[np.float32], characters: Sequence[str], k: int) -> CtcSteps:
    """Return the `k` most likely characters of each step.

    Parameters
    ----------
    probabilities : ndarray of float32, (steps, characters)
    characters : sequence of str
    k : int
    """
    best = np.argsort(-probabilities, axis=-1, kind="stable")[:, :k]
    return CtcSteps(
        tuple(tuple(characters[i] for i in row) for row in best),
        np.take_along_axis(probabilities, best, axis=-1),
    )
