"""What becomes of the outputs of a network when it is made smaller, on the same inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import BundleRecord
from ..errors import CompressionError
from ..export.bundle import Bundle
from ..export.decisions import box_step, decisions_of
from ..export.processing import placements, postprocess
from ..export.truth import truth_problem
from .batches import Batch, count_of_rows, program_batches

__all__ = ["Comparison", "Effect", "Outputs", "Score", "check_truth", "checked_score", "scoring"]

Array = NDArray[Any]
Outputs = list[list[Array]]
"""Of each batch the output arrays."""
Score = Callable[[list[Any]], float]
"""From the results of all inputs, as `Bundle.predict` returns them, to a number; more is better."""
BATCH = 8


@dataclass(frozen=True, slots=True)
class Effect:
    """How far a program is from that in float32.

    Parameters
    ----------
    difference : float
        Root of the mean squared difference of the outputs, relative to that of the outputs.
    changed : float or None
        Share of the decisions that changed; None if the outputs are not decisions.
    lost : float or None
        By how much the score became smaller; None without one.
    decisions : int or None
        Number of decisions; None if the outputs are not decisions.
    """

    difference: float
    changed: float | None
    lost: float | None
    decisions: int | None = None

    @property
    def changed_decisions(self) -> int | None:
        """Number of decisions that changed."""
        if self.changed is None or self.decisions is None:
            return None
        return round(self.changed * self.decisions)


class Comparison:
    """Compares the outputs of other programs with those of a bundle's own, on the same inputs.

    Parameters
    ----------
    bundle : Bundle
    inputs : sequence
        Raw inputs, as `Bundle.predict` takes them; without preprocessing a list with one array for
        each input of the program.
    run : callable
        Returns the outputs of the bundle's own program for batches.
    truth : sequence, optional
        The right label or text of each of them; the score is then the share that is right.
    score : callable, optional
        Another score, such as the character accuracy or the mAP.

    Raises
    ------
    CompressionError
        If there are no inputs, they do not fit, or there is not one truth for each.
    """

    def __init__(
        self,
        bundle: Bundle,
        inputs: Sequence[Any],
        run: Callable[[Sequence[Batch]], Outputs],
        *,
        truth: Sequence[object] | None = None,
        score: Score | None = None,
    ) -> None:
        self.batches = program_batches(inputs, bundle, BATCH)
        self._decisions = decisions_of(bundle.record, is_approximate=True)
        self._score = scoring(bundle, inputs, self.batches, truth=truth, score=score)
        self._expected = run(self.batches)
        self.score = None if self._score is None else self._score(self._expected)
        """Of the bundle's own program."""

    def of(self, outputs: Outputs) -> Effect:
        """Return how far the outputs of another program are from those of the bundle's own."""
        lost = None
        if self._score is not None and self.score is not None:
            lost = self.score - self._score(outputs)
        changed, decisions = self._changed(outputs)
        return Effect(_difference(self._expected, outputs), changed, lost, decisions)

    @property
    def own(self) -> Effect:
        """The effect of changing nothing."""
        return self.of(self._expected)

    def _changed(self, outputs: Outputs) -> tuple[float | None, int | None]:
        """Return the share of decisions that changed, and the number of decisions."""
        if self._decisions is None:
            return None, None
        counts = [
            self._decisions.count(expected, actual)
            for expected, actual in zip(self._expected, outputs, strict=True)
        ]
        decisions = sum(count for count, _ in counts)
        return sum(changed for _, changed in counts) / max(1, decisions), decisions


def scoring(
    bundle: Bundle,
    inputs: Sequence[Any],
    batches: Sequence[Batch],
    *,
    truth: Sequence[object] | None = None,
    score: Score | None = None,
) -> Callable[[Outputs], float] | None:
    """Return a function from the outputs of all batches to their score; None without one.

    Parameters
    ----------
    bundle : Bundle
    inputs : sequence
        Raw inputs, as `Bundle.predict` takes them.
    batches : sequence of tuple of array
        The same as the program takes them.
    truth : sequence, optional
        The right label or text of each of them; the score is then the share that is right.
    score : callable, optional
        Another score, such as the character accuracy or the mAP.

    Raises
    ------
    CompressionError
        If there is not one truth for each input, the bundle has no such label, it makes no results
        that could be compared with the truth, or the score is not a function that returns a
        number.
    """
    record = bundle.record
    if truth is not None and (score is not None or box_step(record) is not None):
        raise CompressionError(
            "The truth was passed with a score, or for a detector, whose boxes are hardly ever "
            "exactly those of the truth.",
            "Pass only score=, a function of the predictions.",
        )
    if truth is None and score is None:
        return None
    if not record.postprocessing:
        raise CompressionError(
            f"{record.name} has no steps after its program, so that there is no result to "
            "compare with the truth.",
            "Leave out truth and score, or make the bundle with a task.",
        )
    if truth is not None:
        check_truth(truth, record, count_of_rows(batches))
    of_results = (
        _share_right(() if truth is None else truth) if score is None else checked_score(score)
    )
    values = inputs if record.preprocessing else None
    return lambda outputs: of_results(_results(outputs, record, values))


def _results(outputs: Outputs, record: BundleRecord, values: Sequence[Any] | None) -> list[Any]:
    """Return the results of all inputs, as `Bundle.predict` does."""
    results: list[Any] = []
    for arrays in outputs:
        places = None
        if values is not None:
            rows = values[len(results) : len(results) + len(arrays[0])]
            places = placements(rows, record.preprocessing, record.postprocessing)
        results += postprocess(arrays, record.postprocessing, record.labels, places)
    return results


def check_truth(truth: Sequence[object], record: BundleRecord, rows: int | None) -> None:
    """Reject a truth that is not the right label or text of each input.

    Parameters
    ----------
    truth : sequence
    record : BundleRecord
    rows : int or None
        Number of inputs; None if it is not known yet.

    Raises
    ------
    CompressionError
        If there is not one for each input, or the bundle has no such label.
    """
    problem = truth_problem(truth, record, rows)
    if problem is not None:
        raise CompressionError(*problem)


def _share_right(truth: Sequence[object]) -> Score:
    return lambda results: float(
        np.mean([each.label == right for each, right in zip(results, truth, strict=True)])
    )


def checked_score(score: Score) -> Score:
    """Return a score of which each result is checked to be a finite number.

    Raises
    ------
    CompressionError
        If it is not a function, and by the score itself if it returns something else.
    """
    hint = "Pass a function of the results of all inputs that returns a number; more is better."
    if not callable(score):
        raise CompressionError(f"score is {score!r:.60}, and not a function.", hint)

    def checked(results: list[Any]) -> float:
        value: Any = score(results)
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = np.nan
        if not np.isfinite(number):
            raise CompressionError(f"score returned {value!r:.60}, and not a number.", hint)
        return number

    return checked


def _difference(expected: Outputs, outputs: Outputs) -> float:
    size = error = 0.0
    for rights, others in zip(expected, outputs, strict=True):
        for right, other in zip(rights, others, strict=True):
            if right.dtype.kind == "f" and right.shape == other.shape:
                size += float(np.square(right, dtype=np.float64).sum())
                error += float(np.square(right.astype(np.float64) - other).sum())
    if not size:
        return 0.0 if not error else np.inf
    return float(np.sqrt(error / size))
