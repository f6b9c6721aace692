"""The loss of YOLOv3, by Paddle, and its parts, by numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import DetectionError, ShapeError

__all__ = ["LossParts", "Truth", "loss_parts", "truth_of", "yolo_loss"]

Numbers = NDArray[np.float64]
Scales = Sequence[Sequence[tuple[int, int]]]

IGNORED: Final = 0.7
"""Cells whose box overlaps a true one by more than this are not taught that they are empty."""

_SMALLEST: Final = 1e-6
"""Share of the input; Paddle's loss leaves out boxes with a smaller side."""
# A centre on the right or lower edge would be in a cell outside the picture, where Paddle's loss
# would write without a check.
_LAST: Final = np.float32(1 - 2**-20)
# Pairs of a predicted and a true box that are compared at a time: their numbers stay in the cache.
_PAIRS: Final = 1 << 15


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The true boxes of a batch, as Paddle's loss takes them.

    Parameters
    ----------
    boxes : float32 array (B, M, 4)
        Centre x, centre y, width and height, as shares of the input's size. Rows of zeros fill
        pictures with fewer boxes.
    classes : int32 array (B, M)
    """

    boxes: NDArray[np.float32]
    classes: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class LossParts:
    """The parts of a loss, each a mean over the pictures of a batch.

    Parameters
    ----------
    centre : float
        Cross-entropy of x and y within their cell.
    size : float
        Distance of width and height on a logarithmic scale.
    objectness : float
        Cross-entropy of whether there is a thing.
    classes : float
        Cross-entropy of its class.
    """

    centre: float
    size: float
    objectness: float
    classes: float

    @property
    def total(self) -> float:
        """Their sum: the loss itself."""
        return self.centre + self.size + self.objectness + self.classes


def truth_of(
    boxes: Sequence[NDArray[np.float32]],
    classes: Sequence[NDArray[np.int64]],
    *,
    input_size: int,
) -> Truth:
    """Return the true boxes of a batch in the form that the loss takes.

    Parameters
    ----------
    boxes : sequence of float32 arrays (N, 4)
        For each picture x1, y1, x2, y2 in pixels of the input.
    classes : sequence of int64 arrays (N,)
    input_size : int

    Raises
    ------
    ShapeError
        If a picture does not have one class for each box.
    DetectionError
        If a box is not of finite numbers; Paddle's loss would crash.
    """
    counts = [len(each) for each in boxes]
    if counts != [len(each) for each in classes]:
        raise ShapeError(
            f"The pictures have {counts} boxes and {[len(each) for each in classes]} classes.",
            "Pass one class for each box.",
        )
    # Paddle's loss does not take arrays without rows.
    shape = (len(boxes), max([1, *counts]))
    truth = Truth(np.zeros((*shape, 4), np.float32), np.zeros(shape, np.int32))
    for row, (corners, kinds) in enumerate(zip(boxes, classes, strict=True)):
        if not np.isfinite(corners).all():
            raise DetectionError(
                f"Picture {row} of the batch has boxes that are not finite numbers.",
                "Correct them, or leave the picture out.",
            )
        low, high = corners[:, :2] / input_size, corners[:, 2:] / input_size
        truth.boxes[row, : len(corners), :2] = np.clip((low + high) / 2, 0, _LAST)
        truth.boxes[row, : len(corners), 2:] = high - low
        truth.classes[row, : len(corners)] = kinds
    return truth


def yolo_loss(
    heads: Sequence[Any],
    truth: Truth,
    *,
    anchors: Scales,
    strides: Sequence[int],
    classes: int,
    ignored: float = IGNORED,
    smooth: bool = False,
) -> Any:
    """Return the loss of each picture of a batch, the sum over all scales.

    Parameters
    ----------
    heads : sequence of float32 tensors (B, A * (5 + classes), S / stride, S / stride)
        The outputs of the network.
    truth : Truth
    anchors : sequence of sequences of (width, height)
        For each head, in pixels of the input.
    strides : sequence of int
    classes : int
    ignored : float
        See `IGNORED`.
    smooth : bool
        Whether the targets of the classes are smoothed by 1 / 40, or 1 / classes if that is less.

    Returns
    -------
    float32 tensor (B,)

    References
    ----------
    `paddle.vision.ops.yolo_loss`.
    """
    import paddle
    from paddle.vision import ops

    boxes, kinds = paddle.to_tensor(truth.boxes), paddle.to_tensor(truth.classes)
    every = [length for scale in anchors for anchor in scale for length in anchor]
    total: Any = 0.0
    first = 0
    for head, scale, stride in zip(heads, anchors, strides, strict=True):
        total += ops.yolo_loss(
            head,
            boxes,
            kinds,
            anchors=every,
            anchor_mask=list(range(first, first + len(scale))),
            class_num=classes,
            ignore_thresh=ignored,
            downsample_ratio=stride,
            use_label_smooth=smooth,
        )
        first += len(scale)
    return total


def loss_parts(
    heads: Sequence[NDArray[Any]],
    truth: Truth,
    *,
    anchors: Scales,
    strides: Sequence[int],
    classes: int,
    ignored: float = IGNORED,
    smooth: bool = False,
) -> LossParts:
    """Return the parts of `yolo_loss`, computed by numpy from the same arguments.

    Each true box belongs to the one anchor of all scales whose shape fits it best, in the cell of
    its centre. There, centre, size and class are compared. Objectness is compared in all cells,
    except where an anchor that no true box belongs to predicts a good box nevertheless.

    Parameters
    ----------
    heads : sequence of float arrays
    truth, anchors, strides, classes, ignored, smooth
        As for `yolo_loss`.
    """
    owners = _owners(truth, anchors, input_size=heads[0].shape[3] * strides[0])
    smoothing = min(1 / classes, 1 / 40) if smooth else 0.0
    parts, first = np.zeros(4), 0
    for head, scale, stride in zip(heads, anchors, strides, strict=True):
        batch, _, rows, columns = head.shape
        cells = head.astype(np.float64).reshape(batch, len(scale), 5 + classes, rows, columns)
        cells = np.moveaxis(cells, 2, -1)  # (B, A, rows, columns, 5 + classes)
        sizes = np.array(scale, np.float64) / (rows * stride)
        objects = np.where(_good_boxes(cells, truth, sizes) > ignored, -1.0, 0.0)

        picture, place = np.nonzero((owners >= first) & (owners < first + len(scale)))
        anchor = owners[picture, place] - first
        box = truth.boxes[picture, place].astype(np.float64)
        # In single precision, as Paddle finds the cell.
        spot = truth.boxes[picture, place, :2] * np.array([columns, rows], np.float32)
        x, y = spot.astype(np.int64).T
        cell = cells[picture, anchor, y, x]
        objects[picture, anchor, y, x] = 1.0

        weight = (2 - box[:, 2] * box[:, 3])[:, None]
        target = box[:, :2] * (columns, rows) - np.stack([x, y], axis=1)
        parts[0] += (_cross_entropy(cell[:, :2], target) * weight).sum()
        target = np.log(box[:, 2:] / sizes[anchor])
        parts[1] += (np.abs(cell[:, 2:4] - target) * weight).sum()
        entropy = _cross_entropy(cells[..., 4], objects > 0)
        parts[2] += entropy[objects >= 0].sum()
        is_class = np.arange(classes) == truth.classes[picture, place][:, None]
        target = np.where(is_class, 1 - smoothing, smoothing)
        parts[3] += _cross_entropy(cell[:, 5:], target).sum()
        first += len(scale)
    return LossParts(*(parts / len(truth.boxes)).tolist())


def _owners(truth: Truth, anchors: Scales, *, input_size: int) -> NDArray[np.int64]:
    """Return for each true box the number of the anchor that it belongs to, or -1: (B, M)."""
    every = np.array([anchor for scale in anchors for anchor in scale], np.float64) / input_size
    sizes = truth.boxes[..., 2:].astype(np.float64)
    shared = np.minimum(sizes[:, :, None], every).prod(axis=-1)
    union = sizes.prod(axis=-1)[..., None] + every.prod(axis=-1) - shared
    owners: NDArray[np.int64] = (shared / union).argmax(axis=-1)
    owners[~_is_valid(truth)] = -1
    return owners


def _is_valid(truth: Truth) -> NDArray[np.bool_]:
    is_valid: NDArray[np.bool_] = (truth.boxes[..., 2:] >= _SMALLEST).all(axis=-1)
    return is_valid


def _good_boxes(cells: Numbers, truth: Truth, sizes: Numbers) -> Numbers:
    """Return the largest overlap of each predicted box with a true one: (B, A, rows, columns)."""
    rows, columns = cells.shape[2:4]
    y, x = np.mgrid[:rows, :columns]
    with np.errstate(over="ignore", invalid="ignore"):
        centre = (1 / (1 + np.exp(-cells[..., :2])) + np.stack([x, y], axis=-1)) / (columns, rows)
        half = np.exp(cells[..., 2:4]) * sizes[:, None, None] / 2
        best = [
            _largest_overlaps(centre[row].reshape(-1, 2), half[row].reshape(-1, 2), boxes[is_valid])
            for row, (boxes, is_valid) in enumerate(
                zip(truth.boxes.astype(np.float64), _is_valid(truth), strict=True)
            )
        ]
    return np.stack(best).reshape(cells.shape[:4])


def _largest_overlaps(centre: Numbers, half: Numbers, boxes: Numbers) -> Numbers:
    """Return the largest overlap of each of N boxes with one of M true ones; 0 if there are none.

    Parameters
    ----------
    centre, half : float64 arrays (N, 2)
    boxes : float64 array (M, 4)
        Centre and size.
    """
    low, high, area = (centre - half).T, (centre + half).T, 4 * half.prod(axis=1)
    best = np.zeros(len(centre))
    block = max(1, _PAIRS // len(centre))
    for start in range(0, len(boxes), block):
        x, y, width, height = boxes[start : start + block].T[..., None]
        shared = _shared(low[0], high[0], x, width) * _shared(low[1], high[1], y, height)
        best = np.fmax(best, np.fmax.reduce(shared / (area + width * height - shared)))
    return best


def _shared(low: Numbers, high: Numbers, middle: Numbers, length: Numbers) -> Numbers:
    """Return the length that each of M intervals shares with each of N: (M, N)."""
    shared: Numbers = np.minimum(high, middle + length / 2) - np.maximum(low, middle - length / 2)
    return shared.clip(0, None, out=shared)


def _cross_entropy(x: Numbers, target: NDArray[Any]) -> Numbers:
    """Return the cross-entropy of a sigmoid, from its argument."""
    entropy: Numbers = np.maximum(x, 0) - x * target + np.log1p(np.exp(-np.abs(x)))
    return entropy
