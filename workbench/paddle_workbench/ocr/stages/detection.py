"""The first stage, detection (DB): a text probability for each pixel, then boxes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from ...picture_files.array import Picture, check_picture
from ..models import OcrModel
from ..results import DetectedBox
from .predictor import Predictor

__all__ = ["Candidate", "DetectionSettings", "Detector", "ProbabilityMap", "find_boxes", "unclip"]

STRIDE: Final = 32  # the network halves its input five times
SMALLEST_SIDE: Final = 3  # shorter side of a candidate, in pixels of the map

Points: TypeAlias = NDArray[np.integer[Any] | np.floating[Any]]
Fate: TypeAlias = Literal["kept", "too small", "too unsure"]


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """Settings of the stage, with the defaults of PaddleOCR's pipeline.

    Parameters
    ----------
    threshold : float
        Pixels with a higher probability belong to text.
    box_threshold : float
        Candidates with a lower mean probability are dropped.
    unclip_ratio : float
        How far a box is widened. The network is trained on shrunken text, which keeps lines apart.
    shortest_side : int
        A picture whose shorter side has fewer pixels is enlarged.
    longest_side : int
        A picture whose longer side has more pixels is reduced.
    max_candidates : int
        Maximum number of contours to examine.
    """

    threshold: float = 0.3
    box_threshold: float = 0.6
    unclip_ratio: float = 1.5
    shortest_side: int = 64
    longest_side: int = 4000
    max_candidates: int = 1000


@dataclass(frozen=True, slots=True, eq=False)
class ProbabilityMap:
    """The probability of text for each pixel of the network's input.

    Parameters
    ----------
    values : ndarray of float32, (height, width)
        From 0 to 1; both sides are multiples of 32.
    size : tuple of int
        Width and height of the original picture, in pixels.
    """

    values: NDArray[np.float32]
    size: tuple[int, int]

    def thresholded(self, threshold: float) -> NDArray[np.bool_]:
        """Return a mask of the pixels above the threshold, (height, width)."""
        above: NDArray[np.bool_] = self.values > threshold
        return above


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A connected region above the threshold, and what happened to it.

    Parameters
    ----------
    core : ndarray of float32, (4, 2)
        The smallest rectangle around the region, in pixels of the map.
    score : float
        Mean probability inside the rectangle; nan if the region is too small to be scored.
    widened : ndarray of float32, (4, 2), or None
        The rectangle after unclipping, in pixels of the map.
    fate : str
        `kept`, `too small` or `too unsure`.
    """

    core: NDArray[np.float32]
    score: float
    widened: NDArray[np.float32] | None
    fate: Fate


class Detector:
    """The detection network.

    Parameters
    ----------
    model : OcrModel
    threads : int
        CPU threads.
    """

    def __init__(self, model: OcrModel, *, threads: int = 2) -> None:
        self.model = model
        options_by_step = {
            name: options
            for step in model.settings["PreProcess"]["transform_ops"]
            for name, options in step.items()
        }
        normalise = options_by_step["NormalizeImage"]
        # A factor and a summand, as in PaddleX, so that results match to the last digit.
        self._factor = [1.0 / 255.0 / std for std in normalise["std"]]
        self._summand = [
            -mean / std for mean, std in zip(normalise["mean"], normalise["std"], strict=True)
        ]
        self._predictor = Predictor(model.folder, threads=threads)

    def probability_map(
        self, picture: Picture, settings: DetectionSettings | None = None
    ) -> ProbabilityMap:
        """Return the probability of text for each pixel.

        Parameters
        ----------
        picture : ndarray of uint8, (height, width, 3)
            RGB, upright.

        Raises
        ------
        ShapeError
            If it is not such an array.
        """
        check_picture(picture)
        # The official models expect BGR.
        resized = resize(picture[..., ::-1], settings or DetectionSettings())
        channels = [
            resized[..., i].astype(np.float32) * np.float32(self._factor[i])
            + np.float32(self._summand[i])
            for i in range(3)
        ]
        values = self._predictor(np.stack(channels)[None])[0, 0]
        return ProbabilityMap(values, (picture.shape[1], picture.shape[0]))


