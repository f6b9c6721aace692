"""The outputs of a YOLO network as boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ShapeError
from .detections import Detections

__all__ = ["Anchor", "decode_yolo", "sigmoid"]

Anchor = tuple[float, float]
Numbers = NDArray[np.float64]
_PARTS = 5
"""Numbers of an anchor that are not classes: the centre, the size, and whether there is a thing."""


def decode_yolo(
    heads: Sequence[NDArray[Any]],
    *,
    anchors: Sequence[Sequence[Anchor]],
    strides: Sequence[int],
    classes: int,
    input_size: tuple[int, int],
    threshold: float,
) -> list[Detections]:
    """Return for each picture of a batch the candidates of a YOLO network.

    Boxes and scores are those of `paddle.vision.ops.yolo_box` with `clip_bbox=False`: a box may be
    larger than the picture. The score of a class is objectness times the probability of the class,
    and a box is a candidate for every class whose score reaches the threshold.

    Parameters
    ----------
    heads : sequence of float arrays (B, A * (5 + classes), H, W)
        The raw outputs of the network, one for each scale. The channels of an anchor follow each
        other: x, y, width, height, objectness, classes.
    anchors : sequence of sequences of (width, height)
        For each scale its A anchors, in pixels of the network's input.
    strides : sequence of int
        For each scale the pixels between two of its cells.
    classes : int
    input_size : tuple of int
        Height and width of the network's input, in pixels.
    threshold : float
        Candidates with NaN do not reach it.

    Returns
    -------
    list of Detections
        In pixels of the network's input.

    Raises
    ------
    ShapeError
        If the outputs do not have the shapes that anchors, strides, classes and size require.

    References
    ----------
    Redmon and Farhadi 2018, "YOLOv3: An Incremental Improvement".
    """
    if not heads or not len(heads) == len(anchors) == len(strides):
        raise ShapeError(
            f"There are {len(heads)} outputs, anchors for {len(anchors)} scales and "
            f"{len(strides)} strides.",
            "Pass the anchors and the stride of each output.",
        )
    arrays = [np.asarray(head) for head in heads]
    for head, own, stride in zip(arrays, anchors, strides, strict=True):
        _check(head, len(own), stride, classes, input_size, len(arrays[0]))
    scales = list(zip(arrays, anchors, strides, strict=True))
    pictures = []
    for row in range(len(arrays[0])):
        parts = [_candidates(head[row], own, at, threshold) for head, own, at in scales]
        boxes, scores, kinds = (np.concatenate(each) for each in zip(*parts, strict=True))
        with np.errstate(over="ignore"):  # an enormous box has no size in single precision
            pictures.append(Detections(boxes.astype(np.float32), scores, kinds))
    return pictures


def _candidates(
    head: NDArray[Any], anchors: Sequence[Anchor], stride: int, threshold: float
) -> tuple[Numbers, Numbers, NDArray[np.int64]]:
    """Return boxes, scores and classes of one scale of one picture: by anchor, then row by row."""
    count, (height, width) = len(anchors), head.shape[1:]
    cells = head.reshape(count, -1, height, width).transpose(0, 2, 3, 1)
    objectness = sigmoid(cells[..., _PARTS - 1])
    anchor, y, x = np.nonzero(objectness >= threshold)
    chosen = cells[anchor, y, x].astype(np.float64)
    scores = objectness[anchor, y, x][:, None] * sigmoid(chosen[:, _PARTS:])
    centres = (sigmoid(chosen[:, :2]) + np.stack([x, y], axis=1)) * stride
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = np.exp(chosen[:, 2:4]) * np.asarray(anchors, dtype=np.float64)[anchor]
        boxes = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)
    place, kind = np.nonzero(scores >= threshold)
    return boxes[place], scores[place, kind], kind


def sigmoid(values: NDArray[Any]) -> Numbers:
    """Return 1 / (1 + exp(-x)) in double precision."""
    with np.errstate(over="ignore"):
        result: Numbers = 1.0 / (1.0 + np.exp(-values.astype(np.float64)))
    return result


def _check(
    head: NDArray[Any],
    anchors: int,
    stride: int,
    classes: int,
    input_size: tuple[int, int],
    batch: int,
) -> None:
    height, width = input_size
    wanted = (batch, anchors * (_PARTS + classes), height // stride, width // stride)
    if head.shape != wanted or height % stride or width % stride:
        raise ShapeError(
            f"An output has the shape {head.shape}; {anchors} anchors with {_PARTS} + {classes} "
            f"numbers each and a stride of {stride} in {height} x {width} pixels make {wanted}.",
            "Check the anchors, the strides, and the number of classes.",
        )
