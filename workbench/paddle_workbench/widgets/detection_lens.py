"""What a detector sees in pictures, at a threshold that can be moved."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import Any, Final

import numpy as np
import traitlets
from numpy.typing import NDArray

from ..boxes import METHODS, Candidates
from ..detection.anchors import anchor_overlaps
from ..detection.dataset import Dataset, Picture
from ..detection.detector import Detector
from ..detection.outcomes import Outcomes, outcomes
from ..errors import WorkbenchError
from ..export.bundle import Bundle
from ..text.characters import sendable
from .base import WorkbenchWidget
from .detection_lens_input import LOWEST, Truth, described, known_pictures
from .jpeg import jpeg

__all__ = ["DetectionLens"]

# Pixels of the longer side of a picture in the browser and in the static version.
LONGEST_SENT: Final = 1_600
LONGEST_STATIC: Final = 900
COVERED: Final = 0.5
"""A box is covered if its size overlaps an anchor by at least this."""


class DetectionLens(WorkbenchWidget, front_end="detection-lens"):
    """Shows what a detector sees in pictures, next to what is there.

    A threshold and the overlap for suppression can be moved: boxes, precision and recall follow in
    the browser. The pictures with the most mistakes come first.

    The widget has the 400 best candidates of each picture, and at most 1,000 pictures.

    Parameters
    ----------
    model : detection.Detector or Bundle
        A bundle of the task `object-detection`.
    pictures : detection.Dataset, or sequence of uint8 arrays (height, width, 3)
        RGB.
    truth : sequence of (boxes, classes), optional
        For each picture float arrays (N, 4), x1, y1, x2, y2 in pixels, and (N,), whole numbers that
        count the classes of the model; by default the boxes of the data set.
    target : str, optional
        Of a bundle, the target whose boxes are shown, such as `onnx`; by default Paddle Inference.

    Raises
    ------
    BundleError
        If the bundle was not exported to the target, or the target shows no candidates.
    WidgetError
        If the model is neither, there are no pictures or too many, or the truth has a class that
        the model does not know, or not one entry for each picture.
    ShapeError, AnnotationError
        If one is not a picture, or not a box.
    PictureError
        If the file of a picture cannot be read.
    """

    runtime = traitlets.Unicode().tag(sync=True)
    """What runs the network of a bundle, such as ONNX; empty for a detector."""

    classes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Names of the classes."""

    pictures = traitlets.List(traitlets.Dict()).tag(sync=True)
    """One for each picture: name, width and height in pixels, candidates and truth, the numbers of
    its boxes, and complete_above, the score above which no candidate is missing."""

    candidates = traitlets.Bytes().tag(sync=True)
    """Of all pictures, the highest score first: float32 rows x1, y1, x2, y2 in pixels of the
    picture, score, class."""

    truth = traitlets.Bytes().tag(sync=True)
    """The true boxes of all pictures: float32 rows x1, y1, x2, y2, class."""

    has_truth = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether it is known what is in the pictures."""

    threshold = traitlets.Float(0.3, min=LOWEST, max=1.0).tag(sync=True)
    """Smallest score of a box that is shown, 0.01 to 1."""

    iou = traitlets.Float(0.45, min=0.0, max=1.0).tag(sync=True)
    """Of two boxes that overlap by more, the better is shown, 0 to 1."""

    method = traitlets.Enum(METHODS, "per-class").tag(sync=True)
    """Which boxes are suppressed; see `boxes.suppress`."""

    limit = traitlets.Int(100, min=1).tag(sync=True)
    """Most boxes of a picture."""

    index = traitlets.Int(0).tag(sync=True)
    """Index of the picture to show, from 0; by default the one with the most mistakes."""

    shown = traitlets.Int(0).tag(sync=True)
    """Index of the picture that `picture` and `objectness` belong to, from 0."""

    picture = traitlets.Bytes().tag(sync=True)
    """The picture as JPEG, at most 1,600 pixels per side; empty if it cannot be read."""

    failure = traitlets.Unicode("").tag(sync=True)
    """Why the picture cannot be read; empty if it can."""

    objectness = traitlets.List(traitlets.Dict()).tag(sync=True)
    """For each scale rows, columns, values as bytes (0 to 255 for 0 to 1), and where they lie:
    corners, x1, y1, x2, y2 in pixels of the picture."""

    scale = traitlets.Int(-1).tag(sync=True)
    """Scale whose objectness covers the picture, coarse first; -1 for none."""

    anchors = traitlets.List(traitlets.Dict()).tag(sync=True)
    """For each scale its stride and its sizes, [width, height], in pixels of the input."""

    sizes = traitlets.Bytes().tag(sync=True)
    """Of all true boxes in the network's input: float32 rows width, height in pixels, and the
    overlap with the anchor that fits best."""

    def __init__(
        self,
        model: Detector | Bundle,
        pictures: Dataset | Sequence[NDArray[np.uint8]],
        truth: Truth | None = None,
        *,
        target: str | None = None,
        **traits: Any,
    ) -> None:
        known = described(model, target)
        self._pictures = known_pictures(pictures, truth, known.classes)
        self._candidates = known.see(self._pictures)
        pairs = list(zip(self._pictures, self._candidates, strict=True))
        has_truth = truth is not None or isinstance(pictures, Dataset)
        super().__init__(
            runtime=known.runtime,
            classes=[sendable(each) for each in known.classes],
            pictures=[_entry(picture, seen) for picture, seen in pairs],
            candidates=_rows(
                [each.detections.boxes for each in self._candidates],
                [each.detections.scores for each in self._candidates],
                [each.detections.classes for each in self._candidates],
            ),
            truth=_rows(
                [each.boxes for each in self._pictures], [each.classes for each in self._pictures]
            ),
            has_truth=has_truth,
            anchors=[
                {"stride": stride, "sizes": [[float(each) for each in size] for size in own]}
                for stride, own in zip(known.strides, known.anchors, strict=True)
            ],
            sizes=_sizes(pairs, known.anchors),
            **{**known.settings, **traits},
        )
        if has_truth and "index" not in traits:
            results = [self._outcomes(at) for at in range(len(pairs))]
            self.index = int(np.argmax([each.mistakes for each in results]))
        self._show()
        self.observe(self._show, ["index"])

    @traitlets.validate("index")
    def _index_exists(self, proposal: dict[str, Any]) -> int:
        index = int(proposal["value"])
        if not 0 <= index < len(self._pictures):
            raise traitlets.TraitError(
                f"index is {index}, but there are {len(self._pictures)} pictures, counted from 0."
            )
        return index

    @traitlets.validate("scale")
    def _scale_exists(self, proposal: dict[str, Any]) -> int:
        scale = int(proposal["value"])
        count = len(self._candidates[0].objectness)
        if not -1 <= scale < count:
            raise traitlets.TraitError(
                f"scale is {scale}, but there are {count} scales, counted from 0; -1 shows none."
            )
        return scale

    def _show(self, _change: object = None) -> None:
        content, failure = b"", ""
        try:
            content = jpeg(self._pictures[self.index].pixels, LONGEST_SENT)
        except WorkbenchError as error:
            failure = sendable(str(error))
        with self.hold_sync():
            self.shown = self.index
            self.picture, self.failure = content, failure
            self.objectness = _maps(self._candidates[self.index])

    def to_html(self) -> str:
        """Return the picture with its boxes, and the figures of all pictures as a table."""
        name = sendable(self._pictures[self.index].name)
        blocks = [f"<p><b>{escape(name)}</b></p>"]
        try:
            blocks.append(self._drawn(name))
        except WorkbenchError as error:
            blocks.append(f"<p role='alert'>{escape(sendable(str(error)))}</p>")
        results = [self._outcomes(at) for at in range(len(self._pictures))]
        cells = "".join(
            f"<tr><th scope='row' style='text-align:left'>{escape(name)}</th>"
            f"<td>{escape(value)}</td></tr>"
            for name, value in self._figures(results)
        )
        return "".join(blocks) + f"<table>{cells}</table>"

    def _outcomes(self, at: int) -> Outcomes:
        picture = self._pictures[at]
        return outcomes(
            self._candidates[at].detections,
            picture.boxes,
            picture.classes,
            threshold=self.threshold,
            iou=self.iou,
            limit=self.limit,
            method=self.method,
        )

    def _figures(self, results: Sequence[Outcomes]) -> list[tuple[str, str]]:
        boxes = sum(len(each.detections) for each in results)
        figures = [
            (self.text("Threshold"), f"{self.threshold:.2f}"),
            (self.text("Overlap (NMS)"), f"{self.iou:.2f}"),
            (self.text("Pictures"), str(len(results))),
            (self.text("Boxes"), str(boxes)),
        ]
        if self.runtime:
            figures.insert(0, (self.text("Runs with"), self.runtime))
        if not self.has_truth:
            return figures
        right = sum(each.right for each in results)
        missed = sum(len(each.missed) for each in results)
        figures += [
            (self.text("Right"), str(right)),
            (self.text("Invented"), str(boxes - right)),
            (self.text("Missed"), str(missed)),
            (self.text("Precision"), _percent(right, boxes)),
            (self.text("Recall"), _percent(right, right + missed)),
        ]
        overlaps = np.frombuffer(self.sizes, np.float32).reshape(-1, 3)[:, 2]
        covered = int((overlaps >= COVERED).sum())
        figures.append((self.text("Covered by anchors"), _percent(covered, len(overlaps))))
        return figures

    def _drawn(self, name: str) -> str:
        picture, result = self._pictures[self.index], self._outcomes(self.index)
        width, height = picture.size
        source = base64.b64encode(jpeg(picture.pixels, LONGEST_STATIC)).decode()
        unit = max(width, height) / 300
        frames = []
        for row, truth in enumerate(result.truth.tolist()):
            label = f"{self.classes[result.detections.classes[row]]} "
            label += f"{result.detections.scores[row]:.0%}"
            kind = "right" if truth >= 0 or not self.has_truth else "invented"
            frames.append(self._frame(result.detections.boxes[row], label, kind, unit))
        for at in result.missed.tolist():
            label = self.classes[picture.classes[at]]
            frames.append(self._frame(picture.boxes[at], label, "missed", unit))
        legend = ""
        if self.has_truth:
            legend = self.text("Solid: right. Dashed, +: invented. Dotted, −: missed.")
            legend = f"<p><small>{escape(legend)}</small></p>"
        return (
            f"<svg viewBox='0 0 {width} {height}' style='width:100%;max-width:560px' role='img' "
            f"aria-label='{escape(name, quote=True)}'>"
            f"<image href='data:image/jpeg;base64,{source}' width='{width}' height='{height}'/>"
            f"{''.join(frames)}</svg>{legend}"
        )

    def _frame(self, box: NDArray[np.float32], label: str, kind: str, unit: float) -> str:
        x1, y1, x2, y2 = box.tolist()
        place = f"x='{x1:.1f}' y='{y1:.1f}' width='{x2 - x1:.1f}' height='{y2 - y1:.1f}'"
        colour, dashes = _STROKES[kind]
        dashed = f" stroke-dasharray='{' '.join(f'{each * unit:.1f}' for each in dashes)}'"
        word = {"invented": self.text("invented"), "missed": self.text("missed")}.get(kind, "")
        words = escape(f"{label} {word}".strip())
        tag = escape(f"{_SIGNS.get(kind, '')} {label}".strip())
        return (
            f"<g fill='none' stroke-width='{unit:.2f}'><rect {place} stroke='white' "
            f"stroke-width='{2 * unit:.2f}'/>"
            f"<rect {place} stroke='{colour}'{dashed if dashes else ''}><title>{words}</title>"
            f"</rect></g><text x='{x1 + unit:.1f}' y='{y1 + 7 * unit:.1f}' fill='{colour}' "
            f"stroke='white' stroke-width='{1.5 * unit:.2f}' paint-order='stroke' "
            f"font-size='{7 * unit:.1f}' font-family='sans-serif'>{tag}</text>"
        )


_SIGNS: Final = {"invented": "+", "missed": "−"}
_STROKES: Final[dict[str, tuple[str, tuple[int, ...]]]] = {
    "right": ("#00527d", ()),
    "invented": ("#a63c00", (5, 3)),
    "missed": ("#8a2a6b", (1, 2)),
}


def _entry(picture: Picture, seen: Candidates) -> dict[str, Any]:
    height, width = seen.placement.picture
    return {
        "name": sendable(picture.name),
        "width": width,
        "height": height,
        "candidates": len(seen.detections),
        "truth": len(picture.boxes),
        "complete_above": seen.complete_above,
    }


def _rows(*columns: Sequence[NDArray[Any]]) -> bytes:
    """Return columns of all pictures as the bytes of float32 rows."""
    joined = [np.concatenate(each).astype("<f4") for each in columns]
    return np.column_stack(joined).tobytes()


def _sizes(pairs: Sequence[tuple[Picture, Candidates]], anchors: Sequence[Any]) -> bytes:
    boxes = np.concatenate([seen.placement.to_input(picture.boxes) for picture, seen in pairs])
    sizes = boxes[:, 2:] - boxes[:, :2]
    best = anchor_overlaps(sizes, anchors).max(axis=1, initial=0.0)
    return np.column_stack([sizes, best]).astype("<f4").tobytes()


def _maps(seen: Candidates) -> list[dict[str, Any]]:
    place = seen.placement
    corners = np.array([0, 0, place.input[1], place.input[0]], np.float64)
    scale = np.array(place.picture, np.float64) / np.array(place.resized, np.float64)
    corners = (corners - np.array([place.left, place.top] * 2)) * np.tile(scale[::-1], 2)
    return [
        {
            "rows": each.shape[0],
            "columns": each.shape[1],
            "values": np.rint(255 * np.nan_to_num(each)).astype(np.uint8).tobytes(),
            "corners": corners.tolist(),
        }
        for each in seen.objectness
    ]


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"
