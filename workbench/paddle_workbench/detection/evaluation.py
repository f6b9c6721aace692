"""How good detections are: COCO's mean average precision, by pycocotools."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..boxes import Detections
from ..errors import DetectionError, ShapeError
from .dataset import Dataset

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Curve",
    "Evaluation",
    "Interval",
    "average_precision_50",
    "bootstrap",
    "check_detections",
    "evaluate",
    "is_share",
    "true_boxes",
]

_LIMIT: Final = 100
"""Boxes in a picture that COCO counts; the others have the lowest scores."""

Boxes: TypeAlias = tuple[NDArray[np.float32], NDArray[np.int64]]

_SIZES: Final = ("all", "small", "medium", "large")
# COCO reports a negative number for what does not occur.
_ABSENT: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Precision by recall, for one class at one overlap.

    Parameters
    ----------
    recall : float64 array (101,)
        0, 0.01, …, 1.
    precision : float64 array (101,)
        The highest at this recall or a higher one; 0 where the recall is not reached.
    threshold : float64 array (101,)
        The score from which on boxes count there; NaN where the recall is not reached.
    """

    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    threshold: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """COCO's mean average precision (mAP), in total, by size and by class; NaN if undefined.

    Parameters
    ----------
    map : float
        The mean over overlaps of 0.50, 0.55, …, 0.95.
    map50, map75 : float
        At one overlap.
    by_size : pandas.DataFrame
        Row by size: small (below 32 x 32 pixels of the picture), medium, large (from 96 x 96);
        columns `map` and `boxes`.
    by_class : pandas.DataFrame
        Row by class; columns `map`, `map50`, `recall` (the highest, at an overlap of 0.5), `boxes`.
    classes : tuple of str
    precision, scores : float64 arrays (10, 101, classes)
        By overlap and recall.
    """

    map: float
    map50: float
    map75: float
    by_size: pd.DataFrame
    by_class: pd.DataFrame
    classes: tuple[str, ...]
    precision: NDArray[np.float64]
    scores: NDArray[np.float64]

    def curve(self, class_name: str, *, iou: float = 0.5) -> Curve:
        """Return precision by recall.

        Parameters
        ----------
        class_name : str
        iou : float
            0.5, 0.55, … or 0.95.

        Raises
        ------
        DetectionError
            If there is no such class or overlap, or the data set has no box of the class.
        """
        if class_name not in self.classes:
            raise DetectionError(
                f"There is no class {class_name!r}.", f"Use one of: {', '.join(self.classes)}."
            )
        place = round((iou - 0.5) / 0.05) if is_share(iou) else -1
        if not 0 <= place <= 9 or abs(0.5 + 0.05 * place - iou) > 1e-9:
            raise DetectionError(
                f"There is no curve at the overlap {iou!r:.80}.", "Use 0.5, 0.55, … or 0.95."
            )
        kind = self.classes.index(class_name)
        precision = self.precision[place, :, kind]
        if (precision == _ABSENT).any():
            raise DetectionError(
                f"The data set has no box of the class {class_name!r}.", "Choose a different one."
            )
        threshold = np.where(precision > 0, self.scores[place, :, kind], np.nan)
        return Curve(np.linspace(0, 1, 101), precision, threshold)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the interval that it would lie in for other pictures of the same kind.

    Parameters
    ----------
    value, low, high : float
    level : float
        The share of the samples between `low` and `high`.
    samples : int
    """

    value: float
    low: float
    high: float
    level: float
    samples: int


def evaluate(dataset: Dataset, detections: Sequence[Detections]) -> Evaluation:
    """Compare detections with a data set, as COCO does.

    Parameters
    ----------
    dataset : Dataset
    detections : sequence of Detections
        For each picture, in its pixels. The 100 of the highest scores count.

    Raises
    ------
    ShapeError
        If there is not one for each picture.
    DetectionError
        If a class has no name in the data set.

    References
    ----------
    Lin et al. 2014, "Microsoft COCO"; pycocotools.
    """
    import pandas as pd

    check_detections(dataset, detections)
    truth = true_boxes(dataset)
    coco = _coco(dataset.classes, truth, detections)
    with redirect_stdout(io.StringIO()):
        coco.evaluate()
        coco.accumulate()
        coco.summarize()
    precision, recall = coco.eval["precision"], coco.eval["recall"]
    boxes, kinds = (np.concatenate(each) for each in zip(*truth, strict=True))
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    bounds = coco.params.areaRng
    by_size = pd.DataFrame(
        {
            "map": [_mean(precision[:, :, :, place, -1]) for place in range(1, 4)],
            "boxes": [int(((areas >= low) & (areas < high)).sum()) for low, high in bounds[1:]],
        },
        index=pd.Index(_SIZES[1:], name="size"),
    )
    by_class = pd.DataFrame(
        [
            {
                "map": _mean(precision[:, :, kind, 0, -1]),
                "map50": _mean(precision[0, :, kind, 0, -1]),
                "recall": _mean(recall[0, kind, 0, -1]),
                "boxes": int((kinds == kind).sum()),
            }
            for kind in range(len(dataset.classes))
        ],
        index=pd.Index(dataset.classes, name="class"),
    )
    return Evaluation(
        map=_mean(precision[:, :, :, 0, -1]),
        map50=_mean(precision[0, :, :, 0, -1]),
        map75=_mean(precision[5, :, :, 0, -1]),
        by_size=by_size,
        by_class=by_class,
        classes=dataset.classes,
        precision=precision[:, :, :, 0, -1],
        scores=coco.eval["scores"][:, :, :, 0, -1],
    )


def average_precision_50(
    classes: Sequence[str], truth: Sequence[Boxes], detections: Sequence[Detections]
) -> float:
    """Return `map50` of `evaluate` alone, which takes a tenth of the time.

    Parameters
    ----------
    classes : sequence of str
    truth : sequence of (boxes, classes)
        For each picture, as from `true_boxes`.
    detections : sequence of Detections
    """
    coco = _coco(classes, truth, detections)
    _only_50(coco)
    with redirect_stdout(io.StringIO()):
        coco.evaluate()
        coco.accumulate()
    return _mean(coco.eval["precision"])


def bootstrap(
    dataset: Dataset,
    detections: Sequence[Detections],
    *,
    samples: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return how far mAP50 depends on which pictures were evaluated.

    Pictures are drawn with replacement, as many as there are, and evaluated again.

    Parameters
    ----------
    dataset : Dataset
    detections : sequence of Detections
    samples : int
    level : float
        Between 0 and 1.
    seed : int

    Raises
    ------
    ShapeError, DetectionError
        As for `evaluate`, or if a number is not valid.

    References
    ----------
    Efron 1979, "Bootstrap Methods: Another Look at the Jackknife".
    """
    if not _is_whole(samples, least=1) or not is_share(level) or level in (0, 1):
        raise DetectionError(
            f"An interval of the level {level!r:.80} from {samples!r:.80} samples is not possible.",
            "For example: samples=200, level=0.95.",
        )
    if not _is_whole(seed, least=0):
        raise DetectionError(f"The seed is {seed!r:.80}.", "Use a whole number from 0.")
    check_detections(dataset, detections)
    coco = _coco(dataset.classes, true_boxes(dataset), detections)
    _only_50(coco)
    random = np.random.default_rng(seed)
    count, values = len(dataset), []
    with redirect_stdout(io.StringIO()):
        coco.evaluate()
        coco.accumulate()
        value = _mean(coco.eval["precision"])
        results = coco.evalImgs
        for _ in range(samples):
            chosen = random.integers(count, size=count)
            # By class, then by picture.
            coco.evalImgs = [
                results[start + place]
                for start in range(0, len(results), count)
                for place in chosen
            ]
            coco.accumulate()
            values.append(_mean(coco.eval["precision"]))
    # A sample without any box has no figure.
    known = [each for each in (*values, value) if not np.isnan(each)] or [np.nan]
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), level, samples)


