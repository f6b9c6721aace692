from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.special import stdtrit

from .exercise_tests import ExerciseTests


def t95(df: float) -> float:
    return float(stdtrit(df, 0.975))


def _interval(
    *,
    sign: int = 1,
    ddof: int = 1,
    quantile: Callable[[int], float] = lambda n: t95(n - 1),
    root: Callable[[float], float] = math.sqrt,
) -> Callable[..., Any]:
    def paired_interval(a: Sequence[float], b: Sequence[float]) -> tuple[float, float, float]:
        d = sign * (np.asarray(b) - np.asarray(a))
        half = quantile(len(d)) * d.std(ddof=ddof) / root(len(d))
        return d.mean(), d.mean() - half, d.mean() + half

    return paired_interval


def _unpaired(a: Sequence[float], b: Sequence[float]) -> tuple[float, float, float]:
    mean = float(np.mean(b) - np.mean(a))
    half = t95(2 * len(a) - 2) * math.sqrt((np.var(a, ddof=1) + np.var(b, ddof=1)) / len(a))
    return mean, mean - half, mean + half


def _seeds(
    *,
    quantile: Callable[[int], float] = lambda n: t95(n - 1) if n > 1 else 0.0,
    least: int = 2,
    size: Callable[[float], float] = abs,
    if_zero: int | None = None,
    more: int = 0,
) -> Callable[..., Any]:
    def seeds_needed(difference: float, deviation: float) -> int | None:
        if difference == 0:
            return if_zero
        for n in range(least, 1000):
            if quantile(n) * deviation / math.sqrt(n) < size(difference):
                return n + more * (n > 10)
        return None

    return seeds_needed


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("paired_interval", "not_three_numbers", lambda a, b: np.mean(b) - np.mean(a)),
    ("paired_interval", "wrong_sign", _interval(sign=-1)),
    ("paired_interval", "population_deviation", _interval(ddof=0)),
    ("paired_interval", "forgets_root", _interval(root=lambda _: 1)),
    ("paired_interval", "normal_quantile", _interval(quantile=lambda _: 1.959964)),
    ("paired_interval", "wrong_degrees", _interval(quantile=t95)),
    ("paired_interval", "only_deviation", _interval(quantile=lambda _: 1, root=lambda _: 1)),
    ("paired_interval", "unpaired", _unpaired),
    ("paired_interval", "wrong_values", lambda *_: (0.5, 0.4, 0.6)),
    ("seeds_needed", "normal_quantile", _seeds(quantile=lambda _: 1.96)),
    ("seeds_needed", "one_seed", _seeds(least=1, quantile=lambda n: t95(max(1, n - 1)))),
    ("seeds_needed", "sign", _seeds(size=float)),
    ("seeds_needed", "never_none", _seeds(if_zero=2)),
    ("seeds_needed", "wrong_number", _seeds(more=1)),
]


class TestExperimentsExercises(ExerciseTests):
    LESSON = "start/experiments"
    ANSWERS = {"paired_interval": "paired_interval", "seeds_needed": "seeds_needed"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"np": np, "t95": t95}
