"""The same training with several seeds: how much of a difference is chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import CompressionError, ShapeError
from ...export.ledger.intervals import CONFIDENCE, Interval

__all__ = ["SeedScores", "over_seeds"]


@dataclass(frozen=True, slots=True)
class SeedScores:
    """The scores of a training by seed.

    Parameters
    ----------
    seeds : tuple of int
    scores : tuple of float
    """

    seeds: tuple[int, ...]
    scores: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Of the scores."""
        return float(np.mean(self.scores))

    def interval(self, *, confidence: float = CONFIDENCE) -> Interval:
        """Return the mean with the interval of Student's t, for other seeds of the same training.

        With three seeds it is 2.5 standard deviations to each side: few seeds say little.

        Parameters
        ----------
        confidence : float
            Between 0 and 1.

        Returns
        -------
        Interval

        Raises
        ------
        CompressionError
            If there is only one seed, which says nothing about others, or the confidence is not
            between 0 and 1.

        References
        ----------
        Student 1908, "The Probable Error of a Mean".
        """
        return _interval(np.array(self.scores), confidence)

    def gain_over(self, other: SeedScores, *, confidence: float = CONFIDENCE) -> Interval:
        """Return the mean difference to another training with the same seeds, with its interval.

        Seed by seed, since both start alike: what is chance in both cancels out.

        Parameters
        ----------
        other : SeedScores
        confidence : float
            Between 0 and 1.

        Returns
        -------
        Interval
            Above 0 if this training is better.

        Raises
        ------
        ShapeError
            If the seeds differ.
        CompressionError
            As for `interval`.
        """
        if self.seeds != other.seeds:
            raise ShapeError(
                f"The seeds are {self.seeds}, and those of the other training {other.seeds}.",
                "Train both with the same seeds.",
            )
        return _interval(np.subtract(self.scores, other.scores), confidence)


def over_seeds(run: Callable[[int], float], seeds: Sequence[int] = (0, 1, 2)) -> SeedScores:
    """Return the score of a training with each of several seeds.

    Parameters
    ----------
    run : callable
        Takes a seed; sets it before it makes the network (`paddle.seed`), trains, and returns the
        score on the held-out set.
    seeds : sequence of int
        Each one once.

    Returns
    -------
    SeedScores

    Raises
    ------
    CompressionError
        If there are no seeds, one is there twice, or a score is not a finite number.
    """
    numbers = tuple(seeds) if isinstance(seeds, Iterable) else seeds
    if not isinstance(numbers, tuple) or not numbers or len(set(numbers)) != len(numbers):
        raise CompressionError(
            f"The seeds are {numbers!r:.60}.", "Pass different ones, such as seeds=(0, 1, 2)."
        )
    scores = []
    for seed in numbers:
        value: Any = run(seed)
        try:
            score = float(value)
        except (TypeError, ValueError):
            score = np.nan
        if not np.isfinite(score):
            raise CompressionError(
                f"The score with seed {seed} is {value!r:.60}.",
                "Return a finite number from `run`.",
            )
        scores.append(score)
    return SeedScores(numbers, tuple(scores))


def _interval(values: NDArray[np.float64], confidence: float) -> Interval:
    from scipy.special import stdtrit  # scipy.stats takes seconds to import

    if len(values) < 2:
        raise CompressionError(
            "One seed says nothing about others.", "Train with three or more: seeds=(0, 1, 2)."
        )
    if not 0 < confidence < 1:
        raise CompressionError(
            f"The confidence is {confidence}.", "Use a number between 0 and 1, such as 0.95."
        )
    mean = float(values.mean())
    error = float(values.std(ddof=1)) / len(values) ** 0.5
    half = float(stdtrit(len(values) - 1, (1 + confidence) / 2)) * error
    return Interval(mean - half, mean, mean + half)
