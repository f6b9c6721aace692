from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .exercise_tests import ExerciseTests


def _choose(
    *,
    unit: float = 1000,
    busy: float = 0.8,
    batches: int = 2,
    keeps_up: Callable[[float, float], bool] = lambda rate, most: rate <= most,
    order: Callable[[Any], Any] = sorted,
    otherwise: Callable[[list[int]], int | None] = lambda _: None,
) -> Callable[..., Any]:
    def choose_batch(
        sizes: list[int], times_ms: list[float], rate: float, goal_ms: float
    ) -> int | None:
        for n, time_ms in order(zip(sizes, times_ms, strict=True)):
            if keeps_up(rate, busy * unit * n / time_ms) and batches * time_ms <= goal_ms:
                return int(n)
        return otherwise(sizes)

    return choose_batch


def _latencies(
    *,
    starts: Callable[[float, float], float] = max,
    value: Callable[[float, float, float], float] = lambda end, instant, _: end - instant,
    chosen: Callable[[list[float], int], int] = lambda free, _: free.index(min(free)),
) -> Callable[..., Any]:
    def queue_latencies(instants: list[float], service_s: list[float], workers: int) -> list[float]:
        free, latencies = [0.0] * workers, []
        for number, (instant, seconds) in enumerate(zip(instants, service_s, strict=True)):
            first = chosen(free, number)
            free[first] = starts(free[first], instant) + seconds
            latencies.append(value(free[first], instant, seconds))
        return latencies

    return queue_latencies


def _needed(
    *,
    unit: float = 1000,
    busy: float = 0.8,
    rounded: Callable[[float], int] = math.ceil,
    least: int = 1,
    most_serving: float = 0.8,
    most_of_cores: float = 0.8,
    all_of: Callable[[float, float], float] = lambda working, serving: working + serving,
) -> Callable[..., Any]:
    def workers_needed(rate: float, worker_ms: float, server_ms: float, cores: int) -> int | None:
        working, serving = rate * worker_ms / unit, rate * server_ms / unit
        if serving > most_serving or all_of(working, serving) > most_of_cores * cores:
            return None
        return max(least, rounded(working / busy))

    return workers_needed


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("choose_batch", "wrong_unit", _choose(unit=1)),
    ("choose_batch", "no_room", _choose(busy=1)),
    ("choose_batch", "never_none", _choose(otherwise=max)),
    ("choose_batch", "ignores_wait", _choose(batches=1)),
    ("choose_batch", "too_strict", _choose(keeps_up=lambda rate, most: rate < most)),
    ("choose_batch", "needs_order", _choose(order=list)),
    ("queue_latencies", "wrong_length", lambda *_: 3.0),
    ("queue_latencies", "from_start", _latencies(value=lambda end, *_: end)),
    (
        "queue_latencies",
        "only_waiting",
        _latencies(value=lambda end, instant, seconds: end - seconds - instant),
    ),
    ("queue_latencies", "starts_early", _latencies(starts=lambda free, _: free)),
    (
        "queue_latencies",
        "milliseconds",
        _latencies(value=lambda end, instant, _: 1000 * (end - instant)),
    ),
    ("queue_latencies", "wrong_values", lambda instants, *_: np.ones(len(instants))),
    ("queue_latencies", "one_worker", _latencies(chosen=lambda *_: 0)),
    ("queue_latencies", "takes_turns", _latencies(chosen=lambda free, number: number % len(free))),
    ("workers_needed", "wrong_unit", _needed(unit=1)),
    ("workers_needed", "rounds_down", _needed(rounded=math.floor)),
    ("workers_needed", "no_room", _needed(busy=1)),
    ("workers_needed", "one_too_many", _needed(rounded=lambda number: int(number) + 1)),
    ("workers_needed", "no_worker", _needed(least=0)),
    ("workers_needed", "too_strict", _needed(most_serving=0.799)),
    ("workers_needed", "forgets_server", _needed(most_serving=math.inf)),
    ("workers_needed", "forgets_cores", _needed(most_of_cores=math.inf)),
    ("workers_needed", "fills_cores", _needed(most_of_cores=1)),
    ("workers_needed", "only_workers", _needed(all_of=lambda working, _: working)),
]


class TestBatchingAndReplicasExercises(ExerciseTests):
    LESSON = "serving/batching_and_replicas"
    ANSWERS = {
        "choose_batch": "choose_batch",
        "queue_latencies": "queue_latencies",
        "workers_needed": "workers_needed",
    }
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"np": np}