def is_share(value: Any) -> bool:
    """Whether a value is a number from 0 to 1."""
    return isinstance(value, Real) and 0 <= float(value) <= 1


def _is_whole(value: Any, *, least: int) -> bool:
    return isinstance(value, Integral) and int(value) >= least


def true_boxes(dataset: Dataset) -> list[Boxes]:
    """Return boxes and classes of each picture."""
    return [(picture.boxes, picture.classes) for picture in dataset]


def check_detections(dataset: Dataset, detections: Sequence[Detections]) -> None:
    """Reject detections that do not belong to a data set.

    Raises
    ------
    ShapeError, DetectionError
    """
    if not isinstance(dataset, Dataset):
        raise DetectionError(
            f"The truth is a {type(dataset).__name__}, and not a Dataset.",
            "Load one: load_annotations(folder).dataset.",
        )
    if not isinstance(detections, Sequence) or not all(
        isinstance(each, Detections) for each in detections
    ):
        raise ShapeError(
            "The detections are not a list with the Detections of each picture.",
            "Pass what detector.detect(dataset) returns.",
        )
    if len(dataset) != len(detections):
        raise ShapeError(
            f"There are {len(dataset)} pictures, and detections for {len(detections)}.",
            "Pass the detections of each picture, in the order of the data set.",
        )
    if not len(dataset):
        raise DetectionError("The data set has no pictures.", "Pass one with pictures.")
    for picture, each in zip(dataset, detections, strict=True):
        # pycocotools takes a box of NaN for a hit.
        if not (np.isfinite(each.boxes).all() and np.isfinite(each.scores).all()):
            raise DetectionError(
                f"The detections in {picture.name} contain numbers that are not finite.",
                "Leave them out, or find out where the network computes them.",
            )
        unknown = each.classes[(each.classes < 0) | (each.classes >= len(dataset.classes))]
        if len(unknown):
            raise DetectionError(
                f"A box in {picture.name} has the class {unknown[0]}, and there are "
                f"{len(dataset.classes)} classes.",
                "Evaluate a network with the classes of the data set.",
            )


