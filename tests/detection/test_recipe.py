from __future__ import annotations

from typing import Any

import pytest

from paddle_workbench.detection.recipe import FULL_WIDTH, QUARTER_WIDTH, Recipe
from paddle_workbench.errors import DetectionError


def test_one_cycle_rises_and_falls() -> None:
    recipe = Recipe(steps=100, peak_rate=1e-3)
    rates = [recipe.rate(step) for step in range(100)]
    assert rates.index(max(rates)) == 30
    assert max(rates) == pytest.approx(1e-3)
    assert rates[0] == pytest.approx(1e-3 / 25, rel=0.1)
    assert rates[:31] == sorted(rates[:31])
    assert rates[30:] == sorted(rates[30:], reverse=True)
    assert rates[-1] < 1e-6


def test_cosine_rises_along_a_line() -> None:
    recipe = Recipe(steps=100, peak_rate=1.1, schedule="cosine", warm_up=0.1)
    assert [recipe.rate(step) for step in range(10)] == pytest.approx(
        [0.1 * step for step in range(1, 11)]
    )
    assert recipe.rate(10) == pytest.approx(1.1)
    assert recipe.rate(55) == pytest.approx(0.55)


def test_without_warm_up_starts_at_the_peak() -> None:
    assert Recipe(warm_up=0, peak_rate=1e-3).rate(0) == pytest.approx(1e-3)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"input_size": 100}, "input_size=100"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"steps": -1}, "steps=-1"),
        ({"peak_rate": 0.0}, "peak_rate=0.0"),
        ({"peak_rate": float("nan")}, "peak_rate=nan"),
        ({"mosaic": 1.5}, "mosaic=1.5"),
        ({"average_decay": 1.0}, "average_decay=1.0"),
        ({"clip_norm": 0.0}, "clip_norm=0.0"),
        ({"patience": 0}, "patience=0"),
        ({"schedule": "linear"}, "schedule='linear'"),
        ({"frozen_steps": -1}, "frozen_steps=-1"),
        ({"input_size": "96"}, "input_size='96'"),
        ({"batch_size": True}, "batch_size=True"),
        ({"steps": 2.5}, r"steps=2\.5"),
        ({"seed": None}, "seed=None"),
        ({"peak_rate": "0.1"}, "peak_rate='0.1'"),
        ({"flip": None}, "flip=None"),
        ({"clip_norm": "1"}, "clip_norm='1'"),
        ({"patience": 1.5}, r"patience=1\.5"),
        ({"patience": 3}, "patience=3, and evaluates only in the end"),
    ],
)
def test_rejects_values_that_make_no_sense(values: dict[str, Any], message: str) -> None:
    with pytest.raises(DetectionError, match=message):
        Recipe(**values)


def test_differences_leave_out_what_only_looks() -> None:
    other = Recipe(flip=0.1, evaluate_every=5, checkpoint_every=7)
    assert FULL_WIDTH.differences(other) == ["flip"]
    assert FULL_WIDTH.differences(QUARTER_WIDTH) == [
        "input_size",
        "batch_size",
        "steps",
        "peak_rate",
    ]
