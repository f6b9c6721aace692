from collections.abc import Callable
from typing import Any

import numpy as np

from .exercise_tests import ExerciseTests


def _norms(weights: Any) -> Any:
    return np.abs(weights).sum(axis=(1, 2, 3))


def _removed(weights: Any, share: float) -> int:
    return min(int(share * len(weights)), len(weights) - 1)


def _best_of(score: Callable[[Any], Any]) -> Callable[[Any, float], Any]:
    return lambda weights, share: np.sort(
        np.argsort(score(weights))[int(share * len(score(weights))) :]
    )


def _stops_early(effects: list[Any], least: float) -> dict[str, float]:
    shares: dict[str, float] = {}
    closed = set()
    for each in effects:
        if each.kept_decisions < least:
            closed.add(each.group)
        elif each.group not in closed:
            shares[each.group] = each.share
    return shares


def _chosen(
    *, excludes: bool = False, pick: Callable[[float, float], float] = max
) -> Callable[..., Any]:
    def choose_shares(effects: list[Any], least: float) -> dict[str, float]:
        shares: dict[str, float] = {}
        for each in effects:
            if each.kept_decisions > least or (each.kept_decisions == least and not excludes):
                shares[each.group] = pick(each.share, shares.get(each.group, each.share))
        return shares

    return choose_shares


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("kept", "no_numbers", lambda weights, share: weights[_removed(weights, share) :]),
    (
        "kept",
        "order",
        lambda weights, share: np.argsort(_norms(weights))[::-1][
            : len(weights) - _removed(weights, share)
        ],
    ),
    (
        "kept",
        "smallest",
        lambda weights, share: np.sort(
            np.argsort(_norms(weights))[: len(weights) - _removed(weights, share)]
        ),
    ),
    (
        "kept",
        "removed",
        lambda weights, share: np.sort(np.argsort(_norms(weights))[: _removed(weights, share)]),
    ),
    (
        "kept",
        "rounds_up",
        lambda weights, share: np.sort(np.argsort(_norms(weights))[round(share * len(weights)) :]),
    ),
    ("kept", "signed", _best_of(lambda weights: weights.sum(axis=(1, 2, 3)))),
    ("kept", "inputs", _best_of(lambda weights: np.abs(weights).sum(axis=(0, 2, 3)))),
    ("kept", "wrong_channels", lambda weights, share: np.arange(len(weights))),
    (
        "kept",
        "none_left",
        lambda weights, share: np.sort(
            np.argsort(_norms(weights))[int(share * len(weights) + 0.1) :]
        ),
    ),
    ("round_shares", "wrong_length", lambda share, rounds: [share]),
    ("round_shares", "of_the_original", lambda share, rounds: [share / rounds] * rounds),
    (
        "round_shares",
        "equal_shares",
        lambda share, rounds: [1 - (1 - share) ** (1 / rounds)] * rounds,
    ),
    ("round_shares", "whole_share", lambda share, rounds: [share] * rounds),
    ("round_shares", "wrong_shares", lambda share, rounds: [share / 3] * rounds),
    ("choose_shares", "no_dictionary", lambda effects, least: list(effects)),
    (
        "choose_shares",
        "too_sensitive",
        lambda effects, least: {each.group: each.share for each in effects},
    ),
    ("choose_shares", "excludes_limit", _chosen(excludes=True)),
    ("choose_shares", "smallest_share", _chosen(pick=min)),
    ("choose_shares", "stops_early", _stops_early),
    ("choose_shares", "wrong_shares", lambda effects, least: {}),
    ("choose_shares", "depends_on_order", _chosen(pick=lambda new, old: new)),
]


class TestPruningExercises(ExerciseTests):
    LESSON = "compression/pruning"
    ANSWERS = {"kept": "kept", "round_shares": "round_shares", "choose_shares": "choose_shares"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"np": np}