def _coco(classes: Sequence[str], truth: Sequence[Boxes], detections: Sequence[Detections]) -> Any:
    from pycocotools.cocoeval import COCOeval

    there = [(boxes, kinds, None) for boxes, kinds in truth]
    found = [(each.boxes, each.classes, each.scores) for each in detections]
    coco = COCOeval(_index(classes, there), _index(classes, found), "bbox")
    coco.params.maxDets = [1, 10, _LIMIT]
    return coco


def _index(classes: Sequence[str], rows: Sequence[tuple[Any, Any, Any]]) -> Any:
    from pycocotools.coco import COCO

    coco = COCO()
    annotations: list[dict[str, Any]] = []
    for picture, (boxes, kinds, scores) in enumerate(rows):
        corners = np.asarray(boxes, np.float64)
        sizes = corners[:, 2:] - corners[:, :2]
        for row, kind in enumerate(kinds.tolist()):
            annotations.append(
                {
                    # pycocotools takes 0 for none.
                    "id": len(annotations) + 1,
                    "image_id": picture,
                    "category_id": kind,
                    "bbox": [*corners[row, :2].tolist(), *sizes[row].tolist()],
                    "area": float(sizes[row].prod()),
                    "iscrowd": 0,
                }
            )
            if scores is not None:
                annotations[-1]["score"] = float(scores[row])
    coco.dataset = {
        "images": [{"id": number} for number in range(len(rows))],
        "categories": [{"id": number, "name": name} for number, name in enumerate(classes)],
        "annotations": annotations,
    }
    with redirect_stdout(io.StringIO()):
        coco.createIndex()
    return coco


def _only_50(coco: Any) -> None:
    params = coco.params
    params.iouThrs = np.array([0.5])
    params.maxDets = [_LIMIT]
    params.areaRng, params.areaRngLbl = [params.areaRng[0]], ["all"]


def _mean(values: NDArray[np.float64]) -> float:
    """Return the mean of what is defined."""
    present = np.asarray(values)[np.asarray(values) > _ABSENT]
    return float(present.mean()) if present.size else float("nan")
