"""What a YOLO network sees before anything is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .detections import Detections
from .placement import Placement, placed
from .yolo import Anchor, decode_yolo, sigmoid

__all__ = ["Candidates", "yolo_candidates"]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What a YOLO network sees in one picture, before suppression.

    Parameters
    ----------
    detections : Detections
        The best, in pixels of the picture.
    complete_above : float
        Above this score no candidate is missing; 0 if none was left out.
    objectness : tuple of float32 arrays (rows, columns)
        For each scale how likely each cell contains a thing, from 0 to 1: the highest of its
        anchors.
    placement : Placement
        Where the picture lies in the network's input, which the cells of a scale divide.
    """

    detections: Detections
    complete_above: float
    objectness: tuple[NDArray[np.float32], ...]
    placement: Placement


def yolo_candidates(
    heads: Sequence[NDArray[Any]],
    *,
    anchors: Sequence[Sequence[Anchor]],
    strides: Sequence[int],
    classes: int,
    placements: Sequence[Placement],
    threshold: float,
    limit: int | None = None,
) -> list[Candidates]:
    """Return what a network sees in each picture of a batch.

    Parameters
    ----------
    heads, anchors, strides, classes, threshold
        As for `decode_yolo`.
    placements : sequence of Placement
        Where each picture lies in the network's input.
    limit : int, optional
        Most candidates of a picture; by default any number.

    Raises
    ------
    ShapeError
        As for `decode_yolo`.
    """
    seen = decode_yolo(
        heads,
        anchors=anchors,
        strides=strides,
        classes=classes,
        input_size=placements[0].input,
        threshold=threshold,
    )
    return [
        _best(
            placed(detections, placement),
            tuple(
                _objectness(np.asarray(head)[row], len(own))
                for head, own in zip(heads, anchors, strict=True)
            ),
            placement,
            limit,
        )
        for row, (detections, placement) in enumerate(zip(seen, placements, strict=True))
    ]


def _best(
    detections: Detections,
    objectness: tuple[NDArray[np.float32], ...],
    placement: Placement,
    limit: int | None,
) -> Candidates:
    if limit is None or len(detections) <= limit:
        return Candidates(detections, 0.0, objectness, placement)
    complete_above = float(detections.scores[limit])
    return Candidates(detections.take(np.arange(limit)), complete_above, objectness, placement)


def _objectness(head: NDArray[Any], anchors: int) -> NDArray[np.float32]:
    cells = head.reshape(anchors, -1, *head.shape[1:])
    highest: NDArray[np.float32] = sigmoid(cells[:, 4]).max(axis=0).astype(np.float32)
    return highest
