"""A network together with its processing: pictures in, boxes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..boxes import (
    METHODS,
    Candidates,
    Detections,
    Method,
    letterboxed,
    suppress,
    yolo_candidates,
)
from ..contract import Letterbox, Normalize, Postprocessing, Preprocessing, YoloBoxes
from ..errors import DetectionError, ShapeError
from ..picture_files.array import check_picture
from .augmentation import PADDING, Sample, fit
from .batches import DEVIATION, MEAN, normalised
from .dataset import Dataset, Picture

if TYPE_CHECKING:
    from .yolo import YOLOv3

__all__ = ["Detector"]

_MOST_BOXES: Final = 10_000
"""The largest limit of a bundle."""
_NO_BOXES: Final = np.zeros((0, 4), np.float32)
_NO_CLASSES: Final = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A network together with its processing: pictures in, boxes out.

    Parameters
    ----------
    net : YOLOv3
    input_size : int
        Height and width to which pictures are fitted, in pixels; a multiple of 32.
    threshold : float
        Boxes with a lower score are left out. The default is one for evaluation, where a low score
        costs little; to show boxes, 0.3 or more.
    iou : float
        Of two boxes of a class that overlap by more than this, the better remains.
    limit : int
        Most boxes in a picture. An untrained network finds thousands.
    method : {"per-class", "soft", "class-agnostic"}
        See `boxes.suppress`.
    batch_size : int

    Raises
    ------
    DetectionError
        If a value is not valid.
    """

    net: YOLOv3
    input_size: int
    threshold: float = 0.01
    iou: float = 0.45
    limit: int = 100
    method: Method = "per-class"
    batch_size: int = 16

    def __post_init__(self) -> None:
        _check("net", "a YOLOv3", self.net, is_valid=hasattr(self.net, "strides"))
        for name, largest in (("input_size", None), ("batch_size", None), ("limit", _MOST_BOXES)):
            value = getattr(self, name)
            is_valid = isinstance(value, int) and 0 < value <= (largest or value)
            wanted = f"from 1 to {largest:,}" if largest else "of at least 1"
            _check(name, f"a whole number {wanted}", value, is_valid=is_valid)
        is_multiple = self.input_size % 32 == 0
        _check("input_size", "a multiple of 32", self.input_size, is_valid=is_multiple)
        for name in ("threshold", "iou"):
            value = getattr(self, name)
            is_valid = isinstance(value, int | float) and 0 <= value <= 1
            _check(name, "a number from 0 to 1", value, is_valid=is_valid)
        wanted = "one of " + ", ".join(METHODS)
        _check("method", wanted, self.method, is_valid=self.method in METHODS)

    @property
    def preprocessing(self) -> list[Preprocessing]:
        """What happens before the network, as steps of a bundle."""
        size = self.input_size
        return [
            Letterbox(height=size, width=size, fill=(PADDING,) * 3),
            Normalize(mean=MEAN, deviation=DEVIATION),
        ]

    @property
    def postprocessing(self) -> list[Postprocessing]:
        """What happens after the network, as steps of a bundle."""
        return [
            YoloBoxes(
                anchors=self.net.anchors,
                strides=self.net.strides,
                threshold=self.threshold,
                iou=self.iou,
                limit=self.limit,
                method=self.method,
            )
        ]

    def detect(self, pictures: Sequence[NDArray[np.uint8] | Picture] | Dataset) -> list[Detections]:
        """Return the boxes in each picture, in its own pixels.

        As in a bundle, boxes are cut at the edges of the picture before they are suppressed.

        Parameters
        ----------
        pictures : sequence of uint8 arrays (H, W, 3) or Picture, or Dataset
            RGB.

        Raises
        ------
        ShapeError
            If one is not a picture, or they are not a list.
        DetectionError
            If a data set has other classes than the network, or another order of them.
        """
        return [
            suppress(
                each.detections,
                iou=self.iou,
                limit=self.limit,
                method=self.method,
                threshold=self.threshold,
            )
            for each in self.candidates(pictures, threshold=self.threshold)
        ]

    def candidates(
        self,
        pictures: Sequence[NDArray[np.uint8] | Picture] | Dataset,
        *,
        threshold: float,
        limit: int | None = None,
    ) -> list[Candidates]:
        """Return what the network sees in each picture before suppression.

        Parameters
        ----------
        pictures : sequence of uint8 arrays (H, W, 3) or Picture, or Dataset
            RGB.
        threshold : float
            Boxes with a lower score are left out.
        limit : int, optional
            Most boxes of a picture.

        Raises
        ------
        ShapeError, DetectionError
            As for `detect`.
        """
        import paddle

        if isinstance(pictures, Dataset) and pictures.classes != self.net.classes:
            raise DetectionError(
                f"The network has the classes {self.net.classes}, and the data set "
                f"{pictures.classes}.",
                "Read the data set in their order: load_annotations(folder, classes=net.classes); "
                "or pass pixels only: [each.pixels for each in data].",
            )
        is_array = getattr(pictures, "ndim", 0) == 4
        if not (is_array or isinstance(pictures, Dataset | Sequence)):
            raise ShapeError(
                f"Pictures are passed as a list, got {type(pictures).__name__}.",
                "Put them into a list, also if there is only one: detect([picture]).",
            )
        seen: list[Candidates] = []
        source: Sequence[Any] = pictures.pictures if isinstance(pictures, Dataset) else pictures
        with _evaluating(self.net), paddle.no_grad():
            for start in range(0, len(source), self.batch_size):
                rows = source[start : start + self.batch_size]
                batch = [
                    check_picture(row.pixels if isinstance(row, Picture) else row) for row in rows
                ]
                seen += yolo_candidates(
                    self._heads(batch),
                    anchors=self.net.anchors,
                    strides=self.net.strides,
                    classes=len(self.net.classes),
                    placements=[
                        letterboxed(*each.shape[:2], into=(self.input_size, self.input_size))
                        for each in batch
                    ],
                    threshold=threshold,
                    limit=limit,
                )
        return seen

    def _heads(self, pictures: list[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        import paddle

        samples = [
            fit(Sample(each, _NO_BOXES, _NO_CLASSES), self.input_size).pixels for each in pictures
        ]
        inputs = normalised(np.stack(samples))
        return [head.numpy() for head in self.net(paddle.to_tensor(inputs))]


def _check(name: str, wanted: str, value: Any, *, is_valid: bool) -> None:
    if not is_valid:
        raise DetectionError(f"The detector has {name}={value!r:.80}.", f"Choose {wanted}.")


@contextmanager
def _evaluating(net: Any) -> Iterator[None]:
    """Put a network into evaluation mode, and each of its layers back into the mode before."""
    training = [layer for layer in net.sublayers(include_self=True) if layer.training]
    net.eval()
    try:
        yield
    finally:
        for layer in training:
            layer.training = True
