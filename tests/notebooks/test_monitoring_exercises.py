import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from .exercise_tests import ExerciseTests

Points = list[tuple[float, float]]


def _rate(
    gain: Callable[[float, float], float] = lambda a, b: b - a if b >= a else b,
    span: Callable[[Points], float] = lambda points: points[-1][0] - points[0][0],
    least: int = 2,
    empty: Any = None,
) -> Callable[..., Any]:
    def counter_rate(points: Points) -> Any:
        if len(points) < least:
            return empty
        values = [value for _, value in points]
        gained = sum(gain(a, b) for a, b in pairwise(values))
        return gained / (span(points) or 1)

    return counter_rate


def _last_minus_lowest(points: Points) -> Any:
    if len(points) < 2:
        return None
    values = [value for _, value in points]
    place = next((n for n in range(1, len(values)) if values[n] < values[n - 1]), None)
    gained = values[-1] - values[0] if place is None else values[place - 1] - values[0] + values[-1]
    return gained / (points[-1][0] - points[0][0])


def _quantile(
    *,
    key: Callable[[str], Any] = float,
    start: float | None = 0.0,
    interpolates: bool = True,
    caps: bool = True,
    empty: Any = math.nan,
) -> Callable[..., Any]:
    def histogram_quantile(q: float, buckets: dict[str, float]) -> Any:
        ordered = [(float(bound), buckets[bound]) for bound in sorted(buckets, key=key)]
        total = buckets["+Inf"]
        if not total and empty is not None:
            return empty
        lower, below = start, 0.0
        for bound, count in ordered:
            if count >= q * total:
                break
            lower, below = bound, count
        if math.isinf(bound):
            return lower if caps else bound
        if lower is None or not interpolates:
            return bound
        return lower + (bound - lower) * (q * total - below) / (count - below)

    return histogram_quantile


def _pages(
    *,
    allowed: Callable[[float], float] = lambda goal: 1 - goal,
    windows: tuple[int, ...] = (60, 5),
    share: Callable[[list[float], list[float]], float] = lambda failed, total: (
        sum(failed) / max(sum(total), 1)
    ),
) -> Callable[..., Any]:
    def pages(failed: list[float], total: list[float], goal: float) -> Any:
        return all(
            share(failed[-minutes:], total[-minutes:]) / allowed(goal) > 14.4 for minutes in windows
        )

    return pages


def _mean_share(failed: list[float], total: list[float]) -> float:
    shares = [part / max(whole, 1) for part, whole in zip(failed, total, strict=True)]
    return sum(shares) / len(shares)


def _share_of_all(failed: list[float], total: list[float], goal: float) -> bool:
    """Divide the failures of both windows by the requests of all minutes."""
    return all(sum(failed[-n:]) / max(sum(total), 1) / (1 - goal) > 14.4 for n in (60, 5))


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("counter_rate", "wrong_rate", _rate(span=len)),
    ("counter_rate", "wrong_rate", _rate(span=lambda points: len(points) - 1)),
    ("counter_rate", "misses_restart", _rate(lambda before, after: after - before)),
    ("counter_rate", "misses_restart", _rate(lambda before, after: max(after - before, 0))),
    ("counter_rate", "one_restart_only", _last_minus_lowest),
    ("counter_rate", "one_restart_only", _rate(lambda a, b: b - a if b > a else b)),
    ("counter_rate", "one_scrape", _rate(least=1)),
    ("counter_rate", "no_scrape", lambda points: _rate()(points) if points else 0.0),
    ("histogram_quantile", "no_interpolation", _quantile(interpolates=False)),
    ("histogram_quantile", "first_bucket", _quantile(start=None)),
    ("histogram_quantile", "sorts_texts", _quantile(key=lambda bound: (bound == "+Inf", bound))),
    ("histogram_quantile", "infinite", _quantile(caps=False)),
    ("histogram_quantile", "empty", _quantile(empty=0.0)),
    ("histogram_quantile", "empty", _quantile(empty=None)),
    ("pages", "misses_incident", _pages(allowed=lambda goal: goal)),
    ("pages", "ignores_goal", _pages(allowed=lambda _: 0.001)),
    ("pages", "goes_on_after", _pages(windows=(60,))),
    ("pages", "short_window_only", _pages(windows=(5,))),
    ("pages", "averages_shares", _pages(share=_mean_share)),
    ("pages", "old_minutes", _pages(windows=(10_000, 5))),
    ("pages", "other_window_below", _share_of_all),
    (
        "pages",
        "nothing_happens",
        _pages(share=lambda failed, total: sum(failed) / sum(total)),
    ),
]


class TestMonitoringExercises(ExerciseTests):
    LESSON = "serving/monitoring"
    ANSWERS = {
        "counter_rate": "counter_rate",
        "histogram_quantile": "histogram_quantile",
        "pages": "pages",
    }
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"math": math}
