"""What a student loses by differing from its teacher: logits, features, texts, numbers.

The losses take and return Paddle's tensors, and have gradients for the student.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import CompressionError, ShapeError

__all__ = [
    "are_probabilities",
    "best_paths",
    "feature_loss",
    "logit_loss",
    "make_projection",
    "sequence_loss",
    "steps_needed",
    "value_loss",
]

Array = NDArray[Any]

_SUM_TOLERANCE = 1e-3
"""How far the sum of float32 probabilities may be from 1."""


def logit_loss(student: Any, teacher: Any, *, temperature: float = 1.0) -> Any:
    """Return the divergence of the student's distribution from the teacher's.

    It is the Kullback-Leibler divergence KL(teacher || student) of the softmax of both at a
    temperature, times its square, so that its gradients have the same size at each temperature.

    Parameters
    ----------
    student, teacher : Tensor, (batch, …, classes)
        Logits. The last axis are the classes; all other axes are averaged.
    temperature : float
        Above 0. At a high one, what the teacher thinks of the wrong classes counts more.

    Returns
    -------
    Tensor, ()
        0 if both distributions are equal.

    Raises
    ------
    ShapeError
        If the two have different shapes.
    CompressionError
        If the temperature is not a finite number above 0.

    References
    ----------
    Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network".
    """
    from paddle.nn import functional

    check_temperature(temperature)
    _check_shapes(student, teacher)
    expected = functional.log_softmax(teacher / temperature, axis=-1)
    actual = functional.log_softmax(student / temperature, axis=-1)
    divergence = (expected.exp() * (expected - actual)).sum(axis=-1)
    return divergence.mean() * temperature**2


def value_loss(student: Any, teacher: Any, *, scale: float = 1.0) -> Any:
    """Return the mean squared difference of numbers, such as the raw outputs of a detector.

    Parameters
    ----------
    student, teacher : Tensor, of one shape
    scale : float
        The size of the teacher's numbers, by which the difference is divided.

    Returns
    -------
    Tensor, ()

    Raises
    ------
    ShapeError
        If the two have different shapes.
    """
    _check_shapes(student, teacher)
    return ((student - teacher) / scale).square().mean()


def feature_loss(student: Any, teacher: Any, projection: Any = None) -> Any:
    """Return the mean squared difference of features, after a projection of the student's.

    Parameters
    ----------
    student : Tensor
        The output of one of its layers.
    teacher : Tensor
    projection : paddle.nn.Layer, optional
        From the student's width to the teacher's, as `make_projection` returns it. It is trained
        with the student, and not a part of it.

    Returns
    -------
    Tensor, ()

    Raises
    ------
    ShapeError
        If the two have different shapes then.

    References
    ----------
    Romero et al. 2015, "FitNets: Hints for Thin Deep Nets".
    """
    return value_loss(student if projection is None else projection(student), teacher)


def make_projection(student: Sequence[int], teacher: Sequence[int]) -> Any:
    """Return a linear layer from the features of a student to the shape of its teacher's.

    Parameters
    ----------
    student, teacher : sequence of int
        The shapes, (batch, width), (batch, length, width) or (batch, channels, height, width).
        Only the width or the channels may differ.

    Returns
    -------
    paddle.nn.Linear, or paddle.nn.Conv2D with a kernel of 1 x 1

    Raises
    ------
    ShapeError
        If something else differs.
    """
    from paddle import nn

    place = 1 if len(student) == 4 else -1
    sides = [list(student), list(teacher)]
    if not 2 <= len(student) <= 4 or len(student) != len(teacher):
        raise _unlike_features(student, teacher)
    widths = [side.pop(place) for side in sides]
    if sides[0] != sides[1]:
        raise _unlike_features(student, teacher)
    if place == 1:
        return nn.Conv2D(widths[0], widths[1], 1)
    return nn.Linear(widths[0], widths[1])


def _unlike_features(student: Sequence[int], teacher: Sequence[int]) -> ShapeError:
    return ShapeError(
        f"Features of the shape {tuple(student)} cannot be projected to {tuple(teacher)}.",
        "Choose layers whose outputs differ only in their width or channels.",
    )


def sequence_loss(logits: Any, paths: Sequence[Sequence[int]], *, blank: int = 0) -> Any:
    """Return the CTC loss of a recogniser for texts, such as those that its teacher reads.

    Parameters
    ----------
    logits : Tensor, (batch, time, classes)
    paths : sequence of sequences of int
        For each row the classes of its text, without blanks; it may be empty.
    blank : int

    Returns
    -------
    Tensor, ()
        The mean over the rows, each divided by the length of its text.

    Raises
    ------
    ShapeError
        If there is not one text for each row.
    CompressionError
        If a text needs more steps than the student has, for which Paddle returns a loss of 0, or
        contains something else than its classes.

    References
    ----------
    Graves et al. 2006, "Connectionist Temporal Classification"; for the texts of the teacher Kim
    and Rush 2016, "Sequence-Level Knowledge Distillation".
    """
    import paddle

    batch, time, classes = logits.shape
    if len(paths) != batch:
        raise ShapeError(
            f"There are {len(paths)} texts for {batch} rows.", "Pass one text for each row."
        )
    for row, path in enumerate(paths):
        _check_path(path, row, time=time, classes=classes, blank=blank)
    lengths = np.array([len(path) for path in paths], np.int64)
    labels = np.zeros((batch, max(1, int(lengths.max(initial=0)))), np.int32)
    for place, path in zip(labels, paths, strict=True):
        place[: len(path)] = path
    losses = paddle.nn.functional.ctc_loss(
        logits.transpose([1, 0, 2]),
        paddle.to_tensor(labels),
        paddle.full([batch], time, "int64"),
        paddle.to_tensor(lengths),
        blank=blank,
        reduction="none",
    )
    # Paddle's own mean divides by the length, which may be 0.
    sizes = paddle.to_tensor(np.maximum(lengths, 1).astype(np.float32))
    return (losses.reshape([batch]) / sizes).mean()


def _check_path(path: Sequence[int], row: int, *, time: int, classes: int, blank: int) -> None:
    wrong = [number for number in path if not 0 <= number < classes or number == blank]
    if wrong:
        raise CompressionError(
            f"Text {row} contains the class {wrong[0]}, and the student has {classes} classes with "
            f"the blank {blank}.",
            "Use a student with the characters of the teacher.",
        )
    if steps_needed(path) > time:
        raise CompressionError(
            f"Text {row} needs {steps_needed(path)} steps, and the student has {time}.",
            "Leave the text out, or use a student that makes its lines less narrow.",
        )


def steps_needed(path: Sequence[int]) -> int:
    """Return the least steps of a CTC path: a blank separates equal characters."""
    return len(path) + sum(one == other for one, other in pairwise(path))


def best_paths(outputs: Array, *, blank: int = 0) -> list[tuple[int, ...]]:
    """Return the classes that a CTC network reads in each row: the best of each step.

    Parameters
    ----------
    outputs : array, (batch, time, classes)
        Logits or probabilities.
    blank : int

    Returns
    -------
    list of tuple of int
        Without blanks and repetitions.

    Raises
    ------
    ShapeError
        If the outputs have other axes.
    """
    if np.ndim(outputs) != 3:
        raise ShapeError(
            f"The outputs have the shape {np.shape(outputs)}, and not (batch, time, classes).",
            'Only networks that read texts learn with method="sequence".',
        )
    paths = []
    for best in np.asarray(outputs).argmax(axis=-1):
        keep = (best != blank) & np.concatenate([[True], best[1:] != best[:-1]])
        paths.append(tuple(best[keep].tolist()))
    return paths


def are_probabilities(outputs: Array) -> bool:
    """Return whether outputs are distributions over their last axis, and so not logits.

    Parameters
    ----------
    outputs : array, (…, classes)
    """
    if outputs.size == 0 or not (outputs >= 0).all():  # NaN is not
        return False
    return bool((np.abs(outputs.sum(axis=-1, dtype=np.float64) - 1) < _SUM_TOLERANCE).all())


def check_temperature(temperature: Any) -> None:
    """Raise CompressionError unless logits can be divided by a value."""
    is_number = isinstance(temperature, Real) and not isinstance(temperature, bool)
    if not is_number or not (np.isfinite(temperature) and temperature > 0):
        raise CompressionError(
            f"The temperature is {temperature!r}.", "Use a number above 0, such as 2."
        )


def _check_shapes(student: Any, teacher: Any) -> None:
    if list(student.shape) != list(teacher.shape):
        raise ShapeError(
            f"The student returns {tuple(student.shape)}, and the teacher {tuple(teacher.shape)}.",
            "Use a student with outputs like those of the teacher.",
        )
