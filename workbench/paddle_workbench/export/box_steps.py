"""The steps of a bundle that make boxes of the outputs of a detector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from numpy.typing import NDArray

from ..boxes import (
    Candidates,
    Detections,
    Placement,
    decode_yolo,
    placed,
    suppress,
    yolo_candidates,
)
from ..contract import LabelledBox, YoloBoxes
from ..errors import BundleError, ShapeError

__all__ = ["candidates", "detected", "labelled"]

Array = NDArray[Any]


def detected(
    outputs: Sequence[Array],
    step: YoloBoxes,
    labels: Sequence[str],
    placements: Sequence[Placement] | None = None,
) -> list[Detections]:
    """Return what is seen in each picture of a batch, after suppression.

    Parameters
    ----------
    outputs : sequence of float arrays (batch, anchors * (5 + labels), rows, columns)
    step : YoloBoxes
    labels : sequence of str
    placements : sequence of Placement, optional
        Where the pictures lie in the network's input. Boxes are in pixels of the pictures then,
        and otherwise in pixels of the input.

    Raises
    ------
    BundleError
        If the outputs do not fit the step, the labels or the input.
    """
    with _fitting():
        seen = decode_yolo(
            outputs,
            anchors=step.anchors,
            strides=step.strides,
            classes=len(labels),
            input_size=_input_size(outputs, step, placements),
            threshold=step.threshold,
        )
    if placements is not None:
        seen = [placed(each, place) for each, place in zip(seen, placements, strict=True)]
    return [
        suppress(
            each,
            iou=step.iou,
            limit=step.limit,
            method=step.method,
            threshold=step.threshold,
        )
        for each in seen
    ]


def candidates(
    outputs: Sequence[Array],
    step: YoloBoxes,
    labels: Sequence[str],
    placements: Sequence[Placement],
    *,
    threshold: float,
    limit: int,
) -> list[Candidates]:
    """Return what is seen in each picture of a batch, before suppression.

    Parameters
    ----------
    outputs, step, labels
        As for `detected`, and of the step only its anchors and strides.
    placements : sequence of Placement
    threshold : float
        Boxes with a lower score are left out.
    limit : int
        Most boxes of a picture.

    Raises
    ------
    BundleError
        As for `detected`.
    """
    with _fitting():
        return yolo_candidates(
            outputs,
            anchors=step.anchors,
            strides=step.strides,
            classes=len(labels),
            placements=placements,
            threshold=threshold,
            limit=limit,
        )


@contextmanager
def _fitting() -> Iterator[None]:
    """Raise BundleError for outputs that do not fit."""
    try:
        yield
    except ShapeError as error:
        raise BundleError(
            error.message,
            "Make the bundle again with the anchors, strides and labels of the network.",
            code="PW-X405",
        ) from error


def labelled(detections: Detections, labels: Sequence[str]) -> tuple[LabelledBox, ...]:
    """Return detections with their labels, as plain values."""
    rows = zip(
        detections.boxes.tolist(),
        detections.scores.tolist(),
        detections.classes.tolist(),
        strict=True,
    )
    return tuple(
        LabelledBox(label=labels[kind], score=score, corners=corners)
        for corners, score, kind in rows
    )


def _input_size(
    outputs: Sequence[Array], step: YoloBoxes, placements: Sequence[Placement] | None
) -> tuple[int, int]:
    if placements:
        return placements[0].input
    if not outputs or outputs[0].ndim != 4:
        return 0, 0  # which no output fits
    rows, columns = outputs[0].shape[2:]
    return rows * step.strides[0], columns * step.strides[0]
