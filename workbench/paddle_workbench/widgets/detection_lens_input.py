"""The models and pictures that a detection lens takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..boxes import Candidates
from ..contract import YoloBoxes
from ..detection.dataset import Dataset, Picture
from ..detection.detector import Detector
from ..errors import WidgetError
from ..export.bundle import Bundle
from ..export.candidates import bundle_candidates, yolo_step
from ..export.targets.registry import target_named

__all__ = ["LOWEST", "Truth", "YoloModel", "described", "known_pictures"]

LOWEST: Final = 0.01
"""Smallest threshold; candidates with a lower score are not shown."""
MOST_CANDIDATES: Final = 400
"""Of each picture, those with the highest scores."""
MOST_PICTURES: Final = 1_000
# Pictures that are in memory at once.
_TOGETHER: Final = 16

Truth = Sequence[tuple[NDArray[Any], NDArray[Any]]]


@dataclass(frozen=True, slots=True)
class YoloModel:
    """What a lens needs of a model.

    Parameters
    ----------
    see : callable
        Returns the best candidates of each picture.
    classes : tuple of str
    anchors : tuple of tuples of (width, height)
        For each scale, in pixels of the input.
    strides : tuple of int
    settings : dict
        Traits of the lens to begin with.
    runtime : str
        What runs it; empty if that was not chosen.
    """

    see: Callable[[Sequence[Picture]], list[Candidates]]
    classes: tuple[str, ...]
    anchors: tuple[tuple[tuple[float, float], ...], ...]
    strides: tuple[int, ...]
    settings: dict[str, Any]
    runtime: str = ""


def described(model: Any, target: str | None) -> YoloModel:
    """Return what a lens needs of a model.

    Parameters
    ----------
    model : Detector or Bundle
    target : str or None
        What runs a bundle; by default Paddle Inference.

    Raises
    ------
    WidgetError
        If it is not a detector, or has no targets.
    BundleError
        If there is no such target.
    """
    if isinstance(model, Detector):
        if target is not None:
            raise WidgetError(
                f"A Detector runs in Paddle alone, and target is {target!r:.60}.",
                "Pass its bundle: DetectionLens(bundle, pictures, target=...).",
            )
        net = model.net
        # Detectors have a threshold for evaluation, at which a picture is full of boxes.
        settings = {"iou": model.iou, "limit": model.limit, "method": model.method}
        return YoloModel(
            partial(_seen_by_detector, model), net.classes, net.anchors, net.strides, settings
        )
    if isinstance(model, Bundle):
        record, step = model.record, yolo_step(model)
        if step is None:
            raise WidgetError(
                f"The bundle {record.name} is for {record.task}, and makes no boxes of pictures.",
                'Pass one of the task "object-detection" with preprocessing and YoloBoxes.',
            )
        settings = {
            "threshold": max(step.threshold, LOWEST),
            "iou": step.iou,
            "limit": step.limit,
            "method": step.method,
        }
        chosen = target_named("inference" if target is None else target)
        see = partial(_seen_by_bundle, model, step, chosen.name)
        labels = tuple(record.labels)
        return YoloModel(see, labels, step.anchors, step.strides, settings, chosen.title)
    raise WidgetError(
        f"DetectionLens shows a Detector or a Bundle, got {type(model).__name__}.",
        "Such as DetectionLens(Detector(net=net, input_size=128), test_set).",
    )


def _seen_by_detector(detector: Detector, pictures: Sequence[Picture]) -> list[Candidates]:
    seen: list[Candidates] = []
    for start in range(0, len(pictures), _TOGETHER):
        pixels = [each.pixels for each in pictures[start : start + _TOGETHER]]
        seen += detector.candidates(pixels, threshold=LOWEST, limit=MOST_CANDIDATES)
    return seen


def _seen_by_bundle(
    bundle: Bundle, step: YoloBoxes, target: str, pictures: Sequence[Picture]
) -> list[Candidates]:
    pixels = (each.pixels for each in pictures)
    return bundle_candidates(
        bundle, step, pixels, threshold=LOWEST, limit=MOST_CANDIDATES, target=target
    )


def known_pictures(pictures: Any, truth: Truth | None, classes: Sequence[str]) -> list[Picture]:
    """Return the pictures with their true boxes in the classes of the model.

    Raises
    ------
    WidgetError
        If there are none or too many, or the truth does not fit them or the model.
    ShapeError, AnnotationError
        If one is not a picture, or not a box.
    """
    if not isinstance(pictures, Dataset | list | tuple):
        raise WidgetError(
            f"The pictures are of the type {type(pictures).__name__}.",
            "Pass a Dataset, or a list of uint8 arrays (height, width, 3) in RGB.",
        )
    if not len(pictures):
        raise WidgetError("There are no pictures.", "Pass a Dataset or a list with pictures.")
    if len(pictures) > MOST_PICTURES:
        raise WidgetError(
            f"DetectionLens shows at most {MOST_PICTURES:,} pictures, got {len(pictures):,}.",
            "Pass some of them, such as Dataset(data.classes, data.pictures[:200]).",
        )
    if isinstance(pictures, Dataset):
        if truth is not None:
            raise WidgetError(
                "The data set has true boxes, and there is a truth of its own.",
                "Leave the truth out, or pass the pixels: [each.pixels for each in data].",
            )
        return _in_classes(pictures, classes)
    if any(isinstance(each, Picture) for each in pictures):
        raise WidgetError(
            "The pictures have boxes, but the names of their classes are not known.",
            "Pass Dataset(classes, pictures), or the pixels: [each.pixels for each in pictures].",
        )
    if truth is not None and not isinstance(truth, list | tuple):
        raise WidgetError(
            f"The truth is of the type {type(truth).__name__}.",
            "Pass a list with boxes and classes of each picture: [(boxes, classes), ...].",
        )
    if truth is not None and any(not _is_pair(each) for each in truth):
        raise WidgetError(
            "The truth of a picture is not a pair of boxes and classes.",
            "Pass [(boxes, classes), ...]; those of a picture without boxes are empty.",
        )
    if truth is not None and len(truth) != len(pictures):
        raise WidgetError(
            f"There are {len(pictures)} pictures, and the truth of {len(truth)}.",
            "Pass boxes and classes for each picture; those of one without boxes are empty.",
        )
    known: Sequence[tuple[Any, Any]] = truth if truth is not None else [((), ())] * len(pictures)
    return [
        _picture(str(at), pixels, boxes, kinds, classes)
        for at, (pixels, (boxes, kinds)) in enumerate(zip(pictures, known, strict=True), 1)
    ]


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(hasattr(each, "__len__") for each in value)
    )


def _picture(name: str, pixels: Any, boxes: Any, kinds: Any, classes: Sequence[str]) -> Picture:
    picture = Picture(name, pixels, boxes, np.asarray(kinds, np.int64) if not len(kinds) else kinds)
    if picture.classes.size and picture.classes.max() >= len(classes):
        raise WidgetError(
            f"The truth of picture {name} has the class {picture.classes.max()}, and the model has "
            f"{len(classes)}, counted from 0.",
            f"Its classes are: {', '.join(classes)}.",
        )
    return picture


def _in_classes(dataset: Dataset, classes: Sequence[str]) -> list[Picture]:
    """Return the pictures of a data set, whose classes may have another order."""
    if dataset.classes == tuple(classes):
        return list(dataset)
    unknown = [name for name in dataset.classes if name not in classes]
    if unknown:
        raise WidgetError(
            f"The model does not know the class {unknown[0]!r} of the data set.",
            f"Its classes are: {', '.join(classes)}. Pass a model for the classes of the data set.",
        )
    places = np.array([list(classes).index(name) for name in dataset.classes], np.int64)
    return [
        Picture(
            each.name,
            each.path or each.pixels,
            each.boxes,
            places[each.classes],
            size=each.size,
        )
        for each in dataset
    ]
