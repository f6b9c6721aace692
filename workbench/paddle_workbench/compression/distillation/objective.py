"""What a student minimises: the losses against its teacher, the labels, and features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from ...errors import CompressionError, ShapeError
from .losses import best_paths, feature_loss, logit_loss, make_projection, sequence_loss, value_loss
from .settings import Settings
from .teaching import Array, Teaching

__all__ = ["PARTS", "Objective"]

PARTS: Final = ("teacher", "labels", "features")


class Objective:
    """The loss of a student, in its parts.

    Parameters
    ----------
    teaching : Teaching, optional
        None for a student that learns from the labels alone.
    labels : int64 array or list of tuples, optional
        As `checked_labels` returns them.
    settings : Settings
    feature_shapes : sequence of tuple of int
        The shapes of the student's features for a few inputs.
    """

    def __init__(
        self,
        teaching: Teaching | None,
        labels: Any,
        settings: Settings,
        feature_shapes: Sequence[tuple[int, ...]],
    ) -> None:
        self._teaching, self._labels, self._settings = teaching, labels, settings
        self._paths: list[tuple[int, ...]] = []
        self._scales: list[float] = []
        self.projections: dict[str, Any] = {}
        self.weights = dict(zip(PARTS, (settings.alpha, 1 - settings.alpha, 1.0), strict=True))
        if teaching is None:
            return
        if settings.method == "sequence":
            self._paths = best_paths(teaching.outputs[0], blank=settings.blank)
        if settings.method == "values":
            sizes = (float(np.sqrt(np.square(each).mean())) for each in teaching.outputs)
            self._scales = [size or 1.0 for size in sizes]
        for (name, other), shape in zip(settings.features.items(), feature_shapes, strict=True):
            expected = teaching.features[other][: shape[0]].shape
            self.projections[name] = make_projection(shape, expected)

    def parts(
        self, outputs: Sequence[Any], features: Mapping[str, Any], chosen: Array
    ) -> dict[str, Any]:
        """Return the losses of a batch by their names in `PARTS`, not weighted.

        Parameters
        ----------
        outputs : sequence of Tensor
            Of the student; logits for the methods `logits` and `sequence`.
        features : mapping of str to Tensor
            The outputs of its layers by name.
        chosen : int64 array, (batch,)
            The rows of the batch.

        Raises
        ------
        ShapeError
            If the outputs of student, teacher and labels do not go together.
        CompressionError
            If a label is not a class of the student.
        """
        parts = {}
        if self._teaching is not None and self.weights["teacher"] > 0:
            parts["teacher"] = self._teacher_loss(self._teaching, outputs, chosen)
        if self._labels is not None and self.weights["labels"] > 0:
            parts["labels"] = self._label_loss(outputs[0], chosen)
        if self._teaching is not None and self.projections:
            parts["features"] = self._feature_loss(self._teaching, features, chosen)
        return parts

    def _teacher_loss(self, teaching: Teaching, outputs: Sequence[Any], chosen: Array) -> Any:
        import paddle

        settings = self._settings
        if settings.method == "sequence":
            paths = [self._paths[row] for row in chosen]
            return sequence_loss(outputs[0], paths, blank=settings.blank)
        if len(outputs) != len(teaching.outputs):
            raise ShapeError(
                f"The student has {len(outputs)} outputs, and the teacher {len(teaching.outputs)}.",
                "Use a student with outputs like those of the teacher.",
            )
        losses = []
        for at, (output, whole) in enumerate(zip(outputs, teaching.outputs, strict=True)):
            target = paddle.to_tensor(whole[chosen])
            if settings.method == "logits":
                loss = logit_loss(output, target, temperature=settings.temperature)
            else:
                loss = value_loss(output, target, scale=self._scales[at])
            losses.append(loss)
        return paddle.add_n(losses)

    def _label_loss(self, output: Any, chosen: Array) -> Any:
        import paddle

        if self._settings.method == "sequence":
            paths = [self._labels[row] for row in chosen]
            return sequence_loss(output, paths, blank=self._settings.blank)
        classes = self._labels[chosen]
        decided, count = tuple(output.shape[:-1]), output.shape[-1]
        if decided != classes.shape:
            raise ShapeError(
                f"The student decides {decided}, and the labels are {classes.shape}.",
                "Pass one label for each decision.",
            )
        wrong = classes[(classes < 0) | (classes >= count)]
        if wrong.size:
            raise CompressionError(
                f"A label is {wrong.flat[0]}, and the student has {count} classes.",
                "Number the classes from 0.",
            )
        return paddle.nn.functional.cross_entropy(output, paddle.to_tensor(classes))

    def _feature_loss(self, teaching: Teaching, features: Mapping[str, Any], chosen: Array) -> Any:
        import paddle

        losses = []
        for name, projection in self.projections.items():
            target = teaching.features[self._settings.features[name]][chosen]
            losses.append(feature_loss(features[name], paddle.to_tensor(target), projection))
        return paddle.add_n(losses)