def resize(picture: Picture, settings: DetectionSettings) -> Picture:
    """Resize a picture for the network: both sides become multiples of 32."""
    height, width = picture.shape[:2]
    if height + width < 2 * STRIDE:
        padded = np.zeros((max(STRIDE, height), max(STRIDE, width), 3), np.uint8)
        padded[:height, :width] = picture
        picture, height, width = padded, padded.shape[0], padded.shape[1]
    ratio = max(1.0, settings.shortest_side / min(height, width))
    new_height, new_width = int(height * ratio), int(width * ratio)
    if max(new_height, new_width) > settings.longest_side:
        ratio = settings.longest_side / max(new_height, new_width)
        new_height, new_width = int(new_height * ratio), int(new_width * ratio)
    new_height, new_width = (
        max(round(side / STRIDE) * STRIDE, STRIDE) for side in (new_height, new_width)
    )
    if (new_height, new_width) == (height, width):
        return picture
    return np.asarray(cv2.resize(picture, (new_width, new_height)), dtype=np.uint8)


def find_candidates(
    probabilities: ProbabilityMap, settings: DetectionSettings | None = None
) -> Iterator[Candidate]:
    """Yield every region above the threshold with its score, widened box and fate.

    References
    ----------
    Liao et al. 2020, "Real-time Scene Text Detection with Differentiable Binarization".
    """
    settings = settings or DetectionSettings()
    mask = probabilities.thresholded(settings.threshold).astype(np.uint8) * 255
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours[: settings.max_candidates]:
        core, side = smallest_rectangle(contour)
        if side < SMALLEST_SIDE:
            yield Candidate(core, math.nan, None, "too small")
            continue
        score = mean_inside(probabilities.values, core)
        if score < settings.box_threshold:
            yield Candidate(core, score, None, "too unsure")
            continue
        widened, side = smallest_rectangle(unclip(core, settings.unclip_ratio))
        fate: Fate = "too small" if side < SMALLEST_SIDE + 2 else "kept"
        yield Candidate(core, score, widened, fate)


def find_boxes(
    probabilities: ProbabilityMap, settings: DetectionSettings | None = None
) -> tuple[DetectedBox, ...]:
    """Return the boxes of a probability map, in pixels of the original picture."""
    height, width = probabilities.values.shape
    scale = np.array(probabilities.size, dtype=np.float64) / (width, height)
    return tuple(
        DetectedBox(
            np.clip(np.rint(each.widened * scale), 0, probabilities.size).astype(np.float32),
            each.score,
        )
        for each in find_candidates(probabilities, settings)
        if each.fate == "kept" and each.widened is not None
    )


def smallest_rectangle(points: Points) -> tuple[NDArray[np.float32], float]:
    """Return the smallest rectangle around some points, and the length of its shorter side.

    Returns
    -------
    ndarray of float32, (4, 2)
        Its corners: top left, top right, bottom right, bottom left.
    float
        In pixels.
    """
    rectangle = cv2.minAreaRect(points)
    by_x = sorted(cv2.boxPoints(rectangle), key=lambda corner: float(corner[0]))
    (above_left, below_left), (above_right, below_right) = (
        pair if pair[1][1] > pair[0][1] else pair[::-1] for pair in (by_x[:2], by_x[2:])
    )
    corners = np.array([above_left, above_right, below_right, below_left], dtype=np.float32)
    return corners, float(min(rectangle[1]))


def unclip(box: NDArray[np.float32], ratio: float) -> NDArray[np.int32]:
    """Widen a box: move its edge outward by area x ratio / perimeter.

    Parameters
    ----------
    box : ndarray of float32, (4, 2)
    ratio : float

    Returns
    -------
    ndarray of int32, (points, 1, 2)
        A polygon with rounded corners.

    References
    ----------
    Liao et al. 2020; Vatti 1992, "A generic solution to polygon clipping".
    """
    import pyclipper

    distance = cv2.contourArea(box) * ratio / cv2.arcLength(box, closed=True)
    offset = pyclipper.PyclipperOffset()
    offset.AddPath(box, pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    paths = offset.Execute(distance)
    return np.array(paths[0], dtype=np.int32).reshape(-1, 1, 2)


def mean_inside(values: NDArray[np.float32], box: NDArray[np.float32]) -> float:
    """Return the mean of a map inside a box, which is in pixels of the map."""
    height, width = values.shape
    left, top = (
        int(np.clip(math.floor(low), 0, side - 1))
        for low, side in zip(box.min(axis=0), (width, height), strict=True)
    )
    right, bottom = (
        int(np.clip(math.ceil(high), 0, side - 1))
        for high, side in zip(box.max(axis=0), (width, height), strict=True)
    )
    mask = np.zeros((bottom - top + 1, right - left + 1), dtype=np.uint8)
    shifted = (box - np.array([left, top], dtype=np.float32)).astype(np.int32)
    cv2.fillPoly(mask, [shifted], (1,))
    return float(cv2.mean(values[top : bottom + 1, left : right + 1], mask)[0])
