"""What becomes of the outputs of a network when it is made smaller, on the same inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import BundleRecord, TopLabels
from ..errors import CompressionError
from ..export.bundle import Bundle
from ..export.decisions import box_step, decisions_of
from ..export.processing import placements, postprocess
from .batches import Batch, count_of_rows, program_batches

__all__ = ["Comparison", "Effect", "Outputs", "Score"]

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
        record = bundle.record
        if truth is not None and (score is not None or box_step(record) is not None):
            raise CompressionError(
                "The truth was passed with a score, or for a detector, whose boxes are hardly ever "
                "exactly those of the truth.",
                "Pass only score=, a function of the predictions.",
            )
        if not (truth is None and score is None) and not record.postprocessing:
            raise CompressionError(
                f"{record.name} has no steps after its program, so that there is no result to "
                "compare with the truth.",
                "Leave out truth and score, or make the bundle with a task.",
            )
        self.batches = program_batches(inputs, bundle, BATCH)
        self._record = record
        self._values = inputs if record.preprocessing else None
        self._decisions = decisions_of(record, is_approximate=True)
        self._score = score
        if truth is not None:
            _check_truth(truth, record, count_of_rows(self.batches))
            self._score = _share_right(truth)
        self._expected = run(self.batches)
        self.score = None if self._score is None else self._score(self._results(self._expected))
        """Of the bundle's own program."""

    def of(self, outputs: Outputs) -> Effect:
        """Return how far the outputs of another program are from those of the bundle's own."""
        lost = None
        if self._score is not None and self.score is not None:
            lost = self.score - self._score(self._results(outputs))
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

    def _results(self, outputs: Outputs) -> list[Any]:
        record = self._record
        results: list[Any] = []
        for arrays in outputs:
            places = None
            if self._values is not None:
                values = self._values[len(results) : len(results) + len(arrays[0])]
                places = placements(values, record.preprocessing, record.postprocessing)
            results += postprocess(arrays, record.postprocessing, record.labels, places)
        return results


def _check_truth(truth: Sequence[object], record: BundleRecord, rows: int) -> None:
    if len(truth) != rows:
        raise CompressionError(
            f"There are {rows} inputs and {len(truth)} of truth.", "Pass one label for each input."
        )
    if any(isinstance(step, TopLabels) for step in record.postprocessing):
        unknown = next((each for each in truth if each not in record.labels), None)
        if unknown is not None:
            labels = ", ".join(map(repr, record.labels[:5]))
            raise CompressionError(
                f"The truth contains {unknown!r:.60}, which is not a label of {record.name}.",
                f"Pass the names of the right labels, such as {labels}.",
            )


def _share_right(truth: Sequence[object]) -> Score:
    return lambda results: float(
        np.mean([each.label == right for each, right in zip(results, truth, strict=True)])
    )


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
