"""How much of a difference is chance."""

from __future__ import annotations

import re
from typing import Any

import pytest

from paddle_workbench.compression.distillation.seeds import SeedScores, over_seeds
from paddle_workbench.errors import CompressionError, ShapeError, WorkbenchError


def test_interval_is_that_of_students_t() -> None:
    scores = over_seeds(lambda seed: [0.80, 0.82, 0.84][seed])
    interval = scores.interval()
    # 4.303 is the quantile for two degrees of freedom; the standard error is 0.02 / sqrt(3).
    assert interval.middle == pytest.approx(0.82)
    assert interval.high - interval.middle == pytest.approx(4.3027 * 0.02 / 3**0.5, rel=1e-4)
    assert interval.middle - interval.low == pytest.approx(interval.high - interval.middle)
    assert scores.interval(confidence=0.5).width < interval.width
    assert scores.mean == pytest.approx(0.82)


def test_a_gain_is_compared_seed_by_seed() -> None:
    alone = SeedScores((0, 1, 2), (0.70, 0.80, 0.90))
    taught = SeedScores((0, 1, 2), (0.72, 0.82, 0.93))
    gain = taught.gain_over(alone)
    assert gain.middle == pytest.approx(0.07 / 3)
    assert gain.low > 0  # although the two intervals overlap
    assert alone.interval().high > taught.interval().low


def test_equal_scores_have_an_interval_without_width() -> None:
    interval = SeedScores((0, 1), (0.5, 0.5)).interval()
    assert (interval.low, interval.high) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: over_seeds(lambda _: 1.0, ()), CompressionError, "The seeds are ()."),
        (lambda: over_seeds(lambda _: 1.0, 3), CompressionError, "The seeds are 3."),  # type: ignore[arg-type]
        (
            lambda: over_seeds(lambda _: None),  # type: ignore[arg-type,return-value]
            CompressionError,
            "The score with seed 0 is None.",
        ),
        (lambda: over_seeds(lambda _: 1.0, (1, 1)), CompressionError, "The seeds are (1, 1)."),
        (
            lambda: over_seeds(lambda _: float("nan")),
            CompressionError,
            "The score with seed 0 is nan.",
        ),
        (lambda: SeedScores((0,), (0.5,)).interval(), CompressionError, "One seed says nothing"),
        (
            lambda: SeedScores((0, 1), (0.5, 0.6)).interval(confidence=95),
            CompressionError,
            "The confidence is 95.",
        ),
        (
            lambda: SeedScores((0, 1), (0.5, 0.6)).gain_over(SeedScores((0, 2), (0.5, 0.6))),
            ShapeError,
            "The seeds are (0, 1), and those of the other training (0, 2).",
        ),
    ],
)
def test_explains_what_is_wrong(call: Any, error: type[WorkbenchError], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call()
